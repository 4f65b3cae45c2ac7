"""Files on their way into the output folder: written beside their targets, on the disk, and only then renamed.

Folders are opened once, never by way of a symbolic link, and files are reached through them: whoever exchanges a folder
meanwhile leads nothing of ours elsewhere. Decides nothing about what is written.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path

from aggregator.publishing.folder import TEMPORARY, OutputError, is_link, trouble_at

_AT_ONCE = 1_000  # files that wait beside their targets
_FEW = 16  # files that are flushed one by one
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_OLD = os.O_RDONLY | os.O_NOFOLLOW
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@contextmanager
def placing(output: Path) -> Iterator["Placing"]:
    """Files on their way into this folder, which is there and locked; all are in their place and flushed at the end.

    Where the block fails, those that wait are taken away again. Raises OutputError.
    """
    place = Placing(output)
    try:
        yield place
        place.settle()
    finally:
        place.close()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file beside its target; `folder` is the handle of the folder both are in."""

    target: Path
    folder: int
    temporary: str


class Placing:
    """What `placing` gives; paths are those of published documents, below the output folder."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._token = secrets.token_hex(8)
        self._handles: dict[str, int] = {}
        self._touched: set[str] = set()
        self._waiting: list[_Waiting] = []

    def holds(self, path: str, body: bytes) -> bool:
        """Whether the file is there with these very bytes."""
        folder, _, name = path.rpartition("/")
        handle = self._open(folder)
        with trouble_at(self._output / path):
            found = _file(handle, name)
            return found is not None and found.st_size == len(body) and _read(handle, name) == body

    def add(self, path: str, body: bytes, changed: datetime | None) -> None:
        """Write beside the target what is to be renamed over it, so that a reader sees the old file or the new one."""
        folder, _, name = path.rpartition("/")
        handle, target = self._made(folder), self._output / path
        one = _Waiting(target, handle, f"{TEMPORARY}{self._token}-{len(self._waiting)}")
        self._waiting.append(one)
        self._touched.add(folder)
        with trouble_at(target):
            _save(one, body, _time(_file(handle, name), changed))
        if len(self._waiting) == _AT_ONCE:
            self._put_in_place()

    def settle(self) -> None:
        """Put all that waits in its place, and see to it that it lasts."""
        self._put_in_place()
        for folder in sorted(self._touched):
            with trouble_at(self._output / folder):
                os.fsync(self._handles[folder])
        self._touched.clear()

    def close(self) -> None:
        """Take away what is not in its place, and let go of the folders."""
        for one in self._waiting:
            with suppress(OSError):
                os.unlink(one.temporary, dir_fd=one.folder)
        for handle in self._handles.values():
            os.close(handle)

    def _put_in_place(self) -> None:
        """Renames what waits, once its bytes are on the disk: a crash leaves no name without its bytes."""
        if len(self._waiting) > _FEW:
            os.sync()  # one for all: to flush ten thousand files one by one takes minutes
        elif len(self._waiting) > 1:
            with ThreadPoolExecutor(_FEW) as threads:  # what the file system writes for one it writes for all
                list(threads.map(_flush, self._waiting))
        else:
            list(map(_flush, self._waiting))
        for one in self._waiting:
            with trouble_at(one.target):
                os.rename(one.temporary, one.target.name, src_dir_fd=one.folder, dst_dir_fd=one.folder)
        self._waiting.clear()

    def _made(self, folder: str) -> int:
        """The handle of a folder, which is made where it is missing."""
        if (handle := self._open(folder)) is not None:
            return handle
        above, _, name = folder.rpartition("/")
        with trouble_at(self._output / folder):
            os.mkdir(name, dir_fd=self._made(above))
        self._touched.add(above)
        return self._made(folder)

    def _open(self, folder: str) -> int | None:
        """The handle of a folder below the output folder, or of that one (""); None where it is not there."""
        if (known := self._handles.get(folder)) is not None:
            return known
        parent, _, name = folder.rpartition("/")
        above = self._open(parent) if folder else None
        if folder and above is None:
            return None
        path = self._output / folder
        if folder and is_link(path):
            raise OutputError(f"{path} is a symbolic link, which is not followed: replace it with a folder")
        with trouble_at(path), suppress(FileNotFoundError):
            handle = os.open(name, _FOLDER, dir_fd=above) if folder else os.open(path, _FOLDER & ~os.O_NOFOLLOW)
            self._handles[folder] = handle
        return self._handles.get(folder)


def _file(folder: int | None, name: str) -> os.stat_result | None:
    """What is known of a regular file; None where there is none, be it that something else has the name."""
    if folder is None:
        return None
    with suppress(FileNotFoundError):
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        return found if stat.S_ISREG(found.st_mode) else None
    return None


def _read(folder: int | None, name: str) -> bytes:
    with FileIO(os.open(name, _OLD, dir_fd=folder)) as file:
        return file.read()


def _save(one: _Waiting, body: bytes, when: float | None) -> None:
    with FileIO(os.open(one.temporary, _NEW, 0o666, dir_fd=one.folder), "w") as file:
        left = memoryview(body)
        while left:
            left = left[file.write(left) :]
        if when is not None:
            os.utime(file.fileno(), (when, when))


def _flush(one: _Waiting) -> None:
    with trouble_at(one.target):
        file = os.open(one.temporary, os.O_RDONLY, dir_fd=one.folder)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _time(old: os.stat_result | None, changed: datetime | None) -> float | None:
    """The modification time for new bytes: the document's own date, yet later than that of the bytes it replaces.

    An item that leaves a feed changes its bytes and not its date; who asks by If-Modified-Since must still be told.
    """
    if changed is None:
        return None
    return max(changed.timestamp(), int(old.st_mtime) + 1 if old else 0)
