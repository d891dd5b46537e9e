"""Readers talk below a page: threads, mentions, taking words back; and nobody loses what they wrote."""

import pytest

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.feed import feed
from apps.core.models import Event
from apps.core.plugs import Card, registered
from apps.core.policies import SYSTEM
from apps.people.actions.users import deactivate_user
from apps.wiki.actions.comments import (
    add_comment,
    reopen_comment,
    resolve_comment,
    see_all_mentions,
    see_mentions,
    withdraw_comment,
)
from apps.wiki.actions.editing import save_page
from apps.wiki.actions.placing import narrow_page
from apps.wiki.models import Comment, Mention
from apps.wiki.queries.remarks import remark
from apps.wiki.queries.talk import MOST_THREADS, talk
from tests.wiki.making import a_page

HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(people):
    return a_page(title="Run it")


def test_readers_comment_and_answer_in_one_thread(people, page):
    first = add_comment(actor=people.kim, page=page, text="Is this still so?")
    second = add_comment(actor=people.ada, page=page, text="Yes.", answers=first)
    third = add_comment(actor=people.kim, page=page, text="Thanks.", answers=second)
    assert third.answers == first
    (thread,) = talk(people.chloe, page).open
    assert [reply.comment.pk for reply in thread.replies] == [second.pk, third.pk]


def test_who_does_not_see_the_page_neither_reads_nor_writes(people):
    secret = a_page(visibility="restricted")
    add_comment(actor=people.ada, page=secret, text="Between us.")
    before = Comment.objects.count(), Event.objects.count()
    with pytest.raises(NotFound):
        add_comment(actor=people.kim, page=secret, text="Hello?")
    assert talk(people.kim, secret).count == 0
    assert (Comment.objects.count(), Event.objects.count()) == before


def test_names_that_reach_nobody_are_said(people, signed_in, page):
    client, url = signed_in("ada"), f"/wiki/p/{page.uid}/comments/"
    said = "Nobody here is called @ad; nobody was told."
    assert said in client.post(url, {"text": "Look, @ad"}, headers=HTMX).content.decode()
    assert said in client.post(url, {"text": "Look, @ad"}, follow=True).content.decode()
    for text in ("Look, @ben", "I, @ada, say so", "`@ad` is a name"):
        assert "Nobody here" not in client.post(url, {"text": text}, headers=HTMX).content.decode()


def test_who_does_not_see_the_page_is_nobody_here(people, signed_in):
    secret = a_page(visibility="restricted")
    url = f"/wiki/p/{secret.uid}/comments/"
    shown = signed_in("ada").post(url, {"text": "@ben @kim @nemo"}, headers=HTMX).content.decode()
    assert "Nobody here is called @kim or @nemo; nobody else was told." in shown
    assert {mention.user.username for mention in Mention.objects.all()} == {"ben"}


def test_an_answer_stays_on_its_page(people, page):
    elsewhere = add_comment(actor=people.ada, page=a_page(), text="There.")
    with pytest.raises(NotFound):
        add_comment(actor=people.ada, page=page, text="Here.", answers=elsewhere)
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("text", ["", "   \n", "a\x00b", "x" * 20_001])
def test_bad_text_is_refused(people, page, text):
    with pytest.raises(Invalid):
        add_comment(actor=people.ada, page=page, text=text)
    assert not Comment.objects.exists()


def test_words_are_taken_back_by_their_author_only(people, page):
    comment = add_comment(actor=people.kim, page=page, text="Too much, @ben.")
    for name in ("ada", "esther", "root"):
        with pytest.raises(Forbidden):
            withdraw_comment(actor=people[name], comment=comment)
    comment.refresh_from_db()
    assert comment.text and Mention.objects.count() == 1
    withdraw_comment(actor=people.kim, comment=comment)
    assert not Comment.objects.get().text and not Mention.objects.exists()


def test_a_thread_is_resolved_by_its_author_and_the_pages_editors(people, page):
    comment = add_comment(actor=people.kim, page=page, text="A typo.")
    with pytest.raises(Forbidden):
        resolve_comment(actor=people.chloe, comment=comment)
    resolve_comment(actor=people.ben, comment=comment)
    assert [thread.comment.resolved_by for thread in talk(people.kim, page).resolved] == [people.ben]
    reopen_comment(actor=people.kim, comment=comment)
    assert talk(people.kim, page).open
    answer = add_comment(actor=people.kim, page=page, text="And another.", answers=comment)
    with pytest.raises(Conflict):
        resolve_comment(actor=people.kim, comment=answer)


def test_only_active_readers_are_mentioned(people):
    secret = a_page(visibility="restricted")
    deactivate_user(actor=SYSTEM, user=people.jo)
    add_comment(actor=people.ada, page=secret, text="@ben @kim @jo @nobody @ada `@esther`")
    assert [row.user for row in Mention.objects.all()] == [people.ben]


def test_a_name_in_the_text_of_a_page_is_a_mention_once(people, page):
    save_page(actor=people.ada, page=page, text="Ask @kim.", base=1)
    save_page(actor=people.ada, page=page, text="Ask @kim and @ben.", base=2)
    assert sorted(row.user.username for row in Mention.objects.all()) == ["ben", "kim"]


