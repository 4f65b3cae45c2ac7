"""The server's dealings with hubs: subscribes at those of the sources, takes in what they push, and pings our own.

What fails at a hub is noted with its subscription or its document, and tried again later each time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from aggregator.config.values import Config
from aggregator.model import Unreadable
from aggregator.pipeline import subscribing
from aggregator.pipeline.engine import Engine
from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.pinging import ping
from aggregator.pipeline.pushing import Push
from aggregator.pipeline.where import poll_settings
from aggregator.polling.posting import post
from aggregator.polling.web import Web, open_web
from aggregator.serving.callback import Callbacks
from aggregator.serving.troubles import Troubles
from aggregator.storage import times
from aggregator.websub.subscription import Subscription, request

_TICK = 1.0  # seconds between two looks
_PATIENCE = 60.0  # seconds after which subscriptions are compared with the sources though no poll may have changed them
_REST = 20  # times as long as such a comparison took
_PINGING = 30.0  # seconds for pings at a stretch
_AT_ONCE = 16  # requests to hubs

_log = logging.getLogger(__name__)


class Hubs:
    """`taken` is called with what each push brought."""

    def __init__(
        self, config: Config, callbacks: Callbacks, troubles: Troubles, taken: Callable[[Ingested], None]
    ) -> None:
        self._callbacks = callbacks
        self._troubles = troubles
        self._taken = taken
        self._asking: dict[asyncio.Task[None], str] = {}
        self._pinging: asyncio.Task[None] | None = None
        self._looked = float("-inf")
        self._look_took = 0.0
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Go by this feeds.toml from now on."""
        self._config = config
        self._callbacks.max_bytes = {name: source.max_bytes for name, source in config.sources.items()}
        self.look()

    def look(self) -> None:
        """Say that sources may name other hubs than they did; from any thread."""
        self._must_look = True

    async def run(self, engine: Engine) -> None:
        """Work until cancelled."""
        self._callbacks.engine = engine
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._take(engine))
                group.create_task(self._ask(engine))
        finally:
            self._callbacks.engine = None
            for task in (*self._asking, *filter(None, [self._pinging])):
                task.cancel()

    async def finish(self) -> None:
        """Wait until what was pushed is taken in: its hub believes that it is."""
        await self._callbacks.pushes.join()

    async def _take(self, engine: Engine) -> None:
        """Take in what was pushed, one after the other."""
        while True:
            push = await self._callbacks.pushes.get()
            await self._attempt(self._take_one(engine, push))
            self._callbacks.pushes.task_done()

    async def _take_one(self, engine: Engine, push: Push) -> None:
        took = await engine.take_push(push)
        if isinstance(took, Unreadable):
            self._callbacks.outcomes["unreadable"] += 1
            _log.info("%s: what its hub pushed was not taken in: %s", push.source, took.reason)
        else:
            self._callbacks.outcomes["taken"] += 1
            self._taken(took)

    async def _ask(self, engine: Engine) -> None:
        """Look every second what is to be asked of hubs; the way out is opened anew when its terms change."""
        while True:
            settings = poll_settings(self._config)
            async with open_web(settings) as web:
                while poll_settings(self._config) == settings:
                    await self._attempt(self._round(engine, web))
                    await asyncio.sleep(_TICK)

    async def _round(self, engine: Engine, web: Web) -> None:
        now = times.now()
        await self._keep_in_step(engine, now)
        await engine.call(subscribing.lapse, now)
        room = _AT_ONCE - len(self._asking)
        if room > 0:
            for one in await engine.call(subscribing.take_due, now, frozenset(self._asking.values()), room):
                task = asyncio.create_task(self._attempt(self._ask_one(engine, web, one)))
                self._asking[task] = one.hub
                task.add_done_callback(self._asking.pop)
        if self._pinging is None or self._pinging.done():
            self._pinging = asyncio.create_task(self._attempt(self._ping(engine, web)))

    async def _keep_in_step(self, engine: Engine, now: datetime) -> None:
        """Compare subscriptions with sources where there may be news; what takes long, of very many, comes seldom."""
        began = asyncio.get_running_loop().time()
        rested = began - self._looked
        if rested > _PATIENCE or (self._must_look and rested > self._look_took * _REST):
            self._must_look = False
            await engine.call(subscribing.keep_in_step, self._config, now)
            self._looked = asyncio.get_running_loop().time()
            self._look_took = self._looked - began

    async def _ask_one(self, engine: Engine, web: Web, one: Subscription) -> None:
        failed = await post(web, one.hub, request(one))
        if failed is not None:
            await engine.call(subscribing.note_failure, one.token, failed)

    async def _ping(self, engine: Engine, web: Web) -> None:
        pinged = await ping(lambda: self._config, web, engine.call, _PINGING)
        if pinged.trouble:
            self._troubles.begin("[site] hub", pinged.trouble)
        elif pinged.told:
            self._troubles.end("[site] hub")

    async def _attempt(self, work: Awaitable[None]) -> None:
        """Do it; what fails, which is the database or a fault of ours, is told, and ends nothing else."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, the other hubs' business goes on
            _log.debug("hubs", exc_info=error)
            self._troubles.begin("hubs", f"{type(error).__name__}: {error}; it is tried again")
        else:
            self._troubles.end("hubs")
