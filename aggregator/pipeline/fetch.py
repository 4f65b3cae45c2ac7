"""One run of `fetch`: looks at the files, polls the feeds that are due, and ends."""

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.pipeline.claiming import Wanted
from aggregator.pipeline.engine import Engine
from aggregator.pipeline.record import Result
from aggregator.pipeline.where import HERE, Where
from aggregator.storage.claims import Owner


class Watcher:
    """Told of a run's progress; this one does nothing with it."""

    def expect(self, total: int) -> None:
        """There are this many sources to poll."""

    def advance(self, result: Result) -> None:
        """One of them is done."""


class Run:
    """A run and what it comes to; `watcher` is told how many sources there are, and of each result as it is written."""

    def __init__(
        self, db: Database, owner: Owner, config: Config, wanted: Wanted, watcher: Watcher, where: Where = HERE
    ) -> None:
        self.wanted = wanted
        self.watcher = watcher
        self.results: list[Result] = []
        self._engine = Engine(db, owner, config, self._done, where)

    async def go(self) -> list[Result]:
        """Poll everything that is wanted and due. Interrupted, it keeps what was written and gives back the rest."""
        async with self._engine as engine:
            self.watcher.expect(await engine.count_due(self.wanted))
            await engine.read_files(Wanted(self.wanted.names, force=True))
            if await engine.has_feeds(self.wanted):
                await engine.poll_feeds(self.wanted)
        return self.results

    def _done(self, result: Result) -> None:
        self.results.append(result)
        self.watcher.advance(result)
