"""Files that mean harm, or are merely broken: ManifestError with line and sentence, never anything else."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tooling.manifests import Manifest, ManifestError, read_manifest
from apps.tooling.manifests.requirement import LONGEST_RAW

NAMES = (
    "requirements.txt",
    "uv.lock",
    "Pipfile.lock",
    "environment.yml",
    "package.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "Dockerfile",
    "images.txt",
    "",
)
DEEP = 200_000


def refused(content: bytes, name: str = "") -> ManifestError:
    with pytest.raises(ManifestError) as error:
        read_manifest(content, name)
    found = error.value
    assert found.status == 422 and found.code == "unreadable" and found.problems
    assert all(each.line >= 1 and each.sentence.endswith((".", "!")) for each in found.problems)
    assert found.detail.isprintable()
    return found


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        (b"numpy\n\x00", "", 2),
        (b"numpy\n\n\x1b[31mred", "requirements.txt", 3),
        (b"numpy\n\xff\xfe\xfa", "", 2),
        (b"numpy\n" + "pаndas==1".encode(), "", 2),
        ("ｎｕｍｐｙ".encode(), "", 1),
        ("num\u200bpy==1".encode(), "", 1),
        (b"a" * 5000, "requirements.txt", 1),
        (b"numpy==\n>=1\n;;", "requirements.txt", 1),
        (b"x; " + b"(" * 9000, "requirements.txt", 1),
        (b'{"dependencies": {"a": "1.0.0"', "package.json", 1),
        (b'{\n"dependencies": {\n"a": }', "package.json", 3),
        (b"[1, 2]", "package.json", 1),
        (b'{"a": NaN}', "package.json", 1),
        (b'{"dependencies": {"a": "1", "a": "2"}}', "package.json", 1),
        (b'{"dependencies": {\n"\\u001b[2J": "1.0.0"}}', "package.json", 2),
        (b'{"dependencies": {\n"\\ud800": "1.0.0"}}', "package.json", 2),
        (b'{"dependencies": {"a": 1}}', "package.json", 1),
        (b'{"dependencies": []}', "package.json", 1),
        (b'{"packages": {"node_modules/a": 7}}', "package-lock.json", 1),
        (b'{"a":' * DEEP, "package.json", 1),
        (b"[" * DEEP, "package-lock.json", 1),
        (b"a = " + b"[" * 50_000, "uv.lock", 1),
        (b"[[package]]\nname = 1", "uv.lock", 1),
        (b"package = 1", "poetry.lock", 1),
        (b"[[package]]\nname = ", "uv.lock", 2),
        (b"a: &x [1]\ndependencies: [*x]", "environment.yml", 1),
        (b"dependencies:\n  - !!python/object/apply:os.system [id]", "environment.yml", 2),
        (b"dependencies: " + b"[" * 5000, "environment.yml", 1),
        (b"dependencies:\n\t- a", "environment.yml", 2),
        (b"name: x", "environment.yml", 1),
        (b"", "environment.yml", 1),
        (b"dependencies:\n- a\n- {conda: [x]}", "environment.yml", 3),
        (b"packages:\n  what is this:", "pnpm-lock.yaml", 2),
        (b"packages:\n  " + b"a:" * 500_000, "pnpm-lock.yaml", 2),
        (b"ghcr.io/a:1.0.0\nnot an image", "images.txt", 2),
        (b"FROM a b c", "Dockerfile", 1),
        (b"x" * (10 * 1024 * 1024 + 1), "", 1),
    ],
)
def test_is_refused_with_its_line(content: bytes, name: str, line: int) -> None:
    assert refused(content, name).problems[0].line == line


@pytest.mark.parametrize("end", "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
@pytest.mark.parametrize("name", ["requirements.txt", "environment.yml", "images.txt", "Dockerfile"])
def test_no_package_hides_behind_a_line_end_that_only_some_readers_know(end: str, name: str) -> None:
    error = refused(f"numpy==1\nmlflow==2.14 # x{end}wandb==0.1\n".encode(), name)
    assert error.problems[0].line == 2 and f"U+{ord(end):04X}" in error.problems[0].sentence


def test_a_comment_makes_pip_read_no_other_file_than_was_judged() -> None:
    error = refused(b"# -*- coding: utf-7 -*-\nmlflow==2.14 # x+AAo-wandb==0.1\n", "requirements.txt")
    assert error.problems[0].line == 1 and "utf-7" in error.problems[0].sentence
    assert len(read_manifest(b"# coding: utf-8\nmlflow==2.14\n", "requirements.txt").requirements) == 1


LOCKS: list[tuple[str, object, int]] = [
    ("package-lock.json", {"lockfileVersion": 3}, 1),
    ("package-lock.json", {"lockfileVersion": 3, "packages": ["x"]}, 3),
    ("package-lock.json", {"lockfileVersion": 3, "packages": "x"}, 3),
    ("package-lock.json", {"lockfileVersion": 3, "packages": None, "dependencies": {}}, 3),
    ("package-lock.json", {"lockfileVersion": 1, "dependencies": ["x"]}, 3),
    ("package-lock.json", {"dependencies": {"a": {"version": "1.0.0", "dependencies": ["b"]}}}, 5),
    ("Pipfile.lock", {}, 1),
    ("Pipfile.lock", {"_meta": {}}, 1),
    ("Pipfile.lock", {"default": ["wandb"], "develop": 3}, 2),
    ("Pipfile.lock", {"default": {}, "develop": 3}, 3),
]


@pytest.mark.parametrize(("name", "lock", "line"), LOCKS)
def test_a_lock_of_another_shape_is_not_an_empty_one(name: str, lock: object, line: int) -> None:
    assert refused(json.dumps(lock, indent=1).encode(), name).problems[0].line == line


@pytest.mark.parametrize(
    ("name", "lock"),
    [
        ("package-lock.json", {"lockfileVersion": 3, "packages": {}}),
        ("package-lock.json", {"lockfileVersion": 1, "dependencies": {}}),
        ("Pipfile.lock", {"_meta": {}, "default": {}, "develop": {}}),
    ],
)
def test_an_empty_lock_asks_for_nothing(name: str, lock: object) -> None:
    assert read_manifest(json.dumps(lock).encode(), name).requirements == ()


def test_a_category_of_pipenv_hides_nothing() -> None:
    lock = {"_meta": {}, "default": {}, "docs": {"wandb": {"version": "==0.1"}}}
    assert [each.name for each in read_manifest(json.dumps(lock).encode(), "Pipfile.lock").requirements] == [
        "wandb"
    ]


def test_all_unreadable_lines_are_told_at_once() -> None:
    error = refused(b"numpy\n<<\nray\n>>\n", "requirements.txt")
    assert [each.line for each in error.problems] == [2, 4]
    assert error.extra["problems"][1]["line"] == 4


def test_a_file_of_bad_lines_stops_early() -> None:
    assert len(refused(b"<<\n" * 100_000, "requirements.txt").problems) == 100


def test_a_number_of_a_million_digits_costs_nothing() -> None:
    number = b"9" * 1_000_000
    manifest = read_manifest(b'{"x": ' + number + b', "dependencies": {"a": "1.0.0"}}', "package.json")
    assert len(manifest.requirements) == 1
    refused(b"x = " + number, "uv.lock")


def test_spellings_of_one_name_are_one_name() -> None:
    manifest = read_manifest(b"Foo.Bar\nfoo__bar\nFOO-.-bar")
    assert {each.name for each in manifest.requirements} == {"foo-bar"}


def test_what_a_report_shows_of_a_line_is_short_and_printable() -> None:
    long = b"numpy ; python_version > '" + b"3" * 4000 + b"'"
    raw = read_manifest(long, "requirements.txt").requirements[0].raw
    assert len(raw) <= LONGEST_RAW and raw.isprintable()


def judged(content: bytes, name: str) -> None:
    try:
        manifest = read_manifest(content, name)
    except ManifestError as error:
        problems = error.problems
    else:
        problems = manifest.problems
        lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        assert all(1 <= each.line <= lines for each in manifest.requirements)
        assert all(each.name.isascii() and each.name.isprintable() for each in manifest.requirements)
    assert all(each.line >= 1 for each in problems)


@settings(max_examples=400, deadline=None)
@given(content=st.binary(max_size=300), name=st.sampled_from(NAMES))
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    judged(content, name)


WORDS = (
    *(
        '"',
        "'",
        "{",
        "}",
        "[",
        "]",
        "[[package]]",
        ":",
        ",",
        "\n",
        " ",
        "  ",
        "\\",
        "#",
        "=",
        "==",
        "@",
        "/",
        "- ",
    ),
    *(
        "name",
        "version",
        "dependencies",
        "packages",
        "packages:",
        "node_modules/",
        "default",
        '"1.0.0"',
        "1.0.0",
    ),
    *(
        "FROM",
        "AS",
        "$X",
        "-r",
        "-e",
        "git+",
        ".whl",
        "a",
        "b-1",
        "npm:",
        "&a",
        "*a",
        "!!x",
        "sha256:",
        "null",
        "é",
    ),
)


@settings(max_examples=600, deadline=None)
@given(parts=st.lists(st.sampled_from(WORDS), max_size=40), name=st.sampled_from(NAMES))
def test_any_words_of_these_formats_are_read_or_refused(parts: list[str], name: str) -> None:
    judged("".join(parts).encode(), name)


keys = st.sampled_from(
    (
        "dependencies",
        "packages",
        "default",
        "develop",
        "version",
        "name",
        "node_modules/a",
        "a",
        "link",
        "_meta",
    )
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=4),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(
    document=st.dictionaries(keys, anything, max_size=4),
    name=st.sampled_from(("package.json", "package-lock.json", "Pipfile.lock", "environment.yml", "")),
)
def test_any_document_is_read_or_refused(document: dict[str, object], name: str) -> None:
    judged(json.dumps(document, indent=1).encode(), name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "unit",
    [b"a/", b"a-", b" -", b"a ", b"\\\n", b"@a", b":a", b"#", b"a:a@", b"[a", b"'a", b"=", b"- a\n", b"\n"],
)
def test_repetition_takes_no_more_time_than_its_length(name: str, unit: bytes) -> None:
    """Nothing here grows by the square: that would be minutes."""
    begin = time.perf_counter()
    judged(unit * (300_000 // len(unit)), name)
    assert time.perf_counter() - begin < 20


def test_the_largest_lock_is_read_to_its_end() -> None:
    text = "".join(f'[[package]]\nname = "p{number}"\nversion = "1.{number}"\n\n' for number in range(5_000))
    manifest: Manifest = read_manifest(text.encode(), "poetry.lock")
    last = manifest.requirements[-1]
    assert (last.name, last.version, last.line) == ("p4999", "1.4999", 19_997)
