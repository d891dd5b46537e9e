"""Files that a stranger could send: each is refused with the file and what to do, and costs little."""

from __future__ import annotations

import io
import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from apps.wiki.text.bundle import BundleError
from apps.wiki.text.bundle_opening import open_zip
from apps.wiki.text.bundle_reading import read_folder, read_zip
from tests.wiki.text.bundles import PAGE, SPACE, page, refusal, zipped


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("../evil.md", "leads out of the bundle"),
        ("a/../../evil.md", "leads out of the bundle"),
        ("a//b.md", "has an empty part"),
        ("/etc/evil.md", "is absolute"),
        ("C:/evil.md", "is absolute"),
        ("..\\evil.md", "has a backslash"),
        ("a\rb.md", "has a control character"),
        ("../evil/", "leads out of the bundle"),
        (f"{'a' * 256}.md", "is longer than 255 bytes"),
        (f"{'a/' * 600}x.md", "longer than 1000"),
    ],
)
def test_paths_that_are_refused(path: str, sentence: str) -> None:
    (problem,) = refusal(zipped({path: b""}))
    assert sentence in problem


def test_a_name_that_is_cut_at_nul_is_refused() -> None:
    file = zipped({"evilXmd": b""})
    raw = file.getvalue().replace(b"evilXmd", b"evil\0md")
    assert "control character" in refusal(io.BytesIO(raw))[0]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_a_zip_are_refused(kind: int) -> None:
    entry = zipfile.ZipInfo("link.md")
    entry.external_attr = (kind | 0o777) << 16
    file = zipped({})
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    (problem,) = refusal(file)
    assert problem.startswith("link.md: This is ")


def test_links_and_devices_in_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "_space.yaml").write_text(SPACE)
    (tmp_path / "index.md").write_text(PAGE)
    (tmp_path / "file.md").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(BundleError) as caught:
        read_folder(tmp_path)
    assert [problem.path for problem in caught.value.problems] == ["file.md", "folder", "pipe.md"]


def test_a_file_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    for path, text in {"_space.yaml": SPACE, "index.md": PAGE, "_attachments/index/a.txt": "a"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (file,) = read_folder(tmp_path).files
    (tmp_path / "_attachments/index/a.txt").unlink()
    (tmp_path / "_attachments/index/a.txt").symlink_to("/etc/passwd")
    with pytest.raises(BundleError):
        file.read()


def zeros(path: str, megabytes: int) -> io.BytesIO:
    file = zipped({})
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(path, "w", force_zip64=False) as stream,
    ):
        for _ in range(megabytes):
            stream.write(bytes(1024 * 1024))
    file.seek(0)
    return file


