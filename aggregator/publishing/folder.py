"""The output folder as a place: locked while it is written, swept of what a killed publisher left, flushed at the end.

Any trouble the system makes becomes an `OutputError` that says which path it was and what to do.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from aggregator.disk import flush
from aggregator.errors import UserError

TEMPORARY = ".publishing-"

_REMEDIES = {
    errno.ENOSPC: "the disk is full. Free some space, then run `aggregator publish`",
    errno.EDQUOT: "your disk quota is used up. Free some space, then run `aggregator publish`",
    errno.EROFS: "the file system is read-only. Make it writable, or set another `output` under [site]",
    errno.EACCES: "permission denied. Let this user write there, or set another `output` under [site]",
    errno.EPERM: "permission denied. Let this user write there, or set another `output` under [site]",
    errno.EEXIST: "a file is where a folder must be. Move it away",
    errno.ENOTDIR: "a file is where a folder must be. Move it away",
    errno.EISDIR: "a folder is where the file must be. Move it away",
}

# The folders that this process has swept: what is half written in them later is its own, and it takes that away itself.
_swept: set[Path] = set()

T = TypeVar("T")


class OutputError(UserError):
    """The output folder cannot be written; the message names the path and a remedy. What was there is still there."""


@contextmanager
def opened(output: Path) -> Iterator[set[Path]]:
    """The folder, made if need be and locked against a second publisher.

    The folders that are put into the set are flushed to the disk at the end, so that the renames in them last.
    """
    attempt(output, lambda folder: folder.mkdir(parents=True, exist_ok=True))
    handle = attempt(output, _open)
    touched: set[Path] = set()
    try:
        if _locked(handle) and output not in _swept:
            _sweep(output)
            _swept.add(output)
        yield touched
        for folder in sorted(touched):
            attempt(folder, flush)
    finally:
        os.close(handle)


def attempt(path: Path, step: Callable[[Path], T]) -> T:
    """`step(path)`; an OSError becomes an OutputError that names the path and a remedy."""
    with trouble_at(path):
        return step(path)


@contextmanager
def trouble_at(path: Path) -> Iterator[None]:
    """An OSError in the block becomes an OutputError that names the path and a remedy."""
    try:
        yield
    except OSError as trouble:
        remedy = _REMEDIES.get(trouble.errno or 0, f"{trouble.strerror or trouble}. Look after it")
        raise OutputError(f"{path} cannot be written: {remedy}.") from trouble


def is_file(path: Path) -> bool:
    """Whether a regular file is there; a symbolic link to one is none."""
    mode = attempt(path, _mode)
    return stat.S_ISREG(mode)


def is_link(path: Path) -> bool:
    """Whether a symbolic link is there, whatever it points at."""
    return stat.S_ISLNK(attempt(path, _mode))


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def _locked(folder: int) -> bool:
    """Waits for the lock, which the system drops when a process dies. Some network file systems have none."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


def _sweep(output: Path) -> None:
    """Removes what a publisher that was killed left half written: under the lock, none of it can be in use."""
    for folder in (output, *_below(output, 2)):
        for orphan in folder.glob(f"{TEMPORARY}*"):
            if is_file(orphan):
                attempt(orphan, Path.unlink)


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """The real folders below; one that may not be read is none of ours."""
    if not depth:
        return
    with suppress(PermissionError), os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                yield Path(entry.path)
                yield from _below(Path(entry.path), depth - 1)
