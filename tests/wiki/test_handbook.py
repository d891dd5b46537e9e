"""The handbook comes with the portal and is renewed with it, and what people wrote in it is theirs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.wiki.actions.editing import save_page
from apps.wiki.actions.handbook import install_handbook, sentences
from apps.wiki.actions.placing import archive_page, move_page, rename_page
from apps.wiki.models import Page, Revision, Space
from apps.wiki.queries import handbook
from apps.wiki.queries.links import broken_links
from apps.wiki.queries.pages import page_at, tree

Ship = Callable[..., None]


@pytest.fixture
def ship(monkeypatch, tmp_path) -> Ship:
    """Another release: `ship(slug=text)` changes chapters, `ship(slug=None)` takes them away."""
    folder = tmp_path / "handbook"
    shutil.copytree(Path(settings.BASE_DIR) / "fixtures" / "handbook", folder)
    monkeypatch.setattr(handbook, "folder", lambda: folder)

    def release(**chapters: str | None) -> None:
        for name, text in chapters.items():
            file = folder / f"{name.replace('_', '-')}.md"
            if text is None:
                file.unlink()
            else:
                file.write_text(
                    f"---\nid: hb-{name.replace('_', '-')}\ntitle: {name}\ntags: [x]\n---\n\n{text}\n"
                )
        handbook._newest.cache_clear()

    handbook._newest.cache_clear()
    yield release
    handbook._newest.cache_clear()


def edit(page: Page, actor=SYSTEM) -> None:
    page.refresh_from_db()
    save_page(actor=actor, page=page, text="Ours.\n", base=page.revision.number)


def chapter(slug: str) -> Page:
    return Page.objects.select_related("space", "revision").get(space__slug="handbook", slug=slug)


def test_it_is_installed_once(people):
    assert not Space.objects.exists()
    report = install_handbook()
    assert len(report.created) == 24 and sentences(report) == ["24 new"]
    space = Space.objects.get()
    assert (space.slug, space.title, space.owner.slug, space.visibility) == (
        "handbook",
        "Handbook",
        "coe-office",
        "company",
    )
    assert page_at(people.kim, "handbook", "glossary").revision.author is None
    before = Revision.objects.count(), Event.objects.count()
    again = install_handbook()
    assert len(again.unchanged) == 24 and sentences(again) == ["24 as shipped"]
    assert (Revision.objects.count(), Event.objects.count()) == before
    assert not broken_links(people.kim, space)


def test_chapters_stand_in_the_order_of_the_first_one(people):
    install_handbook()
    slugs = [branch.page.slug for branch in tree(people.kim, Space.objects.get())[0].children]
    assert slugs[0] == "first-steps" and slugs[-1] == "accessibility-and-keyboard"


def test_nothing_changed_costs_few_statements(people, django_assert_max_num_queries):
    install_handbook()
    with django_assert_max_num_queries(6):
        install_handbook()


def test_an_office_that_comes_later_gets_it(db):
    install_handbook()
    assert Space.objects.get().owner is None
    from tests.personas import make_world

    make_world()
    install_handbook()
    assert Space.objects.get().owner.slug == "coe-office" and chapter("glossary").owner.slug == "coe-office"


def test_a_newer_text_replaces_what_nobody_touched(people, ship):
    install_handbook()
    until = timezone.now() + timedelta(days=90)
    Page.objects.filter(slug="glossary").update(verified_at=timezone.now(), verified_until=until)
    ship(glossary="New words.")
    assert install_handbook().updated == ["glossary"]
    page = chapter("glossary")
    assert page.verified_until is None
    assert (page.revision.text, page.tags, page.revision.number) == ("New words.\n", ["x"], 2)
    assert not handbook.is_outdated(page)


def test_what_people_wrote_stays_and_is_named(people, signed_in, ship):
    install_handbook()
    edit(chapter("glossary"), people.esther)
    assert install_handbook().edited == ["Glossary"] and not handbook.is_outdated(chapter("glossary"))
    ship(glossary="New words.")
    report = install_handbook()
    assert report.outdated == ["Glossary"] and "compare: Glossary" in " ".join(sentences(report))
    page = chapter("glossary")
    assert page.revision.text == "Ours.\n" and handbook.is_outdated(page)
    notice = "The portal ships a newer text of this chapter."
    assert notice in signed_in("esther").get(page.get_absolute_url()).content.decode()
    assert notice not in signed_in("kim").get(page.get_absolute_url()).content.decode()
    save_page(actor=people.esther, page=page, text="New words.", title="glossary", base=page.revision.number)
    assert handbook.is_outdated(chapter("glossary"))  # the tags differ still


def test_a_chapter_that_moved_is_renewed_where_it_is(people, ship):
    install_handbook()
    rename_page(actor=people.esther, page=chapter("glossary"), slug="words")
    move_page(actor=people.esther, page=chapter("words"), target=chapter("catalog"))
    ship(glossary="New words.")
    install_handbook()
    page = chapter("words")
    assert page.revision.text == "New words.\n" and page.path.startswith(chapter("catalog").path)


def test_a_chapter_that_is_shipped_no_longer_is_archived_unless_edited(people, ship):
    install_handbook()
    edit(chapter("backstage"))
    ship(glossary=None, backstage=None)
    report = install_handbook()
    assert (report.archived, len(report.orphaned)) == (["Glossary"], 1)
    assert (chapter("glossary").state, chapter("backstage").state) == ("archived", "current")
    ship(glossary="Again.")
    install_handbook()
    assert (chapter("glossary").state, chapter("glossary").revision.text) == ("current", "Again.\n")


def test_what_a_lead_archived_stays_away(people, ship):
    install_handbook()
    archive_page(actor=people.esther, page=chapter("glossary"))
    ship(glossary="New words.")
    install_handbook()
    assert chapter("glossary").state == "archived"


def test_a_page_of_that_id_that_was_never_shipped_is_left_alone(people, ship):
    ship(extra="First.")
    install_handbook()
    edit(chapter("extra"))
    Page.objects.filter(slug="extra").update(shipped_sha256="")
    assert "extra" in install_handbook().outdated
    assert chapter("extra").revision.text == "Ours.\n"
