"""A feeds.toml on the disk, edited: checked before and after, replaced in one step, one edit at a time."""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from aggregator.config.edit import BOM, EditError, NewSource, NewTopic, added
from aggregator.config.load import interpret, read
from aggregator.config.values import Config


class Edit:
    """An edit of one file: `config` is what the file says, additions included; nothing is written before `write`."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError where the file has any fault: what is broken is not edited."""
        self._path = path
        self.config = interpret(path, read(path))
        self._before = path.read_bytes().decode()
        self._text = self._before

    def add(self, sources: Sequence[NewSource], topics: Sequence[NewTopic] = ()) -> Config:
        """Add tables and return what the file will say. Raises EditError, or ConfigError where they are not right."""
        self._text = added(self._text, sources, topics)
        self.config = interpret(self._path, self._text.removeprefix(BOM))
        return self.config

    def write(self) -> None:
        """Replace the file in one step, with its mode and owner. A symbolic link stays, and its target is replaced."""
        if self._text == self._before:
            return
        target = self._path.resolve()
        try:
            if target.read_bytes() != self._before.encode():
                raise EditError(f"{self._path}: was changed by another program meanwhile; try again")
            _replace(target, self._text.encode())
        except OSError as error:
            raise EditError(f"{self._path}: cannot be written: {error.strerror}") from error


@contextmanager
def editing(path: Path) -> Iterator[Edit]:
    """Edit a file, alone: another edit waits until this one is done. Raises ConfigError, EditError."""
    read(path)  # which says best what is wrong with a path that leads nowhere
    try:
        handle = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise EditError(f"{path}: its folder cannot be read: {error.strerror}") from error
    try:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield Edit(path)
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(target: Path, body: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    before = target.stat()
    try:
        with temporary.open("xb") as file:
            with suppress(PermissionError):
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
