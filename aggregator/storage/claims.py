"""Which process is polling what: claims that end with their process, however it ends.

Each running command holds a lock on one byte of `<database>.lock`; the byte's number is its owner number, written
beside what it has claimed. The system lets go of the lock when the process dies, so a claim whose owner's byte can be
locked is nobody's. No clock, no process number that another process may get.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

_MAX_OWNERS = 1_000


class Owner:
    """One process among all that use one database. A context manager; `number` is valid inside it."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file = -1
        self.number = 0

    def __enter__(self) -> Self:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self.number = next((number for number in range(1, _MAX_OWNERS) if self._lock(number)), 0)
        if not self.number:
            os.close(self._file)
            raise BlockingIOError(f"{self._path}: {_MAX_OWNERS} commands are running on this database")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
