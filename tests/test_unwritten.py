"""Outcomes on their way into the database: whichever our code trips over, it alone is written as a failure."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aggregator.model import NotModified, PollJob, Validators
from aggregator.pipeline import unwritten
from aggregator.pipeline.batch import Outcome
from aggregator.pipeline.unwritten import Unwritten
from aggregator.storage.times import now

NAMES = ("a", "b", "c", "d")


class Store:
    """Takes outcomes into transactions; trips over b: `early` where it is written, else at the transaction's end."""

    def __init__(self, *, early: bool, failed_too: bool = False) -> None:
        self.early, self.failed_too = early, failed_too
        self.stored: list[tuple[str, str]] = []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep what is written, unless something is raised."""
        before = list(self.stored)
        try:
            yield
            self._trip(self.stored[len(before) :])
        except BaseException:
            self.stored = before
            raise

    def write_one(self, outcome: Outcome) -> list[str]:
        """Take one."""
        one = (outcome.job.source, type(outcome.response).__name__)
        if self.early:
            self._trip([one])
        self.stored.append(one)
        return [outcome.job.source]

    def _trip(self, taken: list[tuple[str, str]]) -> None:
        if ("b", "NotModified") in taken or (self.failed_too and ("b", "Failed") in taken):
            raise ZeroDivisionError


def outcomes() -> list[Outcome]:
    """A 304 of each."""
    return [
        Outcome(PollJob(name, f"https://{name}.example/"), NotModified(Validators()), None, now(), 1) for name in NAMES
    ]


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("held", [60.0, -1.0])
def test_only_what_our_code_trips_over_is_spoiled(early: bool, held: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever in the transaction it is met, and however few polls one takes; the others are written once, in order."""
    monkeypatch.setattr(unwritten, "_HELD", held)
    store = Store(early=early)
    recorded = [name for some in Unwritten().write(store.writing, outcomes(), store.write_one) for name in some]
    assert recorded == [*NAMES]
    assert store.stored == [(name, "Failed" if name == "b" else "NotModified") for name in NAMES]


@pytest.mark.parametrize("early", [True, False])
def test_what_cannot_be_written_at_all_is_given_up_alone(early: bool) -> None:
    """The error is raised, so that it is told; the others wait for the next call, which writes them."""
    store, waiting = Store(early=early, failed_too=True), Unwritten()
    with pytest.raises(ZeroDivisionError):
        list(waiting.write(store.writing, outcomes(), store.write_one))
    assert "b" not in [outcome.job.source for outcome in waiting]
    list(waiting.write(store.writing, (), store.write_one))
    assert [name for name, _ in store.stored] == ["a", "c", "d"]
