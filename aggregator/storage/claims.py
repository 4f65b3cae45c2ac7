"""Which process is polling what: claims that end with their process, however it ends.

Each running command holds a lock on one byte of `<database>.lock`; the byte's number is its owner number, written
beside what it has claimed. The system lets go of the lock when the process dies, so a claim whose owner's byte can be
locked is nobody's. No clock, no process number that another process may get.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from aggregator.storage.errors import StoreError

_MAX_OWNERS = 1_000

# The lock files that this process has a lock on. The locks are the process's: were such a file opened and closed once
# more, they would all be gone.
_ours: set[Path] = set()


class Owner:
    """One process among all that use one database. A context manager; `number` is valid inside it."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = lock_file(database)
        self._file = -1
        self.number = 0

    def __enter__(self) -> Self:
        self._file = _open(self._path)
        self.number = next((number for number in range(1, _MAX_OWNERS) if self._lock(number)), 0)
        if not self.number:
            os.close(self._file)
            raise StoreError(f"{self._database}: another copy is being put in its place; try again when that is done")
        _ours.add(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ours.discard(self._path)
        os.close(self._file)

    def alive(self, number: int) -> bool:
        """Whether the process with this owner number still runs."""
        if number == self.number:
            return True
        if not self._lock(number):
            return True
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)
        return False

    def has_company(self) -> bool:
        """Whether another process uses the database now."""
        return any(self.alive(number) for number in range(1, _MAX_OWNERS) if number != self.number)

    def _lock(self, number: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError:
            return False
        return True


@contextmanager
def sole_use(database: Path) -> Iterator[None]:
    """Keep every other command away from the database while the block lasts. Raises StoreError where one is at work."""
    path = lock_file(database)
    in_use = StoreError(f"{database}: another command is at work on it; stop it first")
    if path in _ours:
        raise in_use
    file = _open(path)
    try:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _MAX_OWNERS, 1)
        except OSError:
            raise in_use from None
        _ours.add(path)
        yield
    finally:
        _ours.discard(path)
        os.close(file)


def lock_file(database: Path) -> Path:
    """Return the file whose bytes are locked; it stays, and so tells that the database is, or was, one of ours."""
    return database.with_name(f"{database.name}.lock")


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
