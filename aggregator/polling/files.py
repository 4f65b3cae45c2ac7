"""Which files a path source has, and which of them have changed since they were read. It opens none that has not."""

import glob
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aggregator.digest import digest
from aggregator.model import FileState


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that is new or has changed, with its bytes, or with the reason for which it could not be read."""

    state: FileState
    body: bytes = b""
    error: str = ""


@dataclass(frozen=True, slots=True)
class FilesFound:
    """The files of a source: how many there are, those that changed, and those that are no longer there."""

    present: int
    changed: tuple[ChangedFile, ...]
    missing: frozenset[str]


def find_files(path: str, known: Mapping[str, FileState], max_bytes: int) -> FilesFound:
    """Look through the folder (with those in it), the one file or the glob at `path`. Raises OSError for none."""
    root = Path(path)
    there = {_name(file, root): file for file in _files(root, path)}
    if not there and not root.is_dir() and not glob.has_magic(path):
        raise FileNotFoundError(f"{path}: there is no such file or folder")
    changed = tuple(
        _read(name, file, max_bytes) for name, file in sorted(there.items()) if _has_changed(file, known.get(name))
    )
    return FilesFound(len(there), changed, frozenset(known.keys() - there.keys()))


def _files(root: Path, path: str) -> Iterator[Path]:
    if root.is_file():
        yield root
    elif root.is_dir():
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (Path(folder, name) for name in names if not name.startswith("."))
    else:
        matches = glob.iglob(path, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        yield from (Path(name) for name in matches if Path(name).is_file())


def _name(file: Path, root: Path) -> str:
    """What a file is called in messages and in the database: its path below the source's folder."""
    return file.relative_to(root).as_posix() if file != root and file.is_relative_to(root) else file.name


def _has_changed(file: Path, before: FileState | None) -> bool:
    if before is None:
        return True
    try:
        stat = file.stat()
    except OSError:
        return True
    return (stat.st_size, stat.st_mtime_ns) != (before.size, before.modified)


def _read(name: str, file: Path, max_bytes: int) -> ChangedFile:
    try:
        with file.open("rb") as opened:
            stat = os.fstat(opened.fileno())
            body = opened.read(max_bytes + 1)
    except OSError as error:
        return ChangedFile(FileState(name, -1, 0, b""), error=f"cannot be read: {error.strerror}")
    state = FileState(name, stat.st_size, stat.st_mtime_ns, digest(body))
    if len(body) > max_bytes:
        return ChangedFile(state, error=f"is larger than max_bytes ({max_bytes:,} bytes)")
    return ChangedFile(state, body)
