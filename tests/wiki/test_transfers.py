"""Out and in again: the same bytes; an import is idempotent, all or nothing, and nobody's way around rights."""

from __future__ import annotations

import io
import unicodedata
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.actions import create_entity
from apps.core.characters import has_tricks
from apps.core.errors import Forbidden, NotFound
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.wiki.actions.attachments import attach
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.import_order import longest_rising
from apps.wiki.actions.import_report import Report
from apps.wiki.actions.importing import import_bundle
from apps.wiki.actions.indexing import write_about
from apps.wiki.actions.placing import archive_page, narrow_page
from apps.wiki.actions.settings import update_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.models import Attachment, Draft, Link, Page, Revision, Space
from apps.wiki.queries.pages import tree
from apps.wiki.queries.transfers import export_space
from apps.wiki.text.bundle_reading import read_zip
from apps.wiki.vocabulary import DEEPEST
from tests.personas import People
from tests.wiki.making import a_page, a_space
from tests.wiki.text.bundles import as_zip, page, zipped


@pytest.fixture
def space(people: People) -> Space:
    """Three pages and a file, of risk-ml."""
    space = create_space(
        actor=SYSTEM, slug="risk", title="Risk", owner=Team.objects.get(slug="risk-ml"), home_text="Start.\n"
    )
    guide = create_page(actor=SYSTEM, space=space, title="Guide", text="See [[Run it]].\n", tags=["runbook"])
    run = create_page(actor=SYSTEM, space=space, title="Run it", text="![p](p.txt)\n", parent=guide)
    attach(actor=SYSTEM, page=run, name="p.txt", data=b"bytes")
    update_page(actor=SYSTEM, page=guide, changes={"verify_every_days": 90, "template": "runbook"})
    return space


def imported(data: bytes, actor: Any = SYSTEM, **options: Any) -> Report:
    return import_bundle(actor=actor, bundle=read_zip(io.BytesIO(data)), **options)


def exported(space: Space, user: Any = SYSTEM) -> bytes:
    return as_zip(export_space(user, space))


def empty_the_wiki() -> None:
    """As no action could: what a new installation looks like."""
    tables = [model._meta.db_table for model in apps.get_app_config("wiki").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {', '.join(tables)} CASCADE")


def state() -> tuple[int, int, int, int]:
    return Page.objects.count(), Revision.objects.count(), Event.objects.count(), Attachment.objects.count()


def test_export_import_export_gives_the_same_bytes(space):
    first = exported(space)
    empty_the_wiki()
    report = imported(first, owner=Team.objects.get(slug="risk-ml"))
    assert not report.problems and not report.warnings
    assert report.counts == {"created": 3, "updated": 0, "moved": 0, "unchanged": 0, "attachments": 1}
    assert exported(Space.objects.get(slug="risk")) == first


def test_importing_what_is_there_changes_nothing(space):
    before = state()
    report = imported(exported(space))
    assert report.counts == {"created": 0, "updated": 0, "moved": 0, "unchanged": 3, "attachments": 0}
    assert state() == before


TITLES = st.one_of(
    st.sampled_from(
        ["no", "2024", "a: b", "# y", "'", "con", "📈 figures", "é", "---", "index", "日本語", "x" * 200]
    ),
    st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12),
).filter(
    lambda title: title.strip() and unicodedata.normalize("NFC", title) == title and not has_tricks(title)
)
TEXTS = st.lists(
    st.sampled_from(["---", "# a", "", "text  ", "    code", "[[index]]", "![f](f.txt)", "é 📈", "```"]),
    max_size=6,
).map("\n".join)
PAGES = st.lists(
    st.fixed_dictionaries(
        {
            "above": st.integers(0, 9),
            "title": TITLES,
            "text": TEXTS,
            "tags": st.lists(st.sampled_from(["a", "b-c", "c++"]), unique=True),
            "narrowed": st.sampled_from(["", "", "unit", "restricted"]),
            "extra": st.dictionaries(
                st.sampled_from(["author", "weight"]), st.sampled_from([1, "x", ["y"], None])
            ),
            "file": st.one_of(
                st.none(), st.binary(min_size=1, max_size=20).map(lambda data: data.hex().encode())
            ),
        }
    ),
    max_size=7,
)


