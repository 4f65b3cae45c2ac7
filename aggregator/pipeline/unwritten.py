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

    def _some(self, writing: Transaction, write_one: Callable[[Outcome], list[_R]]) -> list[_R]:
        """Several polls in one transaction where they come faster than the disk; a poll is never split."""
        recorded: list[_R] = []
        done, ends = 0, monotonic() + _HELD
        try:
            with writing():
                while done < len(self._waiting) and monotonic() < ends:
                    recorded += write_one(self._waiting[done])
                    done += 1
        except UserError:
            raise
        except Exception as error:  # one poll that our code trips over must not keep the others from being written
            if done == len(self._waiting) or isinstance(self._waiting[done].response, Failed):
                del self._waiting[done:]
                raise
            self._waiting[done] = _spoiled(self._waiting[done], error)
            return []
        del self._waiting[:done]
        return recorded


def fault(error: Exception) -> str:
    """Return why something that was read could not be stored, where that can only be a fault of ours."""
    _log.debug("what was read cannot be stored", exc_info=error)
    return f"what it gave cannot be stored, by a fault of ours ({type(error).__name__}: {error})"


def _spoiled(outcome: Outcome, error: Exception) -> Outcome:
    """What is written of a poll that cannot be written as it is; the last good items and validators stay."""
    response = outcome.response
    caching = response.caching if isinstance(response, Fetched | NotModified) else Caching()
    return replace(outcome, response=Failed(fault(error), response.status, caching), reading=None, marks=())
