"""The output folder: whole files or none, only what changed, and nothing outside of it."""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from publishing_samples import ENTRIES, NOON, SITE, TOPIC, topic_documents

from aggregator.model import Document
from aggregator.publishing.folder import OutputError
from aggregator.publishing.opml import render_opml
from aggregator.publishing.site import Refused, Written, remove, write

CSS, OTHER = Document("style.css", b"a {}\n"), Document("style.css", b"b {}\n")
ARCHIVED = Document("news/archive/2026-09.atom", topic_documents(*ENTRIES)["atom"])


def files(folder: Path) -> set[str]:
    """All files below a folder, hidden ones too."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_documents_are_written_where_they_belong(tmp_path: Path) -> None:
    """The folder and those in it are made; the result names what changed."""
    output = tmp_path / "a" / "public"
    assert write(output, [CSS, ARCHIVED], dates={}) == Written(("style.css", "news/archive/2026-09.atom"))
    assert (output / "news/archive/2026-09.atom").read_bytes() == ARCHIVED.body
    assert files(output) == {"style.css", "news/archive/2026-09.atom"}


def test_what_is_the_same_is_left_alone(tmp_path: Path) -> None:
    """Equal bytes are not written again: the file keeps its inode and its time."""
    write(tmp_path, [CSS], dates={})
    before = (tmp_path / "style.css").stat()
    assert write(tmp_path, [CSS], dates={"style.css": NOON}) == Written()
    after = (tmp_path / "style.css").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_is_replaced_and_never_written_into(tmp_path: Path) -> None:
    """Who has the old file open reads the old file to its end; a hard link to it keeps the old bytes."""
    write(tmp_path, [CSS], dates={})
    os.link(tmp_path / "style.css", tmp_path / "kept")
    with (tmp_path / "style.css").open("rb") as opened:
        assert write(tmp_path, [OTHER], dates={}).changed == ("style.css",)
        assert opened.read() == CSS.body
    assert (tmp_path / "kept").read_bytes() == CSS.body
    assert (tmp_path / "style.css").read_bytes() == OTHER.body


def test_a_file_is_dated_by_what_is_in_it(tmp_path: Path) -> None:
    """Last-Modified comes from the feed's own date; new bytes of the same date are a second newer than the old."""
    write(tmp_path, [CSS], dates={"style.css": NOON})
    assert (tmp_path / "style.css").stat().st_mtime == NOON.timestamp()
    write(tmp_path, [OTHER], dates={"style.css": NOON - timedelta(days=1)})
    assert (tmp_path / "style.css").stat().st_mtime == NOON.timestamp() + 1


def test_a_faulty_document_does_not_replace_a_good_one(tmp_path: Path) -> None:
    """It is named with its fault; the last good one stays, and the others are written."""
    good = Document("news.atom", topic_documents(*ENTRIES)["atom"])
    write(tmp_path, [good], dates={})
    written = write(tmp_path, [Document("news.atom", b"<feed>"), CSS], dates={})
    assert written.changed == ("style.css",)
    assert [refused.path for refused in written.refused] == ["news.atom"]
    assert isinstance(written.refused[0], Refused)
    assert (tmp_path / "news.atom").read_bytes() == good.body


@pytest.mark.parametrize(
    "path",
    [
        "../style.css",
        "/etc/style.css",
        "a/../../style.css",
        "./style.css",
        "a//style.css",
        "a/b/c/style.css",
        "Style.css",
        "style.py",
        ".style.css",
        "a\x00.css",
        "ä.css",
        "style.css\n",
        "a" * 65 + ".css",
        "",
    ],
)
def test_no_path_leads_out(path: str, tmp_path: Path) -> None:
    """Only names of our own making are written or removed; anything else is a bug and says so."""
    output = tmp_path / "public"
    with pytest.raises(ValueError, match="no path of a published document"):
        write(output, [Document(path, CSS.body)], dates={})
    with pytest.raises(ValueError, match="no path of a published document"):
        remove(output, [path])
    assert files(tmp_path) == set()


def test_a_symbolic_link_to_a_file_is_not_followed(tmp_path: Path) -> None:
    """The link is replaced, what it pointed at is not touched, not even where the bytes are equal."""
    outside, output = tmp_path / "outside", tmp_path / "public"
    outside.write_bytes(CSS.body)
    output.mkdir()
    (output / "style.css").symlink_to(outside)
    assert write(output, [CSS], dates={}).changed == ("style.css",)
    assert not (output / "style.css").is_symlink()
    (output / "icon.svg").symlink_to(outside)
    assert remove(output, ["icon.svg"]) == ()
    assert outside.read_bytes() == CSS.body


def test_a_symbolic_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    """Neither to write through it nor to remove through it; the message says what to do."""
    outside, output = tmp_path / "outside", tmp_path / "public"
    (outside / "archive").mkdir(parents=True)
    (outside / "archive/2026-09.atom").write_bytes(b"mine")
    output.mkdir()
    (output / "news").symlink_to(outside)
    with pytest.raises(OutputError, match=r"news is a symbolic link.*replace it with a folder"):
        write(output, [ARCHIVED], dates={})
    with pytest.raises(OutputError, match="symbolic link"):
        remove(output, [ARCHIVED.path])
    assert (outside / "archive/2026-09.atom").read_bytes() == b"mine"


