"""Markdown from elsewhere: a plain folder, a project of MkDocs, a project of Zensical."""

from __future__ import annotations

import io

import pytest

from apps.wiki.text.bundle import Bundle
from apps.wiki.text.bundle_reading import read_zip
from tests.wiki.text.bundles import as_zip, refusal, zipped

MKDOCS = """\
site_name: Risk platform
theme: {name: material}
markdown_extensions:
  - pymdownx.emoji:
      emoji_index: !!python/name:material.extensions.emoji.twemoji
      options: !!python/object/apply:os.system ["touch /tmp/never"]
extra: !ENV [SECRET, none]
nav:
  - Welcome: index.md
  - Guides:
      - guide/index.md
      - Second: guide/b.md
      - guide/a.md
  - Operations:
      - Run it: ops/run.md
  - Elsewhere: https://example.com/
  - Gone: gone.md
"""
PROJECT: dict[str, str | bytes] = {
    "mkdocs.yml": MKDOCS,
    "README.md": "not part of the site",
    "docs/index.md": '# Welcome\n\nSee [the run](ops/run.md#x) and ![logo](img/logo%20a.png "Logo").\n',
    "docs/guide/index.md": "# All guides\n\n[a](a.md), [up](../index.md), [b](b.md)\n",
    "docs/guide/a.md": "---\ntitle: From front matter\ntags: [2024, x]\nowner: ops\n---\n# Alpha\n\nText.\n",
    "docs/guide/b.md": "| a |\n| - |\n| [words](./a.md) |\n",
    "docs/ops/run.md": "```\n[x](../index.md)\n```\n`[x](../index.md)` [site](https://example.com/a.md) [x](#y)\n",
    "docs/extra.md": "Not in nav: [gone](nowhere.md), [folder](guide/).\n",
    "docs/img/logo a.png": b"\x89PNG",
    "docs/style.css": "",
}


def read(files: dict[str, str | bytes], **options: str) -> Bundle:
    return read_zip(zipped(files, space=None, home=None), **options)


def tree(bundle: Bundle) -> dict[str, tuple[str, str]]:
    """By slug, in order: the title and the slug of the parent."""
    slugs: dict[str | None, str] = {page.id: page.slug for page in bundle.pages} | {None: ""}
    return {page.slug: (page.title, slugs[page.parent_id]) for page in bundle.pages}


def texts(bundle: Bundle) -> dict[str, str]:
    return {page.slug: page.text for page in bundle.pages}


def test_the_navigation_says_order_and_titles() -> None:
    bundle = read(PROJECT)
    assert list(tree(bundle).items()) == [
        ("index", ("Welcome", "")),
        ("guide", ("Guides", "index")),
        ("b", ("Second", "guide")),
        ("a", ("From front matter", "guide")),
        ("operations", ("Operations", "index")),
        ("run", ("Run it", "operations")),
        ("extra", ("Extra", "index")),
    ]
    assert (bundle.foreign, bundle.space.title) == (True, "Risk platform")


def test_links_between_files_become_links_between_pages() -> None:
    found = texts(read(PROJECT))
    assert found["index"] == 'See [[run#x|the run]] and ![logo](logo%20a.png "Logo").\n'
    assert found["guide"] == "# All guides\n\n[[a|a]], [[index|up]], [[b|b]]\n"
    assert found["b"] == "| a |\n| - |\n| [[a\\|words]] |\n"
    assert found["extra"] == "Not in nav: [gone](nowhere.md), [[guide|folder]].\n"


def test_code_and_other_addresses_stay_as_they_are() -> None:
    assert texts(read(PROJECT))["run"] == PROJECT["docs/ops/run.md"]


def test_linked_files_become_attachments() -> None:
    bundle = read(PROJECT)
    (file,) = bundle.files
    assert (file.name, file.page_id, file.read()) == ("logo a.png", bundle.pages[0].id, b"\x89PNG")


def test_what_was_left_out_is_told() -> None:
    assert [str(warning) for warning in read(PROJECT).warnings] == [
        "mkdocs.yml: The navigation's link to https://example.com/ is left out.",
        "mkdocs.yml: The navigation names gone.md, which is not there.",
        "docs/extra.md, line 1: The link to “nowhere.md” leads nowhere.",
    ]


def test_front_matter_is_kept() -> None:
    page = next(page for page in read(PROJECT).pages if page.slug == "a")
    assert (page.tags, page.extra) == (("2024", "x"), {"owner": "ops"})
    assert page.text == "# Alpha\n\nText.\n"


