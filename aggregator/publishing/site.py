"""The output folder: puts documents there whole or not at all, and takes away what is no longer published.

It writes below that folder and nowhere else, follows no symbolic link in it, and touches no file it was not named.
"""

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from aggregator.model import Document
from aggregator.publishing.check import fault
from aggregator.publishing.folder import TEMPORARY, OutputError, attempt, is_file, is_link, opened

# Everything we publish, and nothing else, has such a name: no dots but one, no way up, no letter case to fold.
_PATH = re.compile(r"(?:[a-z0-9-]{1,64}/){0,2}[a-z0-9-]{1,64}\.(?:atom|rss|json|html|opml|css|svg)")


_AT_ONCE = 1_000  # files that wait beside their targets
_FEW = 16  # files that are flushed one by one


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that did not pass our own check: the last good one stays in its place."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """What `write` did: the paths whose bytes are new, and the documents it refused."""

    changed: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


def write(output: Path, documents: Iterable[Document], *, dates: Mapping[str, datetime]) -> Written:
    """Brings the folder to hold these documents; a file whose bytes are the same already is left alone.

    `dates` gives, by path, when a document last changed: it becomes the file's modification time, which HTTP serves as
    Last-Modified. Each file is replaced in one step and is on the disk when this returns. Raises OutputError.
    """
    changed: list[str] = []
    refused: list[Refused] = []
    waiting: list[tuple[Path, Path]] = []
    with opened(output) as touched:
        try:
            for document in documents:
                target = _target(output, document.path)
                if _holds(target, document.body):
                    continue
                if reason := fault(document):
                    refused.append(Refused(document.path, reason))
                    continue
                attempt(target.parent, lambda folder: folder.mkdir(parents=True, exist_ok=True))
                _write_beside(target, document.body, dates.get(document.path), waiting)
                touched.update(_folders(output, target))
                changed.append(document.path)
                if len(waiting) == _AT_ONCE:
                    _put_in_place(waiting)
            _put_in_place(waiting)
        finally:
            for _, temporary in waiting:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
    return Written(tuple(changed), tuple(refused))


def remove(output: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Takes away these documents, which the caller knows to be ours, and folders left empty; returns those it found.

    The caller keeps the list of what was published; what of it is published no longer is what may be named here.
    Raises OutputError.
    """
    removed = []
    with opened(output) as touched:
        for path in sorted(set(paths)):
            target = _target(output, path)
            if is_file(target):
                attempt(target, Path.unlink)
                removed.append(path)
                touched.update(_left(output, target))
    return tuple(removed)


def _target(output: Path, path: str) -> Path:
    """Where a document goes. A path that is not of our making is a bug of the caller: ValueError."""
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is no path of a published document")
    target = output / path
    for folder in _folders(output, target)[:-1]:
        if is_link(folder):
            raise OutputError(f"{folder} is a symbolic link, which is not followed: replace it with a folder")
    return target


def _folders(output: Path, target: Path) -> tuple[Path, ...]:
    """The folders from the one the document is in up to the output folder itself."""
    return tuple(target.parents[: len(target.relative_to(output).parts)])


def _left(output: Path, target: Path) -> tuple[Path, ...]:
    """The folders to flush after the document went: those that became empty go too."""
    folders = _folders(output, target)
    while folders[0] != output and not any(folders[0].iterdir()):
        attempt(folders[0], Path.rmdir)
        folders = folders[1:]
    return folders


def _holds(target: Path, body: bytes) -> bool:
    if not is_file(target) or target.lstat().st_size != len(body):
        return False
    return attempt(target, Path.read_bytes) == body


def _write_beside(target: Path, body: bytes, changed: datetime | None, waiting: list[tuple[Path, Path]]) -> None:
    """Writes beside the target what is to be renamed over it, so that a reader sees the old file or the new one."""
    temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    waiting.append((target, temporary))
    attempt(target, lambda _: _save(temporary, body, _time(target, changed)))


def _put_in_place(waiting: list[tuple[Path, Path]]) -> None:
    """Renames what waits, once its bytes are on the disk: a crash leaves no name without its bytes."""
    if len(waiting) > _FEW:
        os.sync()  # one for all: to flush ten thousand files one by one takes minutes
    else:
        for target, temporary in waiting:
            attempt(target, partial(_flush, temporary))
    for target, temporary in waiting:
        attempt(target, temporary.replace)
    waiting.clear()


def _save(temporary: Path, body: bytes, when: float | None) -> None:
    with temporary.open("xb") as file:
        file.write(body)
    if when is not None:
        os.utime(temporary, (when, when))


def _flush(file: Path, _target: Path) -> None:
    number = os.open(file, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _time(target: Path, changed: datetime | None) -> float | None:
    """The modification time for new bytes: the document's own date, yet later than that of the bytes it replaces.

    An item that leaves a feed changes its bytes and not its date; who asks by If-Modified-Since must still be told.
    """
    if changed is None:
        return None
    before = int(target.lstat().st_mtime) + 1 if is_file(target) else 0
    return max(changed.timestamp(), before)