@pytest.mark.parametrize("path", ["_attachments/index/zeros.bin", "zeros.md"])
def test_a_gigabyte_of_zeros_stops_early_and_takes_no_memory(path: str) -> None:
    file = zeros(path, 1024)
    tracemalloc.start()
    try:
        (problem,) = refusal(file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "larger than 20 MB" in problem or "larger than 577 KB" in problem
    assert peak < 8 * 1024 * 1024


def test_all_files_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.wiki.text.bundle_opening.LARGEST_TOTAL", 3 * 1024 * 1024)
    files = {f"_attachments/index/{number}.bin": bytes(1024 * 1024) for number in range(5)}
    (problem,) = refusal(zipped(files))
    assert "All files together are larger than 3 MB" in problem


def test_all_texts_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.wiki.text.bundle_opening.LARGEST_TEXTS", 1024 * 1024)
    files: dict[str, str | bytes] = {f"{number}.md": page(number, body="x" * 500_000) for number in range(5)}
    (problem,) = refusal(zipped(files))
    assert problem == "2.md: All texts together are larger than 1 MB. Import in parts."


def test_a_header_that_announces_less_is_not_believed() -> None:
    file = zipped({"_attachments/index/a.bin": bytes(3000)})
    raw = file.getvalue()
    lying = raw.replace((3000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != raw
    (problem,) = refusal(io.BytesIO(lying))
    assert problem.startswith("_attachments/index/a.bin: The file cannot be read; it is damaged")


def test_damage_is_named() -> None:
    raw = bytearray(zipped({"_attachments/index/a.bin": os.urandom(2000)}).getvalue())
    place = raw.index(b"a.bin") + 500
    raw[place : place + 20] = bytes(20)
    assert "damaged" in refusal(io.BytesIO(bytes(raw)))[0]


@pytest.mark.parametrize("raw", [b"", b"PK", b"not a zip" * 100, b"PK\x05\x06" + bytes(10), bytes(100_000)])
def test_what_is_no_zip_is_refused(raw: bytes) -> None:
    assert "not a zip file" in refusal(io.BytesIO(raw))[0]


@pytest.mark.parametrize("size", [50, 500, 1500])
def test_a_zip_that_was_cut_off_is_refused(size: int) -> None:
    assert refusal(io.BytesIO(zipped({"_attachments/index/a": os.urandom(2000)}).getvalue()[:size]))


def test_too_many_entries_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(20_001):
            archive.writestr(zipfile.ZipInfo(f"{number}.md"), b"")
    assert "more than 20,000 entries" in refusal(file)[0]


def test_a_long_list_of_entries_is_refused_before_it_is_read() -> None:
    raw = bytearray(zipped({}).getvalue())
    at = raw.rindex(b"PK\x05\x06")
    raw[at + 12 : at + 16] = (100 * 1024 * 1024).to_bytes(4, "little")
    with pytest.raises(BundleError, match="too many entries"):
        open_zip(io.BytesIO(bytes(raw)))


def test_encrypted_and_oddly_packed_entries_are_refused() -> None:
    raw = bytearray(zipped({}).getvalue())
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1
    assert "is encrypted" in refusal(io.BytesIO(bytes(raw)))[0]
    file = zipped({})
    with zipfile.ZipFile(file, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.md", page(1))
    assert "other than deflate" in refusal(file)[0]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_path_twice_is_refused() -> None:
    file = zipped({})
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("index.md", PAGE)
    assert refusal(file) == ["index.md: The path stands there twice."]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"---\ntitle: A\n---\nGr\xfc\xdfe", "a.md, line 4: Byte 19 is not UTF-8 (the text may be Latin-1)."),
        ("Grüße".encode("utf-16"), "a.md: Byte 0: the text is UTF-16."),
        ("Gr".encode("utf-16-le"), "a.md: Byte 1 is NUL"),
        (b"\xef\xbb\xbf\xff", "a.md, line 1: Byte 3 is not UTF-8"),
    ],
)
def test_foreign_encodings_are_named_with_their_place(data: bytes, sentence: str) -> None:
    assert refusal(zipped({"a.md": data}))[0].startswith(sentence)


def test_a_byte_order_mark_is_dropped() -> None:
    bundle = read_zip(zipped({"a.md": b"\xef\xbb\xbf" + page(1).encode()}))
    assert bundle.pages[1].title == "Title"


def test_a_file_name_that_is_not_utf_8_is_refused() -> None:
    raw = zipped({"grXXe.md": page(1)}).getvalue().replace(b"grXXe.md", b"gr\x81\xe1e.md")
    assert "The name is not UTF-8" in refusal(io.BytesIO(raw))[0]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.md": page(1), "b.md": page(1)}, "b.md: The id “page-0001” is that of a.md too."),
        ({"a/index.md": page(1), "a/x.md": page(2), "X.md": page(3)}, "is no slug"),
        ({"a/index.md": page(1), "a/x.md": page(2), "x.md": page(3)}, "The slug “x” is that of a/x.md too."),
        ({"a.md": page(1), "a/index.md": page(2)}, "a/index.md: a.md is the same page."),
        ({"a/x.md": page(1)}, "a/x.md: Its folder has no page. Add a/index.md."),
        ({"_attachments/gone/x.png": b"x"}, "There is no page gone.md"),
        ({"a.md": page(1, tags="{a: b}")}, "`tags` must be a list"),
        ({"a.md": page(1, position="'x'")}, "`position` must be a whole number"),
        ({"a.md": page(1, visibility="everybody")}, "`visibility` must be one of"),
        ({"a.md": page(1, title="'a\tb'")}, "`title`"),
        ({"a.md": "No front matter.\n"}, "a.md: The page has no title."),
        ({"a.md": "---\ntitle: open\n"}, "a.md, line 1: The front matter is not closed"),
        ({"a.md": "---\ntitle: [\n---\n"}, "a.md, line 3: This is not valid YAML"),
        ({"a.md": "---\n- a\n---\n"}, "a.md, line 2: The YAML must be a mapping"),
        ({"a.md": "---\na: &x [1]\nb: *x\n---\n"}, "a.md, line 3: Aliases"),
        ({"a.md": "---\na: !!python/name:os.system\n---\n"}, "a.md, line 2: The tag"),
        ({"a.md": f"---\na: {'[' * 5_000}\n---\n"}, "levels stand inside each other"),
        ({"a.md": f"---\na: {'x' * 70_000}\n---\n"}, "larger than 64 KB"),
        ({"a.md": '---\ntitle: "a\\0b"\n---\n'}, "NUL or half a character"),
        ({"a.md": "---\ntitle: a\ntitle: b\n---\n"}, "a.md, line 3: `title` stands there twice."),
        ({"a.md": page(1, body="x" * (512 * 1024 + 1))}, "a.md: The page is larger than 512 KB."),
        ({"a.md": page(1, body="x" * (3 * 1024 * 1024))}, "a.md: The file is larger than"),
    ],
)
def test_pages_that_are_refused(files: dict[str, str | bytes], sentence: str) -> None:
    found = refusal(zipped(files))
    assert any(sentence in problem for problem in found), found