def planted(pages: list[dict[str, Any]]) -> Space:
    space = create_space(actor=SYSTEM, slug="made", title="Made", owner=None, home_text="Home.\n")
    there = [Page.objects.get(space=space)]
    for fields in pages:
        above, file = there[fields.pop("above") % len(there)], fields.pop("file")
        there.append(create_page(actor=SYSTEM, space=space, parent=above, **fields))
        if file or "f.txt" in fields["text"]:
            attach(actor=SYSTEM, page=there[-1], name="f.txt", data=file or b"some")
    return space


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=PAGES)
def test_any_space_comes_back_as_the_same_bytes(db, pages):
    """Each example begins and ends with an empty wiki: what it made is rolled back."""
    with transaction.atomic():
        first = exported(planted(pages))
        transaction.set_rollback(True)
    with transaction.atomic():
        report = imported(first)
        assert (report.problems, report.warnings) == ([], [])
        assert exported(Space.objects.get(slug="made")) == first
        transaction.set_rollback(True)


def test_a_dry_run_tells_the_same_and_writes_nothing(space):
    data = exported(space)
    empty_the_wiki()
    before = state()
    told = imported(data, dry_run=True).counts
    assert state() == before
    assert imported(data).counts == told


def test_a_changed_text_is_a_revision_on_the_current_one(people, space):
    guide = Page.objects.get(slug="guide")
    data = zipped({"guide.md": matter(guide, "Other.\n")}, home=None)
    save_page(actor=people.ben, page=guide, text="Ben's.\n", base=1)
    report = imported(data.getvalue(), people.ada, space=space)
    assert [(row.title, row.details) for row in report.updated] == [("Guide", ("text",))]
    revision = Page.objects.get(pk=guide.pk).revision
    assert (revision.text, revision.number, revision.base.number) == ("Other.\n", 3, 2)
    assert (revision.author, revision.summary) == (people.ada, "Imported")
    assert Page.objects.filter(space=space).count() == 3


def matter(page: Page, body: str, **more: str) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in more.items())
    head = f"id: {page.uid}\ntitle: {page.title}\ntags: [runbook]\ntemplate: runbook\nverify_every_days: 90\n"
    return f"---\n{head}{lines}---\n\n{body}"


def test_an_import_keeps_the_drafts_of_who_imports(people, space):
    guide = Page.objects.get(slug="guide")
    keep_draft(actor=people.ada, space=space, page=guide, text="Half a thought", base=1)
    keep_draft(actor=people.ada, space=space, title="Not yet")
    new = {"guide.md": matter(guide, "Other.\n"), "more.md": page(7)}
    assert imported(zipped(new, home=None).getvalue(), people.ada, space=space).counts["created"] == 1
    kept = Draft.objects.filter(user=people.ada).values_list("text", "title")
    assert set(kept) == {("Half a thought\n", ""), ("", "Not yet")}


def test_order_and_parents_follow_the_files(people, space):
    names = {name: page_id for page_id, name in enumerate(["a", "b", "c", "d"], 10)}
    files = {f"{name}.md": page(number, name, position=str(number)) for name, number in names.items()}
    assert not imported(zipped(files, home=None).getvalue(), space=space).problems
    again = {
        "d/index.md": page(13, "d", position="1"),
        "d/a.md": page(10, "a"),
        "c.md": page(12, "c", position="2"),
        "b.md": page(11, "b", position="3"),
    }
    report = imported(zipped(again, home=None).getvalue(), space=space)
    assert not report.problems and {row.title for row in report.moved} <= {"a", "b", "c", "d"}
    rows = [branch.page.slug for branch in tree(SYSTEM, space)[0].children]
    assert rows == ["guide", "d", "c", "b"]
    assert Page.objects.get(slug="a", space=space).path.startswith(
        Page.objects.get(slug="d", space=space).path
    )
    assert imported(zipped(again, home=None).getvalue(), space=space).counts["moved"] == 0


def test_two_pages_turn_over(space):
    """The child becomes the parent: no move is ever below itself."""
    once = {"a/index.md": page(1, "a"), "a/b.md": page(2, "b")}
    other = {"b/index.md": page(2, "b"), "b/a.md": page(1, "a")}
    for files in (once, other, once):
        assert not imported(zipped(files, home=None).getvalue(), space=space).problems
    assert Page.objects.get(slug="b").path.startswith(Page.objects.get(slug="a").path)


@pytest.mark.parametrize("numbers", [[0], [2, 1, 0], [1, 2, 0], [3, 0, 1, 2], [0, 4, 1, 3, 2]])
def test_the_longest_run_stays(numbers):
    run = longest_rising(numbers)
    assert run == sorted(run) and len(run) == max(
        len(pick) for size in range(len(numbers) + 1) for pick in combinations(numbers, size)
        if list(pick) == sorted(pick)
    )  # fmt: skip


