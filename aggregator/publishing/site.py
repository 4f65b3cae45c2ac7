"""The output folder: puts documents there whole or not at all, and takes away what is no longer published.

It writes below that folder and nowhere else, follows no symbolic link in it, and touches no file it was not named.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aggregator.model import Document
from aggregator.publishing.check import fault
from aggregator.publishing.folder import OutputError, attempt, is_file, is_link, opened
from aggregator.publishing.placing import placing

# Everything we publish, and nothing else, has such a name: no dots but one, no way up, no letter case to fold.
_PATH = re.compile(r"(?:[a-z0-9-]{1,64}/){0,2}[a-z0-9-]{1,64}\.(?:atom|rss|json|html|opml|css|svg)")


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
    Last-Modified. It is asked when a document's turn has come: who makes them one by one may fill it as he goes. Each
    file is replaced in one step and is on the disk when this returns. Raises OutputError.
    """
    changed: list[str] = []
    refused: list[Refused] = []
    with opened(output), placing(output) as place:
        for document in documents:
            path = _permitted(document.path)
            if place.holds(path, document.body):
                continue
            if reason := fault(document):
                refused.append(Refused(path, reason))
                continue
            place.add(path, document.body, dates.get(path))
            changed.append(path)
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


def _permitted(path: str) -> str:
    """The path. One that is not of our making is a bug of the caller: ValueError."""
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is no path of a published document")
    return path


def _target(output: Path, path: str) -> Path:
    """Where a document is."""
    target = output / _permitted(path)
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