def test_a_folder_that_is_exchanged_leads_nowhere_else(tmp_path: Path) -> None:
    """Who puts a symbolic link in a folder's place while documents are written gets none of them."""
    outside, output = tmp_path / "outside", tmp_path / "public"
    outside.mkdir()

    def documents() -> Iterator[Document]:
        yield ARCHIVED
        (output / "news/archive").rename(output / "news/moved")
        (output / "news/archive").symlink_to(outside)
        yield Document("news/archive/2026-10.atom", ARCHIVED.body)

    write(output, documents(), dates={})
    assert files(outside) == set()
    assert files(output / "news/moved") == {"2026-09.atom", "2026-10.atom"}


def test_many_documents_are_written_like_few(tmp_path: Path) -> None:
    """More than are flushed one by one, in several folders: all are there, whole and dated."""
    documents = [Document(f"t{number % 3}/d{number}.css", f"{number}".encode()) for number in range(1_100)]
    assert len(write(tmp_path, documents, dates={one.path: NOON for one in documents}).changed) == 1_100
    assert {(tmp_path / one.path).read_bytes() for one in documents} == {one.body for one in documents}
    assert {(tmp_path / one.path).stat().st_mtime for one in documents} == {NOON.timestamp()}
    assert files(tmp_path) == {one.path for one in documents}


def test_what_a_killed_publisher_left_is_swept_away(tmp_path: Path) -> None:
    """Half-written files go at the next start, in the folders below too; files of others and elsewhere stay."""
    outside, output = tmp_path / "outside", tmp_path / "public"
    for folder in (outside, output, output / "items"):
        folder.mkdir()
        (folder / ".publishing-0123").write_bytes(b"half")
    (output / "linked").symlink_to(outside)
    (output / ".htaccess").write_bytes(b"mine")
    write(output, [], dates={})
    assert files(tmp_path) == {"outside/.publishing-0123", "public/.htaccess"}


def test_only_one_publisher_works_at_a_time(tmp_path: Path) -> None:
    """The folder is locked while it is written, so that nobody sweeps away what another is writing."""

    def documents() -> Iterator[Document]:
        handle = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        yield CSS

    assert write(tmp_path, documents(), dates={}).changed == ("style.css",)


def test_removed_documents_leave_no_empty_folder(tmp_path: Path) -> None:
    """What the caller names goes, with the folders that become empty; what is not there is passed over."""
    write(tmp_path, [CSS, ARCHIVED], dates={})
    (tmp_path / "mine.html").write_bytes(b"mine")
    assert remove(tmp_path, [ARCHIVED.path, "gone.atom", "gone/archive/2026-09.atom"]) == (ARCHIVED.path,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.html", "style.css"]


def test_a_folder_with_something_else_in_it_stays(tmp_path: Path) -> None:
    """Files that are not ours are never touched."""
    write(tmp_path, [ARCHIVED], dates={})
    (tmp_path / "news/archive/notes.txt").write_bytes(b"mine")
    remove(tmp_path, [ARCHIVED.path])
    assert files(tmp_path) == {"news/archive/notes.txt"}


def _failing(number: int) -> Callable[..., None]:
    def fail(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(28, "disk is full. Free some space"), (30, "read-only"), (13, "permission denied"), (5, "Input/output error")],
)
def test_trouble_with_the_disk_keeps_the_last_good_file(
    number: int, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the file and what to do; the old file is whole, and nothing half-written is left."""
    write(tmp_path, [CSS], dates={})
    monkeypatch.setattr("os.fsync", _failing(number))
    with pytest.raises(OutputError, match=rf"style\.css cannot be written: .*{remedy}"):
        write(tmp_path, [OTHER], dates={})
    monkeypatch.undo()
    assert (tmp_path / "style.css").read_bytes() == CSS.body
    assert files(tmp_path) == {"style.css"}


def test_an_output_that_is_no_folder_says_so(tmp_path: Path) -> None:
    """A file in the place of the folder is named with the remedy."""
    (tmp_path / "public").write_bytes(b"mine")
    with pytest.raises(OutputError, match="public cannot be written: a file is where a folder must be"):
        write(tmp_path / "public", [CSS], dates={})
    (tmp_path / "news").write_bytes(b"mine")
    with pytest.raises(OutputError, match="a file is where a folder must be"):
        write(tmp_path, [ARCHIVED], dates={})


def test_files_can_be_served_by_another_user(tmp_path: Path) -> None:
    """Published files have the permissions that the umask gives any file, not those of a temporary one."""
    before = os.umask(0o022)
    try:
        write(tmp_path, [CSS], dates={})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "style.css").stat().st_mode) == 0o644


def test_a_whole_site_is_written_once(tmp_path: Path) -> None:
    """Publishing again what has not changed touches no file."""
    documents = [Document(f"russia-us.{form}", body) for form, body in topic_documents(*ENTRIES).items()]
    documents.append(render_opml(SITE, [TOPIC]))
    assert len(write(tmp_path, documents, dates={}).changed) == 5
    assert write(tmp_path, documents, dates={}) == Written()