def test_addresses_are_renamed_where_they_become_free(space):
    imported(zipped({"a.md": page(1, "A"), "b.md": page(2, "B")}, home=None).getvalue(), space=space)
    report = imported(zipped({"b.md": page(1, "A"), "c.md": page(2, "B")}, home=None).getvalue(), space=space)
    assert not report.problems
    assert dict(Page.objects.filter(uid__startswith="page-").values_list("uid", "slug")) == {
        "page-0001": "b", "page-0002": "c",
    }  # fmt: skip
    taken = imported(zipped({"guide.md": page(1, "A")}, home=None).getvalue(), space=space)
    assert "The address “guide” is that of another page." in str(taken.problems[0])


def test_an_id_of_another_space_is_refused(people, space):
    other = a_page(space=a_space(slug="other"), visibility="restricted")
    before = state()
    data = zipped({"x.md": f"---\nid: {other.uid}\ntitle: X\n---\n\nMine.\n"}, home=None).getvalue()
    report = imported(data, people.ada, space=space)
    assert "is that of a page in the space" in str(report.problems[0]) and state() == before


def test_a_hidden_page_is_not_named(people, space):
    hidden = a_page(
        space=a_space(slug="hidden", visibility="restricted", owner=Team.objects.get(slug="claims-ai"))
    )
    data = zipped({"x.md": f"---\nid: {hidden.uid}\ntitle: X\n---\n\nMine.\n"}, home=None).getvalue()
    (problem,) = imported(data, people.ada, space=space).problems
    assert "elsewhere in this wiki" in str(problem) and "hidden" not in str(problem)


@pytest.mark.parametrize("name", ["kim", "chloe", "farid"])
def test_readers_import_nothing(people, space, name):
    before = state()
    with pytest.raises((Forbidden, NotFound)):
        imported(zipped({"x.md": page(1)}, home=None).getvalue(), people[name], space=space)
    assert state() == before


def test_one_refused_page_stops_all(space):
    before = state()
    files = {"a.md": page(1, "A"), "b.md": page(2, "B"), "_attachments/b/x.svg": b"<svg/>"}
    report = imported(zipped(files, home=None).getvalue(), space=space)
    assert "cannot be kept" in str(report.problems[0]) and state() == before


def test_foreign_files_lose_what_cannot_be_kept_and_say_so(space):
    files = {"a.md": "# A\n\n![x](x.svg) and ![y](y%20(1).txt)\n", "x.svg": b"<svg/>", "y (1).txt": b"y"}
    report = imported(zipped(files, home=None, space=None).getvalue(), space=space)
    assert not report.problems and report.counts["created"] == 1
    assert "A .svg file can hold scripts" in str(report.warnings[0])


def test_an_import_widens_nothing(people, space):
    guide = Page.objects.get(slug="guide")
    narrow_page(actor=SYSTEM, page=guide, narrowed="restricted")
    assert imported(zipped({"guide.md": matter(guide, "New.\n")}, home=None).getvalue(), space=space).updated
    guide.refresh_from_db()
    assert guide.visibility == "restricted"


def test_an_export_holds_what_its_reader_sees(people, space):
    narrow_page(actor=SYSTEM, page=Page.objects.get(slug="guide"), narrowed="restricted")
    bundle = export_space(people.kim, space)
    assert [page.slug for page in bundle.pages] == ["index"] and not bundle.files
    assert len(export_space(people.ada, space).pages) == 3


def test_what_a_page_documents_is_exported_as_far_as_it_is_seen(people, space):
    guide = Page.objects.get(slug="guide")
    secret = create_entity(
        actor=SYSTEM, kind="model", namespace="insurance", name="secret", title="Secret",
        owner=Team.objects.get(slug="claims-ai"), visibility="restricted",
    )  # fmt: skip
    write_about(guide, [secret.ref, "model:nowhere/none"])
    named = {page.slug: page.documents for page in export_space(people.ada, space).pages}
    assert named["guide"] == ()
    assert imported(exported(space, people.ada), people.ada, space=space).counts["unchanged"] == 3
    assert set(Link.objects.filter(source=guide, kind="about").values_list("written", flat=True)) == {
        secret.ref, "model:nowhere/none",
    }  # fmt: skip


