"""No edit is lost: saving names its base, a stale one is merged, what cannot be merged is a conflict."""

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from apps.core.models import Event
from apps.people.models import Team
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import EditConflict, create_page, restore_revision, save_page
from apps.wiki.actions.placing import move_page, narrow_page, rename_page
from apps.wiki.actions.redaction import redact_revision
from apps.wiki.actions.spaces import create_space, set_space_visibility
from apps.wiki.models import Draft, Link, Page, Redirect, Revision, Space
from apps.wiki.queries.pages import page_at, tree
from tests.personas import People


@pytest.fixture
def space(people: People) -> Space:
    return create_space(
        actor=people.ada,
        slug="risk",
        title="Risk",
        owner=Team.objects.get(slug="risk-ml"),
        home_text="Start.\n",
    )


@pytest.fixture
def page(people: People, space: Space) -> Page:
    return create_page(actor=people.ada, space=space, title="Run it", text="one\n\ntwo\n\nthree\n")


def test_a_stale_save_is_merged_with_what_was_saved_since(people, page):
    save_page(actor=people.ben, page=page, text="ONE\n\ntwo\n\nthree\n", base=1)
    saved = save_page(actor=people.ada, page=page, text="one\n\ntwo\n\nTHREE\n", base=1)
    assert saved.merged and saved.revision.text == "ONE\n\ntwo\n\nTHREE\n"
    assert saved.revision.base.number == 1


def test_the_same_lines_are_a_conflict_that_changes_nothing(people, page):
    save_page(actor=people.ben, page=page, text="ONE\n\ntwo\n\nthree\n", base=1)
    before = Revision.objects.count(), Event.objects.count()
    with pytest.raises(EditConflict) as caught:
        save_page(actor=people.ada, page=page, text="uno\n\ntwo\n\nthree\n", base=1)
    assert caught.value.current.number == 2 and caught.value.hunks
    assert (Revision.objects.count(), Event.objects.count()) == before


def test_the_same_text_is_no_revision_and_ends_the_draft(people, page):
    keep_draft(actor=people.ada, space=page.space, page=page, text="one\n\ntwo\n\nthree\n", base=1)
    assert not save_page(actor=people.ada, page=page, text="one\r\n\r\ntwo\r\n\r\nthree", base=1).changed
    assert not Draft.objects.exists()


@pytest.mark.parametrize("name", ["kim", "chloe"])
def test_readers_do_not_write(people, page, name):
    with pytest.raises((Forbidden, NotFound)):
        save_page(actor=people[name], page=page, text="mine", base=1)
    assert Revision.objects.filter(page=page).count() == 1


def test_the_database_refuses_another_history(page):
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.filter(page=page).update(summary="never happened")
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.filter(page=page).delete()


def test_restoring_is_a_new_revision(people, page):
    save_page(actor=people.ada, page=page, text="other", base=1)
    saved = restore_revision(actor=people.ben, page=page, number=1)
    assert saved.revision.number == 3 and saved.revision.text == "one\n\ntwo\n\nthree\n"


def test_a_secret_is_redacted_by_a_coe_lead_only(people, page):
    save_page(actor=people.ada, page=page, text="my key", title="hunter2", summary="hunter2", base=1)
    save_page(actor=people.ada, page=page, text="no secret", title="Run it", base=2)
    first = Revision.objects.get(page=page, number=2)
    with pytest.raises(Forbidden):
        redact_revision(actor=people.ada, revision=first, reason="a key")
    redact_revision(actor=people.esther, revision=first, reason="a key")
    first.refresh_from_db()
    assert (first.text, first.summary, first.title) == ("", "", page.title) and first.redacted_at
    assert not Event.objects.filter(data__icontains="hunter2").exists()
    with pytest.raises(Conflict):
        restore_revision(actor=people.ada, page=page, number=2)


def test_old_addresses_lead_to_the_page_without_chains(people, page):
    rename_page(actor=people.ada, page=page, slug="running")
    rename_page(actor=people.ada, page=page, slug="operate")
    assert page_at(people.ada, "risk", "run-it").pk == page.pk
    assert {row.page_id for row in Redirect.objects.all()} == {page.pk}
    other = create_page(actor=people.ada, space=page.space, title="Run it")
    assert page_at(people.ada, "risk", "run-it").pk == other.pk


def test_a_page_cannot_move_below_itself(people, page):
    child = create_page(actor=people.ada, space=page.space, title="Child", parent=page)
    page.refresh_from_db()
    with pytest.raises(Conflict):
        move_page(actor=people.ada, page=page, target=child)
    assert [branch.page.title for branch in tree(people.ada, page.space)[0].children] == ["Run it"]


def test_narrowing_goes_down_the_tree_and_back(people, page):
    child = create_page(actor=people.ada, space=page.space, title="Child", parent=page)
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    child.refresh_from_db()
    assert child.visibility == "restricted"
    with pytest.raises(NotFound):
        page_at(people.kim, "risk", "child")
    narrow_page(actor=people.ada, page=page, narrowed="")
    assert page_at(people.kim, "risk", "child")
    set_space_visibility(actor=people.ada, space=page.space, visibility="unit")
    child.refresh_from_db()
    assert child.visibility == "unit"


def test_links_find_pages_that_come_later(people, page):
    save_page(actor=people.ada, page=page, text="See [[Later page]] and [[run it]].", base=1)
    assert Link.objects.get(wanted_key="later-page").target is None
    later = create_page(actor=people.ada, space=page.space, title="Later page")
    assert Link.objects.get(wanted_key="later-page").target == later


def test_a_huge_page_is_refused(people, page):
    with pytest.raises(TooLarge):
        save_page(actor=people.ada, page=page, text="x" * 600_000, base=1)
    with pytest.raises(Invalid):
        save_page(actor=people.ada, page=page, text="a\x00b", base=1)
