"""What the server does again and again: polls what is due, looks at files, publishes what changed, follows feeds.toml.

What fails is told, stands in /healthz until it works again, and is tried again; it ends nothing else.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import replace

from aggregator.config.load import load
from aggregator.config.problems import ConfigError
from aggregator.config.values import Config
from aggregator.errors import UserError
from aggregator.pipeline.claiming import Wanted
from aggregator.pipeline.engine import Engine
from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.record import Result
from aggregator.serving import systemd
from aggregator.serving.files import Files, front
from aggregator.serving.hubs import Hubs
from aggregator.serving.names import names
from aggregator.serving.press import Press, is_time
from aggregator.serving.schedule import Job
from aggregator.serving.searches import Searches
from aggregator.serving.troubles import Troubles
from aggregator.serving.vitals import Vitals
from aggregator.serving.watch import changes
from aggregator.storage.errors import DamagedError

_TICK, _FILES, _PUBLISH, _UPKEEP = 0.5, 2.0, 0.25, 600.0  # seconds between two looks
_AGAIN = 60.0  # seconds after which what failed is tried again

_log = logging.getLogger(__name__)


class Duties:
    """The recurring work of one server; `note` is to be called with the result of each poll."""

    def __init__(
        self,
        config: Config,
        press: Press,
        files: Files,
        searches: Searches,
        hubs: Hubs,
        vitals: Vitals,
        troubles: Troubles,
    ) -> None:
        self._config = config
        self._press = press
        self._files = files
        self._searches = searches
        self._hubs = hubs
        self._vitals = vitals
        self._troubles = troubles
        self._due = asyncio.Event()
        self._halt = asyncio.Event()
        self._stopped = asyncio.Event()
        self._news = self._polls = self._publishing = False
        self._published_at = self._published_for = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether something is stored that is not published, as far as this server knows."""
        return self._news or self._publishing

    def jobs(self, engine: Engine) -> Mapping[str, tuple[float, Job]]:
        """Return what the scheduler is to start, each with the seconds between two starts."""

        async def tick() -> None:
            self._vitals.ticked = time.time()
            self._due.set()

        async def files() -> None:
            await self._attempt("files", engine.read_files(Wanted()))

        async def publish() -> None:
            rested = asyncio.get_running_loop().time() - self._published_at
            if is_time(rested, self._published_for, news=self._news, polls=self._polls):
                await self.publish()

        async def upkeep() -> None:
            await self._attempt("upkeep", self._upkeep())

        async def watchdog() -> None:
            systemd.notify("WATCHDOG=1")

        jobs = {
            "tick": (_TICK, tick),
            "files": (_FILES, files),
            "publish": (_PUBLISH, publish),
            "upkeep": (_UPKEEP, upkeep),
        }
        seconds = systemd.watchdog()
        return {**jobs, "watchdog": (seconds, watchdog)} if seconds else jobs

    def note(self, result: Result) -> None:
        """Take note of a poll; in the writer's thread."""
        self._vitals.note(result)
        self._polls = True
        self.take_note(result.took)
        if result.hub_changed:
            self._hubs.look()

    def take_note(self, took: Ingested) -> None:
        """Take note of what a poll or a push has brought: whether there is something to publish."""
        self._news = self._news or bool(took.new or took.changed or took.folded)

    async def adopt(self, config: Config, engine: Engine) -> None:
        """Go by this feeds.toml from now on: what is stored, what is published, what is polled. It sends nothing."""
        if await engine.configure(config):
            self._halt.set()
        self._searches.configure(config)
        retired = await self._press.adopt(config)
        self._hubs.configure(config)  # what it compares with the subscriptions is in the database only now
        self._config = config
        await self.publish()
        self._files.show(front(config.site, names(config, retired)))

    async def publish(self) -> None:
        """Publish what has changed; what fails is tried again after a while."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._news = self._polls = False
        self._publishing = True
        done = await self._attempt("publishing", self._publish())
        self._publishing = False
        self._published_at = loop.time()
        self._published_for = self._published_at - began if done else _AGAIN / 3
        self._news = self._news or not done

    async def poll(self, engine: Engine) -> None:
        """Poll what is due at each tick, until `stop` is called; then what is under way comes to its end."""
        while not self._stopped.is_set():
            self._halt = asyncio.Event()
            polling = engine.poll_feeds(Wanted(), self._next_tick, self._halt)
            if not await self._attempt("polling", polling):
                await self._pause()

    async def follow(self, engine: Engine) -> None:
        """Take up feeds.toml whenever it is edited; one that is not right is told of, and the last good one stays."""
        async for _ in changes(self._config.path):
            while not await self._attempt("taking up feeds.toml", self._reload(engine)):
                await self._pause()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopped.set()
        self._halt.set()

    async def _reload(self, engine: Engine) -> None:
        try:
            config = await asyncio.to_thread(load, self._config.path)
        except ConfigError as error:
            self._troubles.begin("feeds.toml", f"an edit is not right, the last good one stays in use\n{error}")
            return
        self._troubles.end("feeds.toml")
        database = self._config.site.database
        if config.site.database != database:
            self._troubles.begin("[site] database", "another file is named; it is used from the next start on")
            config = replace(config, site=replace(config.site, database=database))
        if config != self._config:
            await self.adopt(config, engine)
            self._troubles.say("feeds.toml was edited, and is in use as it is now")

    async def _publish(self) -> None:
        published = await self._press.publish()
        self._vitals.published_at = time.time()
        self._vitals.files_written += len(published.changed)
        self._vitals.files_refused += len(published.refused)
        if published.refused:
            kept = (f"{refused.path} keeps its last good form: {refused.reason}" for refused in published.refused)
            self._troubles.begin("documents", "; ".join(kept))
        else:
            self._troubles.end("documents")

    async def _upkeep(self) -> None:
        taken, trouble = await self._press.upkeep()
        self._news = self._news or bool(taken)
        if trouble:
            self._troubles.begin("backup", trouble)
        else:
            self._troubles.end("backup")

    async def _next_tick(self) -> None:
        self._troubles.end("polling")  # what is due could be asked for
        await self._due.wait()
        self._due.clear()

    async def _attempt(self, name: str, work: Awaitable[None]) -> bool:
        """Whether it could be done; where not, that is told, and what comes next goes on."""
        try:
            await work
        except DamagedError as error:
            self._troubles.begin(name, f"{error}; start the server again, which puts it right")
        except UserError as error:
            self._troubles.begin(name, str(error))
        except Exception as error:  # noqa: BLE001 - whatever ends one duty must not end the others
            _log.debug("%s", name, exc_info=error)
            self._troubles.begin(name, f"{type(error).__name__}: {error}; it is tried again")
        else:
            self._troubles.end(name)
            return True
        return False

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), _AGAIN)
