"""What polls leave in the database beside items: their sources' rows and the log's, of one poll or of many at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from sqlite_utils import Database

from aggregator.storage import sources
from aggregator.storage.many import marks
from aggregator.storage.times import to_text

_AT_ONCE = 250  # rows a statement: with the columns of each fewer values than SQLite takes


@dataclass(frozen=True, slots=True)
class Logged:
    """One row of the log: how long it took in milliseconds, how many bytes came, and how many new items."""

    source: str
    at: datetime
    status: int | None
    milliseconds: int
    size: int
    new: int
    error: str | None


def write(db: Database, values: Mapping[str, object], logged: Logged) -> None:
    """Write the given columns of a source, and the row of its poll."""
    sources.update(db, logged.source, values)
    log(db, [logged])


def log(db: Database, polls: Sequence[Logged]) -> None:
    """Add the rows of some polls."""
    rows = [(one.source, to_text(one.at), one.status, one.milliseconds, one.size, one.new, one.error) for one in polls]
    db.execute(
        f"INSERT INTO polls (source, at, status, milliseconds, bytes, new_items, error) VALUES {_places(rows)}",  # noqa: S608 - question marks
        list(chain.from_iterable(rows)),
    )


def _places(rows: Sequence[Sequence[object]]) -> str:
    """Return the question marks for some rows of values."""
    return ",".join([f"({marks(rows[0])})"] * len(rows))


@dataclass(frozen=True, slots=True)
class Together:
    """Polls that are written at the end of a transaction, in two statements for all: of most there is no more to say.

    In a statement for each the writer would wait for its turn to run Python after every one of them.
    """

    db: Database
    _sources: dict[tuple[str, ...], list[list[object]]] = field(default_factory=dict)
    _log: list[Logged] = field(default_factory=list)

    def add(self, values: Mapping[str, object], logged: Logged) -> None:
        """Write these before the transaction ends; nothing in it may ask for them."""
        stored = sources.as_stored(values)
        self._sources.setdefault(tuple(stored), []).append([logged.source, *stored.values()])
        self._log.append(logged)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Write at the end of the block what was added in it, unless it raises."""
        try:
            yield
            for columns, rows in self._sources.items():
                for start in range(0, len(rows), _AT_ONCE):
                    self._update(columns, rows[start : start + _AT_ONCE])
            for start in range(0, len(self._log), _AT_ONCE):
                log(self.db, self._log[start : start + _AT_ONCE])
        finally:
            self._sources.clear()
            self._log.clear()

    def _update(self, columns: tuple[str, ...], rows: list[list[object]]) -> None:
        new = ", ".join(f"{column} = new.column{number}" for number, column in enumerate(columns, 2))
        query = f"UPDATE sources SET {new} FROM (VALUES {_places(rows)}) AS new WHERE sources.name = new.column1"  # noqa: S608 - our names
        self.db.execute(query, list(chain.from_iterable(rows)))
