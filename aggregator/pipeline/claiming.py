"""Which sources this process polls now, and what it knows of each meanwhile; for one thread, the one that writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.model import PollJob
from aggregator.pipeline.clock import Clock, put_right
from aggregator.pipeline.sharing import Shared, together
from aggregator.storage import sources as store
from aggregator.storage.claims import Owner
from aggregator.storage.database import must_have_room, writing
from aggregator.storage.sources import SourceState

_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sources are meant: all that are due, or the named ones; `force` passes over our own timing."""

    names: tuple[str, ...] | None = None
    force: bool = False


class Claims:
    """What is claimed in the database, and not yet written or given back.

    `states` holds what was known of each feed when it was claimed, and `others` the sources for which the request of
    one is made as well.
    """

    def __init__(self, db: Database, owner: Owner) -> None:
        self._db = db
        self._owner = owner
        self._clock = Clock()
        self._left: set[str] = set()  # to be given back as soon as that can be written
        self.states: dict[str, SourceState] = {}
        self.others: dict[str, tuple[str, ...]] = {}

    def release(self) -> None:
        """Give back whatever stands under the number of this process, also what one left behind that had it before."""
        with writing(self._db):
            store.release(self._db, self._owner)

    def files(self, config: Config, wanted: Wanted, at: datetime) -> list[Source]:
        """Claim the path sources that are due."""
        return [source for source, _ in self._claim(config, wanted, at, local=True, limit=-1)]

    def feeds(self, config: Config, wanted: Wanted, at: datetime) -> list[PollJob]:
        """Claim feeds that are due, some at a time, so that another process can take the others meanwhile.

        With a feed come all that have its address: they need no request of their own. Raises StoreError where the
        disk is full.
        """
        # Forced, a source stays due after its poll: all are claimed at once, lest one be polled twice.
        claimed = self._claim(config, wanted, at, local=False, limit=-1 if wanted.force else _AT_ONCE)
        self.states.update((source.name, state) for source, state in claimed)
        shared = together(claimed)
        self.others.update((one.asking[0].name, tuple(name.name for name, _ in one.others)) for one in shared)
        return [_job(one) for one in shared]

    def of_request(self, name: str) -> tuple[str, ...]:
        """Return the sources for which one request is made: the one that makes it, and the others."""
        return (name, *self.others[name])

    def done(self, name: str) -> None:
        """A source's poll is written, and its claim with it."""
        del self.states[name]
        self.others.pop(name, None)

    def give_back(self, names: Iterable[str] = ()) -> None:
        """Claim these no more; where that cannot be written, before anything else is claimed."""
        self._left.update(names)
        if self._left:
            with writing(self._db):
                for name in self._left:
                    store.update(self._db, name, {"claimed_by": None})
            self._left.clear()

    def keep_only(self, kept: Iterable[str]) -> None:
        """Give all feeds back but these."""
        left = self.states.keys() - set(kept)
        for name in left:
            self.done(name)
        self.give_back(left)

    def _claim(
        self, config: Config, wanted: Wanted, at: datetime, *, local: bool, limit: int
    ) -> list[tuple[Source, SourceState]]:
        """Claim sources; one that the database has by another edition of feeds.toml is given back at once."""
        must_have_room(config.site.database)
        self.give_back()
        claimed = []
        with writing(self._db):
            if self._clock.was_set(at, monotonic()):
                put_right(self._db, at)
            states = store.claim(
                self._db, self._owner, at, local=local, force=wanted.force, names=wanted.names, limit=limit
            )
            states += [] if local else store.claim_twins(self._db, self._owner, states)
            for state in states:
                source = config.sources.get(state.name)
                if source is not None and state.url == (source.url or source.path):
                    claimed.append((source, state))
                else:
                    store.update(self._db, state.name, {"claimed_by": None})
        return claimed


def _job(shared: Shared) -> PollJob:
    source, state = shared.asking
    return PollJob(
        source=source.name,
        url=state.poll_url,
        configured_url=source.url,
        validators=state.validators,
        timeout=source.timeout.total_seconds(),
        max_bytes=source.max_bytes,
        body_digest=state.body_digest,
        known=shared.known,
    )