def test_all_problems_are_told_at_once() -> None:
    found = refusal(zipped({"../x": b"", "a.md": b"\xff", "b.md": "---\ntitle: [\n---\n", "c.md": "x"}))
    assert [problem.split(":")[0].split(",")[0] for problem in found] == [
        "../x",
        "a.md",
        "b.md",
        "b.md",
        "c.md",
    ]


def test_a_thousand_problems_are_cut() -> None:
    found = refusal(zipped({f"{number}.md": b"\xff" for number in range(1_000)}))
    assert len(found) == 101
    assert found[-1].startswith("There may be more")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "![x](gone.png)\n\n    ![x](code.png)\n\n`![x](code.png)`\n",
            "a.md, line 6: The file “gone.png” is missing; the link to it is kept and leads nowhere.",
        ),
        (
            "[x][1]\n\n[1]: gone%20now.pdf\n",
            "a.md, line 8: The file “gone now.pdf” is missing; the link to it is kept and leads nowhere.",
        ),
    ],
)
def test_a_missing_attachment_is_a_remark(body: str, said: str) -> None:
    (warning,) = read_zip(zipped({"a.md": page(1, body=body)})).warnings
    assert str(warning) == said


def test_too_many_pages_are_refused_before_any_is_read() -> None:
    files: dict[str, str | bytes] = {f"{number}.md": b"\xff" for number in range(3)}
    with pytest.raises(BundleError) as refused:
        read_zip(zipped(files), most_pages=3)
    (problem,) = refused.value.problems
    assert "The zip holds 4 pages; at most 3" in problem.sentence


def test_a_link_to_a_page_that_is_not_there_is_a_warning() -> None:
    bundle = read_zip(zipped({"a.md": page(1, body="[x](gone.md) [y](folder/)\n")}))
    assert len(bundle.warnings) == 2


def test_what_systems_leave_behind_is_left_out() -> None:
    files: dict[str, str | bytes] = {
        ".git/config": b"x",
        "__MACOSX/._a.md": b"\xff",
        "a/.DS_Store": b"x",
        "x.css": b"",
    }
    bundle = read_zip(zipped(files))
    assert len(bundle.pages) == 1
    assert [str(warning) for warning in bundle.warnings] == ["x.css: Not a page; it is left out."]