def test_hostile_text_stays_text(people):
    people_known = {"ben": "/people/ben/"}
    shown = remark(
        '<script>alert(1)</script> @ben `@ben` [@ben](https://x.example "@ben > me") **@Ben**', people_known
    )
    assert "<script" not in shown and shown.count('class="mention"') == 2
    assert "<code>@ben</code>" in shown
    assert remark("@nobody & <b>", {}) == "<p>@nobody &amp; &lt;b&gt;</p>\n"
    assert remark("[x](javascript:alert(1))", {}) == "<p>[x](javascript:alert(1))</p>\n"


def test_the_feed_tells_of_comments_and_not_what_they_say(people, page):
    add_comment(actor=people.kim, page=page, text="A private thought")
    line = feed(people.chloe)[0]
    assert line.sentence == f"{people.kim} commented on Run it" and line.remark == ""


def test_htmx_gets_all_comments_and_a_plain_form_the_page(signed_in, page):
    address, client = f"/wiki/p/{page.uid}/comments/", signed_in("kim")
    part = client.post(address, {"text": "Is *this* so, @ben?"}, headers=HTMX)
    assert part.status_code == 200 and "<em>this</em>" in part.content.decode()
    assert '<a class="mention" href="/people/p/ben/">@ben</a>' in part.content.decode()
    plain = client.post(address, {"text": "Once more."})
    assert plain.status_code == 302 and plain["Location"].endswith(f"#comment-{Comment.objects.last().pk}")


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("sent", "status"),
    [({"answers": "77"}, 404), ({"answers": "x"}, 400), ({"text": "kept words" + "x" * 20_000}, 400)],
)
def test_a_refused_comment_keeps_its_text(signed_in, page, headers, sent, status):
    data = {"text": "kept words"} | sent
    answer = signed_in("kim").post(f"/wiki/p/{page.uid}/comments/", data, headers=headers)
    assert answer.status_code == status and "kept words" in answer.content.decode()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_page_restricted_meanwhile_takes_no_comment_and_loses_none(signed_in, people, page, headers):
    client = signed_in("kim")
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    answer = client.post(f"/wiki/p/{page.uid}/comments/", {"text": "My long thought"}, headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 404 and "My long thought" in text and "Run it" not in text
    assert not Comment.objects.exists()


def test_acts_on_a_comment(signed_in, people, page):
    comment = add_comment(actor=people.kim, page=page, text="A typo.")
    address = f"/wiki/comments/{comment.pk}/"
    assert signed_in("ben").post(address, {"do": "resolve"}, headers=HTMX).status_code == 200
    assert signed_in("chloe").post(address, {"do": "reopen"}).status_code == 403
    assert signed_in("kim").post(address, {"do": "burn"}).status_code == 400
    comment.refresh_from_db()
    assert comment.resolved_at
    assert "1 resolved thread" in signed_in("chloe").get(page.get_absolute_url()).content.decode()
    assert signed_in("kim").post(address, {"do": "withdraw"}).status_code == 302
    assert signed_in("kim").post(f"/wiki/comments/{9**25}/", {"do": "withdraw"}).status_code == 404


def test_statements_do_not_grow_with_comments(people, page, django_assert_max_num_queries):
    def measure():
        with django_assert_max_num_queries(7):  # standing, threads, answers, people named; rights of the page
            return talk(people.kim, page)

    for number in range(5):
        first = add_comment(actor=people.ada, page=page, text=f"@ben {number}")
        add_comment(actor=people.kim, page=page, text="@chloe", answers=first)
    assert len(measure().open) == 5


def test_very_long_talks_begin_with_the_newest(people, page):
    Comment.objects.bulk_create(
        Comment(page=page, author=people.ada, text=f"Remark {number}") for number in range(MOST_THREADS + 5)
    )
    found = talk(people.kim, page)
    assert (len(found.open), found.older, found.count) == (MOST_THREADS, 5, MOST_THREADS + 5)
    assert found.open[-1].comment.text == f"Remark {MOST_THREADS + 4}"
    assert talk(people.kim, page, everything=True).older == 0


def test_mentions_are_listed_until_seen_and_only_while_the_page_is(signed_in, people, page):
    add_comment(actor=people.ada, page=page, text="What does @kim say?")
    client = signed_in("kim")
    card = next(plug for plug in registered(Card) if plug.name == "wiki.mentions")
    assert card.items(people.kim, 5)[1] == 1
    assert "What does @kim say?" in client.get("/wiki/mentions/").content.decode()
    opened = client.get(page.get_absolute_url()).content.decode()
    assert f'hx-post="/wiki/p/{page.uid}/seen/"' in opened
    assert Mention.objects.get().seen_at is None  # reading changes nothing; the page's own script says "seen"
    assert client.get(f"/wiki/p/{page.uid}/seen/").status_code == 405
    assert client.post(f"/wiki/p/{page.uid}/seen/", headers=HTMX).status_code == 204
    assert card.items(people.kim, 5) == ([], 0)
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    assert "Run it" not in client.get("/wiki/mentions/").content.decode()


def test_seeing_is_ones_own(people, page):
    add_comment(actor=people.ada, page=page, text="@kim @ben")
    see_mentions(actor=people.chloe, page=page)
    assert see_all_mentions(actor=people.kim) == 1
    assert [row.user for row in Mention.objects.filter(seen_at=None)] == [people.ben]