@pytest.mark.parametrize(
    "toml",
    [
        '[project]\nsite_name = "Z"\nnav = [{"Start" = "index.md"}, {"More" = [{"B" = "b.md"}, "a.md"]}]\n',
        '[project]\nsite_name = "Z"\ndocs_dir = "docs"\nnav = [{Start = "index.md"}, {More = [{B = "b.md"}, "a.md"]}]\n',
    ],
)
def test_a_project_of_zensical(toml: str) -> None:
    bundle = read({"zensical.toml": toml, "docs/index.md": "", "docs/a.md": "", "docs/b.md": ""})
    assert tree(bundle) == {
        "index": ("Start", ""),
        "more": ("More", "index"),
        "b": ("B", "more"),
        "a": ("A", "more"),
    }


def test_a_plain_folder_keeps_its_tree() -> None:
    files: dict[str, str | bytes] = {
        "ops/run-books/db.md": "# Data base #\n\nText\n",
        "ops/README.md": "Text.\n",
        "other/README.md": "",
        "other/db.md": "---\n\nA rule above, not front matter.\n",
    }
    bundle = read(files)
    assert tree(bundle) == {
        "ops": ("Ops", ""),
        "run-books": ("Run books", "ops"),
        "db": ("Data base", "run-books"),
        "other": ("Other", ""),
        "other-db": ("Db", "other"),
    }
    assert texts(bundle)["db"] == "Text\n"
    assert texts(bundle)["other-db"].startswith("---\n")


def test_ids_are_the_same_each_time_and_differ_between_spaces() -> None:
    first, second, elsewhere = read(PROJECT), read(PROJECT), read(PROJECT, seed="other")
    assert [page.id for page in first.pages] == [page.id for page in second.pages]
    assert not {page.id for page in first.pages} & {page.id for page in elsewhere.pages}


def test_an_imported_project_goes_round_without_change() -> None:
    first = as_zip(read(PROJECT))
    assert as_zip(read_zip(io.BytesIO(first))) == first


def test_a_folder_around_a_project_is_passed_over() -> None:
    inside = read({f"risk-main/{path}": content for path, content in PROJECT.items()})
    assert tree(inside) == tree(read(PROJECT))
    assert [page.id for page in inside.pages] == [page.id for page in read(PROJECT).pages]


def test_two_files_of_one_name_are_both_kept() -> None:
    text = "![](x/i.png) ![](y/i.png)\n\n[r]: x/i.png\n"
    bundle = read({"a.md": text, "x/i.png": b"x", "y/i.png": b"y"})
    assert bundle.pages[0].text == "![](i.png) ![](y-i.png)\n\n[r]: i.png\n"
    assert {file.name: file.read() for file in bundle.files} == {"i.png": b"x", "y-i.png": b"y"}


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.txt": "x"}, "There is no Markdown file"),
        ({"mkdocs.yml": "docs_dir: ../..\n", "a.md": ""}, "`docs_dir` leads out of the project."),
        ({"mkdocs.yml": "nav: [", "docs/a.md": ""}, "mkdocs.yml, line 2: This is not valid YAML"),
        ({"mkdocs.yml": "nav: x", "docs/a.md": ""}, "`nav` must be a list."),
        ({"mkdocs.yml": "a: &a [1]\nb: *a\n", "docs/a.md": ""}, "Aliases"),
        ({"zensical.toml": "nav = [", "docs/a.md": ""}, "This is not valid TOML"),
        ({"zensical.toml": f"nav = {'[' * 50_000}", "docs/a.md": ""}, "This is not valid TOML"),
        ({"a.md": "Gr\xfc\xdfe".encode("latin-1")}, "a.md, line 1: Byte 2 is not UTF-8"),
    ],
)
def test_projects_that_are_refused(files: dict[str, str | bytes], sentence: str) -> None:
    found = refusal(zipped(files, space=None, home=None))
    assert any(sentence in problem for problem in found), found


def test_files_that_are_missing_are_remarks() -> None:
    bundle = read({"a.md": "text\n\n![](gone.png)\n", "b.md": "![](../../etc/passwd.png)\n"})
    assert [str(warning).split(";")[0] for warning in bundle.warnings] == [
        "a.md, line 3: The file “gone.png” is missing",
        "b.md, line 1: The file “../../etc/passwd.png” is missing",
    ]


def test_a_refused_file_is_the_only_problem() -> None:
    (problem,) = refusal(zipped({"a.md": b"\xff"}, space=None, home=None))
    assert "not UTF-8" in problem


def test_ids_that_are_not_used_are_remarks() -> None:
    ours = "---\nid: aaaaaaaaaaaaaaaa\n---\nText.\n"
    bundle = read({"a.md": ours, "b.md": ours, "c.md": "---\nid: intro\n---\nText.\n"})
    assert [str(warning) for warning in bundle.warnings] == [
        "b.md: The id “aaaaaaaaaaaaaaaa” is that of a.md too and is not used. The file is found again by its path.",
        "c.md: The id “intro” is not one of this wiki and is not used. The file is found again by its path.",
    ]
    assert len({page.id for page in bundle.pages}) == 3