def test_hidden_and_absent_entities_are_the_same_remark(people, space):
    teams = {name: Team.objects.get(slug=name) for name in ("risk-ml", "claims-ai")}
    fields: dict[str, Any] = {"actor": SYSTEM, "kind": "model", "namespace": "x", "visibility": "restricted"}
    create_entity(name="secret", title="Secret", owner=teams["claims-ai"], **fields)
    seen = create_entity(name="seen", title="Seen", owner=teams["risk-ml"], **fields)
    named = "[model:x/secret, model:x/absent, Model:x/SEEN]"
    data = zipped({"new.md": page(1, "New", documents=named)}, home=None).getvalue()
    report = imported(data, people.ada, space=space)
    assert [warning.sentence for warning in report.warnings] == [
        f"There is no entity “model:x/{name}”, or you do not see it; it is left out."
        for name in ("secret", "absent")
    ]
    (link,) = Link.objects.filter(source__uid="page-0001")
    assert (link.written, link.entity_id) == (seen.ref, seen.pk)
    for dry_run in (True, False):
        again = imported(data, people.ada, space=space, dry_run=dry_run)
        assert again.counts["unchanged"] == 1 and again.counts["updated"] == 0


def nested(levels: int) -> dict[str, str | bytes]:
    folders = ["/".join(f"l{number}" for number in range(1, depth + 1)) for depth in range(1, levels + 1)]
    return {f"{folder}/index.md": page(number, f"L{number}") for number, folder in enumerate(folders, 1)}


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_tree_too_deep_names_the_file(space, dry_run):
    before = state()
    report = imported(zipped(nested(DEEPEST), home=None).getvalue(), space=space, dry_run=dry_run)
    (problem,) = report.problems
    assert problem.path.endswith(f"l{DEEPEST}/index.md") and "at most 20 levels" in problem.sentence
    assert state() == before
    assert not imported(zipped(nested(DEEPEST - 1), home=None).getvalue(), space=space).problems


def test_pages_below_a_moved_one_are_not_pushed_too_deep(space):
    """The page that cannot move is named by its file."""
    assert not imported(zipped(nested(18), home=None).getvalue(), space=space).problems
    files = {"l1/index.md": page(1, "L1"), "a/index.md": page(90, "A"), "a/b/index.md": page(91, "B")}
    deeper = files | {"a/b/l1.md": page(1, "L1")}
    deeper.pop("l1/index.md")
    for dry_run in (True, False):
        (problem,) = imported(zipped(deeper, home=None).getvalue(), space=space, dry_run=dry_run).problems
        assert problem.path == "a/b/l1.md" and "at most 20 levels" in problem.sentence


def test_a_dry_run_tells_of_moves_names_and_texts_what_the_import_does(people, space):
    once = {
        "a/index.md": page(1, "A"),
        "a/b.md": page(2, "B", position="1"),
        "a/c.md": page(3, "C", position="2"),
        "d.md": page(4, "D"),
    }
    other = {
        "c/index.md": page(3, "C"),
        "c/a.md": page(1, "A", position="2"),
        "c/new.md": page(5, "New", position="1"),
        "b.md": page(4, "B", body="Else.\n"),
        "x.md": page(2, "X", visibility="unit", tags="[t]"),
    }
    for files in (once, other):
        data = zipped(files, home=None).getvalue()
        told = imported(data, people.ada, space=space, dry_run=True)
        done = imported(data, people.ada, space=space)
        assert not done.problems and told.rows == done.rows and told.counts == done.counts


def test_a_text_that_names_what_is_not_there_goes_out_and_in(space):
    create_page(actor=SYSTEM, space=space, title="Loose", text="![x](gone.png) and [y](a%20%281%29.txt)\n")
    bundle = export_space(SYSTEM, space)
    assert [warning.sentence.split(";")[0] for warning in bundle.warnings] == [
        "The file “gone.png” is missing", "The file “a (1).txt” is missing",
    ]  # fmt: skip
    first = as_zip(bundle)
    empty_the_wiki()
    report = imported(first, owner=Team.objects.get(slug="risk-ml"))
    assert not report.problems and len(report.warnings) == 2
    assert exported(Space.objects.get(slug="risk")) == first


def test_what_the_portal_imports_is_vouched_for_by_nobody(space):
    until = timezone.now() + timedelta(days=90)
    Page.objects.filter(slug="guide").update(verified_at=timezone.now(), verified_until=until)
    guide = Page.objects.get(slug="guide")
    imported(zipped({"guide.md": matter(guide, "New.\n")}, home=None).getvalue(), space=space)
    guide.refresh_from_db()
    assert guide.verified_until is None


def test_an_archived_page_comes_back(space):
    data = exported(space)
    archive_page(actor=SYSTEM, page=Page.objects.get(slug="run-it"))
    assert exported(space) != data
    assert [row.details for row in imported(data).updated] == [("brought back",)]
    assert exported(space) == data
