"""Outcomes of polls on their way into the database: several to a transaction, and none lost where it cannot be written.

What is written of each, the engine knows.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from time import monotonic
from typing import TypeVar

from aggregator.errors import UserError
from aggregator.model import Caching, Failed, Fetched, NotModified
from aggregator.pipeline.batch import Outcome

_HELD = 0.2  # seconds after which others may write: a transaction ends with the poll that is being written

Transaction = Callable[[], AbstractContextManager[None]]
_R = TypeVar("_R")

_log = logging.getLogger(__name__)


class Unwritten:
    """Outcomes that are still to be written, in their order: on a full disk they wait here until there is room."""

    def __init__(self) -> None:
        self._waiting: list[Outcome] = []

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._waiting)

    def write(
        self, writing: Transaction, outcomes: Iterable[Outcome], write_one: Callable[[Outcome], list[_R]]
    ) -> Iterator[list[_R]]:
        """Write these after those that wait, and yield what `write_one` returned in a transaction once it is on record.

        Raises StoreError where the database cannot be written; what is not written then waits for the next call.
        """
        self._waiting += outcomes
        while self._waiting:
            yield self._some(writing, write_one)

    def _some(
        self, writing: Transaction, write_one: Callable[[Outcome], list[_R]], most: int | None = None
    ) -> list[_R]:
        """Several polls in one transaction where they come faster than the disk; a poll is never split."""
        recorded: list[_R] = []
        done, ended = 0, False
        try:
            with writing():
                ends = monotonic() + _HELD
                for outcome in self._waiting[:most]:
                    recorded += write_one(outcome)
                    done += 1
                    if monotonic() > ends:
                        break
                ended = True
        except UserError:
            raise
        except Exception as error:  # noqa: BLE001 - one poll that our code trips over must not keep the others from being written
            if ended and done > 1:  # at the end of the transaction nobody knows which one it was
                return self._some(writing, write_one, 1)
            self._spoil(0 if ended else done, error)
            return []
        del self._waiting[:done]
        return recorded

    def _spoil(self, place: int, error: Exception) -> None:
        """Have one written as a failure; one that is a failure already is given up, and the error raised."""
        outcome = self._waiting[place]
        if isinstance(outcome.response, Failed):
            del self._waiting[place]
            raise error
        self._waiting[place] = _spoiled(outcome, error)


def fault(error: Exception) -> str:
    """Return why something that was read could not be stored, where that can only be a fault of ours."""
    _log.debug("what was read cannot be stored", exc_info=error)
    return f"what it gave cannot be stored, by a fault of ours ({type(error).__name__}: {error})"


def _spoiled(outcome: Outcome, error: Exception) -> Outcome:
    """What is written of a poll that cannot be written as it is; the last good items and validators stay."""
    response = outcome.response
    caching = response.caching if isinstance(response, Fetched | NotModified) else Caching()
    return replace(outcome, response=Failed(fault(error), response.status, caching), reading=None, marks=())
