"""Export, import, export: the same bytes, whatever a page holds."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.matching import normalised
from apps.wiki.text.bundle import Bundle, BundleError, BundlePage, BundleSpace
from apps.wiki.text.bundle_reading import read_folder, read_zip
from apps.wiki.text.bundle_writing import write, write_folder, write_zip
from apps.wiki.text.naming import page_key
from tests.wiki.text.bundles import as_zip, attached, page, zipped

ODD = [
    "no",
    "2024",
    "1.10",
    "null",
    "a: b",
    "'",
    '"',
    "- x",
    "# y",
    "---",
    "007",
    "2024-01-01",
    "=",
    "<<",
    "*a",
    "!t",
    " lead",
    "tail ",
    "📈",
    "\u2028",
    "\ufeff",
    "é",
    "e\u0301",
    "con",
    "1e5",
    "0x1f",
    "~",
    "{a}",
    "%",
    "?",
    "\U0010ffff",
]
ANY = st.characters(exclude_categories=("Cs", "Cc"))
WORD = st.one_of(st.sampled_from(ODD), st.text(ANY, min_size=1, max_size=20)).filter(str.strip)
BODY = st.one_of(
    st.sampled_from(
        ["", "---\n", "---\nid: x\n---\n", "\n\n  indented", "a\n---\nb\n...\n", "\ufeffmark", "[[other|x]]"]
    ),
    st.lists(st.sampled_from(["---", "# a", "", "text", "| a |", "```", "é 📈", "\u2028x"]), max_size=8).map(
        "\n".join
    ),
).map(normalised)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | WORD
    | st.just("two\nlines\n---\n")
    | st.sampled_from([1.5, 1e-06])
)
EXTRA = st.dictionaries(
    WORD.map(lambda word: f"x{word}"),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORD, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)
SLUGS = st.one_of(
    st.sampled_from(["index", "con", "nul", "guide", "grösse", "日本" * 50, "a" * 100, "readme"]),
    WORD.map(page_key),
).filter(bool)
NAMES = st.one_of(
    st.sampled_from(
        [
            "a.png",
            "A.png",
            "con.txt",
            ".env",
            "x" * 150,
            "日" * 150,
            "a:b",
            "tail.",
            "e\u0301",
            "_a.png",
            "index.md",
        ]
    ),
    WORD.filter(lambda word: word not in {".", ".."} and "/" not in word and "\\" not in word),
)


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    slugs = draw(st.lists(SLUGS, max_size=8, unique_by=str.casefold))
    has_home = draw(st.booleans())
    pages: list[BundlePage] = [BundlePage("home000000000000", "index", "Home")] if has_home else []
    for number, slug in enumerate(slug for slug in slugs if slug != "index"):
        above = draw(st.sampled_from(pages)).id if pages and (has_home or draw(st.booleans())) else None
        pages.append(draw(pages_called(f"page-{number:04}", slug, above)))
    files = []
    for one in pages:
        names = draw(st.lists(NAMES, max_size=3, unique=True))
        files += [attached(one.id, name, name.encode() + b"\0\xff") for name in names]
    space = BundleSpace("risk", draw(WORD), draw(st.just("") | WORD), draw(st.none() | st.integers(1, 3650)))
    return Bundle(space, tuple(pages), tuple(files))


@st.composite
def pages_called(draw: st.DrawFn, uid: str, slug: str, above: str | None) -> BundlePage:
    return BundlePage(
        uid,
        slug,
        draw(WORD),
        above,
        position=draw(st.integers(0, 3)),
        tags=tuple(draw(st.lists(WORD, max_size=3, unique=True))),
        template=draw(st.sampled_from(["", "runbook", "how-to"])),
        visibility=draw(st.sampled_from(["", "unit", "restricted"])),
        documents=tuple(draw(st.lists(st.just("model:retail-banking/fraud-score"), max_size=1))),
        verify_every_days=draw(st.none() | st.integers(1, 3650)),
        text=draw(BODY),
        extra=draw(EXTRA),
    )


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(bundles())
def test_export_import_export_gives_the_same_bytes(bundle: Bundle) -> None:
    first = as_zip(bundle)
    back = read_zip(io.BytesIO(first))
    assert as_zip(back) == first
    assert {one.id: one for one in back.pages} == {one.id: one for one in bundle.pages}
    assert set(back.files) == set(bundle.files)
    assert [file.read() for file in back.files] == [file.name.encode() + b"\0\xff" for file in back.files]
    assert back.space == bundle.space


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(bundles())
def test_a_folder_holds_the_same_as_a_zip(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle) -> None:
    directory = tmp_path_factory.mktemp("space")
    write_folder(bundle, directory)
    assert as_zip(read_folder(directory)) == as_zip(bundle)


def test_a_tree_too_deep_for_a_path_keeps_its_parents() -> None:
    pages = [BundlePage("home000000000000", "index", "Home")]
    for number in range(60):
        pages.append(BundlePage(f"page-{number:04}", f"{number}-" + "日" * 40, "Deep", pages[-1].id))
    first = as_zip(Bundle(BundleSpace("deep"), tuple(pages)))
    back = read_zip(io.BytesIO(first))
    assert back.pages == tuple(pages)
    assert as_zip(back) == first
    assert max(len(path.encode()) for path, _ in write(back)) < 800


def test_the_layout_is_for_people() -> None:
    pages = (
        BundlePage("home000000000000", "index", "Risk", text="Start.\n"),
        BundlePage("page-0001", "guide", "Guide: part 1", "home000000000000", 1, tags=("a", "no")),
        BundlePage(
            "page-0002", "start", "Start", "page-0001", 1, text="![x](a.png)\n", extra={"owner": "ops"}
        ),
    )
    bundle = Bundle(BundleSpace("risk", "Risk"), pages, (attached("page-0002", "a.png", b"png"),))
    assert {path: data.decode() for path, data in write(bundle)} == {
        "_attachments/start/a.png": "png",
        "_space.yaml": "slug: risk\ntitle: Risk\n",
        "guide/index.md": "---\nid: page-0001\ntitle: 'Guide: part 1'\nposition: 1\ntags: [a, 'no']\n---\n",
        "guide/start.md": "---\nid: page-0002\ntitle: Start\nposition: 1\nowner: ops\n---\n\n![x](a.png)\n",
        "index.md": "---\nid: home000000000000\ntitle: Risk\n---\n\nStart.\n",
    }


def test_the_zip_has_no_clock_and_no_machine_in_it() -> None:
    bundle = Bundle(BundleSpace("risk"), (BundlePage("home000000000000", "index", "Risk"),))
    with zipfile.ZipFile(io.BytesIO(as_zip(bundle))) as archive:
        for entry in archive.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert (entry.create_system, entry.external_attr >> 16) == (3, 0o100644)
            assert entry.compress_type == zipfile.ZIP_STORED


def test_pages_come_in_the_order_of_the_tree() -> None:
    files = {
        "b.md": page(1, position="1"),
        "a/index.md": page(2, position="2"),
        "a/y.md": page(3, position="1"),
        "a/x.md": page(4, position="2"),
    }
    assert [one.slug for one in read_zip(zipped(files)).pages] == ["index", "b", "a", "y", "x"]


def test_a_page_without_id_gets_the_same_one_each_time() -> None:
    files = {"new.md": "---\ntitle: New\n---\nBy hand.\n"}
    (_, first), (_, second) = read_zip(zipped(files)).pages, read_zip(zipped(files)).pages
    assert first.id == second.id
    assert len(first.id) == 16


def test_nothing_is_written_of_a_tree_that_is_none(tmp_path: Path) -> None:
    pages = (BundlePage("page-0001", "a", "A", "page-0002"), BundlePage("page-0002", "b", "B", "page-0001"))
    with pytest.raises(BundleError, match="stands below itself"):
        write_zip(Bundle(BundleSpace("risk"), pages), io.BytesIO())
    with pytest.raises(BundleError):
        write_folder(Bundle(BundleSpace("risk"), pages), tmp_path / "x")
    assert not (tmp_path / "x").exists()
