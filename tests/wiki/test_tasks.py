"""Mails tell once, only what their reader may see at that moment, and a mail server that fails loses nothing."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.core.policies import SYSTEM
from apps.people.actions.users import deactivate_user
from apps.people.models import User
from apps.wiki import tasks
from apps.wiki.actions.cleaning import clean_files
from apps.wiki.actions.comments import add_comment, see_mentions, withdraw_comment
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.placing import narrow_page
from apps.wiki.actions.telling import MOST_TOLD, send_digest, send_reminders, tell_mention
from apps.wiki.actions.verification import verify_page
from apps.wiki.actions.watching import watch
from apps.wiki.models import Attachment, Blob, Mention, Page, Reminder, Watch
from apps.wiki.queries.truth import people_to_remind
from tests.wiki.making import a_page, a_space

TOMORROW = timedelta(days=1)


@pytest.fixture
def page(people):
    return a_page(title="Run it")


@pytest.fixture
def refusing(monkeypatch):
    """A mail server that does not answer."""

    def refuse(self, messages):
        raise ConnectionRefusedError("no mail server")

    return lambda: monkeypatch.setattr(EmailBackend, "send_messages", refuse)


def jobs(name):
    return [job.args for job in ProcrastinateJob.objects.filter(task_name=name)]


def digest(user, days=1):
    mail.outbox.clear()
    send_digest(user=user.pk, at=timezone.now() + timedelta(days=days))
    return mail.outbox[0].body if mail.outbox else ""


def test_who_is_named_hears_of_it(people, page):
    add_comment(actor=people.ada, page=page, text="What do *you* say, @kim?")
    (job,) = jobs("wiki.tell_mention")
    tasks.tell_mention(**job)
    (letter,) = mail.outbox
    assert letter.to == ["kim@example.com"] and letter.subject == "Ada named you on “Run it”"
    assert (
        "What do *you* say" in letter.body and f"#comment-{Mention.objects.get().comment_id}" in letter.body
    )


def test_a_name_in_the_text_of_a_page_is_told_too(people, page):
    save_page(actor=people.ada, page=page, text="Ask @kim.", base=1)
    save_page(actor=people.ada, page=page, text="Ask @kim again.", base=2)
    assert len(jobs("wiki.tell_mention")) == 1


@pytest.mark.parametrize("meanwhile", ["restricted", "seen", "left", "withdrawn", "no address"])
def test_a_mention_that_is_overtaken_is_not_told(people, page, meanwhile):
    comment = add_comment(actor=people.ada, page=page, text="A secret for @kim")
    mention = Mention.objects.get().pk
    if meanwhile == "restricted":
        narrow_page(actor=people.ada, page=page, narrowed="restricted")
    elif meanwhile == "seen":
        see_mentions(actor=people.kim, page=page)
    elif meanwhile == "left":
        deactivate_user(actor=SYSTEM, user=people.kim)
    elif meanwhile == "withdrawn":
        withdraw_comment(actor=people.ada, comment=comment)
    else:
        User.objects.filter(pk=people.kim.pk).update(email="")
    assert not tell_mention(mention=mention) and not mail.outbox


def test_a_digest_has_what_others_did_and_is_sent_once(people, page):
    watch(actor=people.kim, page=page)
    save_page(actor=people.ada, page=page, text="New words.", base=1, summary="Port 8080")
    add_comment(actor=people.kim, page=page, text="My own remark")
    body = digest(people.kim)
    assert "Ada edited Run it (Revision 2)" in body and "Kim commented" not in body
    assert f"{page.get_absolute_url()}" in body
    assert digest(people.kim, days=2) == ""
    save_page(actor=people.ada, page=page, text="Newer.", base=2, at=timezone.now() + timedelta(days=3))
    assert "Ada edited Run it" in digest(people.kim, days=4)


def test_a_digest_covers_a_subtree_and_a_space(people, page):
    child = create_page(actor=people.ada, space=page.space, title="Child", parent=page)
    page.refresh_from_db()
    watch(actor=people.kim, page=page, subtree=True)
    watch(actor=people.chloe, space=page.space)
    watch(actor=people.jo, page=page)
    save_page(actor=people.ben, page=child, text="Below.", base=1)
    assert "Ben edited Child" in digest(people.kim)
    assert "Ben edited Child" in digest(people.chloe)
    assert digest(people.jo) == ""


def test_a_digest_leaves_out_what_is_hidden_now(people, page):
    watch(actor=people.kim, space=page.space)
    save_page(actor=people.ada, page=page, text="Secret.", base=1, summary="The merger")
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    other = create_page(actor=people.ada, space=page.space, title="Public")
    body = digest(people.kim)
    assert "Public" in body and "Run it" not in body and "merger" not in body
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    assert other.title in body


def test_a_watched_page_that_is_hidden_tells_nothing(people, page):
    watch(actor=people.kim, page=page)
    save_page(actor=people.ada, page=page, text="Secret.", base=1)
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    assert digest(people.kim) == ""


def test_a_mail_server_that_fails_loses_no_digest(people, page, refusing, monkeypatch):
    watch(actor=people.kim, page=page)
    save_page(actor=people.ada, page=page, text="New words.", base=1)
    before = Watch.objects.get().told_until
    with monkeypatch.context() as patch:
        patch.setattr(
            EmailBackend, "send_messages", lambda self, messages: (_ for _ in ()).throw(OSError("down"))
        )
        with pytest.raises(OSError, match="down"):
            send_digest(user=people.kim.pk, at=timezone.now() + TOMORROW)
    assert Watch.objects.get().told_until == before
    assert "Ada edited Run it" in digest(people.kim)


def test_a_long_digest_is_cut_and_says_so(people, page):
    watch(actor=people.kim, page=page)
    for number in range(MOST_TOLD + 1):
        add_comment(actor=people.ada, page=page, text=f"Remark {number}")
    body = digest(people.kim)
    assert body.count("Ada commented on") == MOST_TOLD and "There is more" in body


def test_the_digest_job_asks_for_one_job_per_watcher(people, page):
    for name in ("kim", "jo"):
        watch(actor=people[name], page=page)
        watch(actor=people[name], space=page.space)
    deactivate_user(actor=SYSTEM, user=people.jo)
    tasks.digest(timestamp=0)
    tasks.digest(timestamp=0)
    assert jobs("wiki.send_digest") == [{"user": people.kim.pk}]


def ending(page, people, days_ago=80):
    Page.objects.filter(pk=page.pk).update(verify_every_days=90)
    page.refresh_from_db()
    verify_page(actor=people.ben, page=page, revision=1, at=timezone.now() - timedelta(days=days_ago))
    page.refresh_from_db()
    return page


def test_each_end_is_told_once_to_each_who_answers(people, page):
    ending(page, people)
    Page.objects.filter(pk=page.pk).update(verifier=people.kim)
    assert {user.username for user in people_to_remind(timezone.now())} == {"ada", "kim"}
    assert [send_reminders(user=people[name].pk) for name in ("ada", "kim", "ben")] == [1, 1, 0]
    assert [letter.to for letter in mail.outbox] == [["ada@example.com"], ["kim@example.com"]]
    assert "Run it" in mail.outbox[0].body and "Due" in mail.outbox[0].body
    assert send_reminders(user=people.ada.pk, at=timezone.now() + timedelta(days=30)) == 0
    verify_page(actor=people.kim, page=page, revision=1)
    assert send_reminders(user=people.ada.pk) == 0
    assert send_reminders(user=people.ada.pk, at=timezone.now() + timedelta(days=91)) == 1
    assert mail.outbox[-1].subject == "1 page to verify again, 1 already expired"


def test_reminders_name_nothing_hidden_and_survive_a_failing_server(people, page, refusing):
    ending(page, people)
    Page.objects.filter(pk=page.pk).update(verifier=people.kim)
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    assert send_reminders(user=people.kim.pk) == 0 and not mail.outbox
    refusing()
    with pytest.raises(ConnectionRefusedError):
        send_reminders(user=people.ada.pk)
    assert not Reminder.objects.exists()


def test_a_verifying_team_and_pages_without_an_owner(people, page):
    ending(page, people)
    Page.objects.filter(pk=page.pk).update(verifier_team=people.team("claims-ai"))
    assert {user.username for user in people_to_remind(timezone.now())} == {"ada", "chloe"}
    Page.objects.filter(pk=page.pk).update(verifier_team=None, owner=None)
    assert {user.username for user in people_to_remind(timezone.now())} == {"esther"}
    tasks.expiring(timestamp=0)
    assert jobs("wiki.send_reminders") == [{"user": people.esther.pk}]
    assert send_reminders(user=people.esther.pk) == 1


def test_jobs_and_actions_agree_on_who_is_told(people):
    """Whoever gets a job has something to tell, where their rights allow it."""
    space = a_space(verify_every_days=90)
    ending(a_page(space=space), people, 100)
    for user in people_to_remind(timezone.now()):
        assert send_reminders(user=user.pk) == 1


def blob(name, *, days_old=0):
    row = Blob(sha256=name * 64, size=3)
    row.file.name = default_storage.save(f"wiki/{name * 64}", ContentFile(b"abc"))
    row.save()
    return row


def test_only_what_no_page_needs_is_cleaned(people, page):
    for name in default_storage.listdir("wiki")[1] if default_storage.exists("wiki") else []:
        default_storage.delete(f"wiki/{name}")
    used, removed, orphan = blob("a"), blob("b"), blob("c")
    Attachment.objects.create(page=page, name="a.txt", content_type="text/plain", blob=used)
    Attachment.objects.create(
        page=page, name="b.txt", content_type="text/plain", blob=removed, removed_at=timezone.now()
    )
    lost = default_storage.save("wiki/lost", ContentFile(b"abc"))
    assert clean_files() == (0, 0)
    late = timezone.now() + timedelta(days=2)
    assert clean_files(at=late) == (2, 1)
    assert set(Blob._base_manager.values_list("pk", flat=True)) == {used.pk}
    assert not default_storage.exists(lost) and default_storage.exists(orphan.file.name)
    assert clean_files(at=late) == (0, 2)
    assert default_storage.listdir("wiki")[1] == [used.sha256]
    tasks.clean_files(timestamp=0)
