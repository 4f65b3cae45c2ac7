"""The server from its start to its end: what is opened, in which order it stops, and how long that may take."""

import asyncio
import signal
import socket
import time
from datetime import UTC, datetime

from aggregator.cluster.where import Cluster
from aggregator.config.values import Config
from aggregator.pipeline.engine import Engine
from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.where import Standing
from aggregator.serving import systemd
from aggregator.serving.app import app
from aggregator.serving.callback import Callbacks
from aggregator.serving.connections import Listener
from aggregator.serving.duties import Duties
from aggregator.serving.files import Files, front
from aggregator.serving.gauges import Gauges
from aggregator.serving.hubs import Hubs
from aggregator.serving.names import names
from aggregator.serving.press import Press
from aggregator.serving.schedule import Schedule
from aggregator.serving.searches import Searches
from aggregator.serving.troubles import Troubles, Voice
from aggregator.serving.vitals import Present, Vitals, health, metrics
from aggregator.storage.claims import Owner
from aggregator.storage.database import open_database

_GRACE = 8.0  # seconds for the polls that are under way when the server is to stop
_LAST = 5.0  # seconds for a last publication


async def serve(config: Config, listening: socket.socket, voice: Voice) -> None:
    """Serve until SIGTERM or SIGINT; a second one hurries. Raises StoreError for a database that cannot be used."""
    daemon = Daemon(config, listening, voice)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.stop)
    await daemon.run()


class Daemon:
    """One server."""

    def __init__(self, config: Config, listening: socket.socket, voice: Voice) -> None:
        self._config = config
        self._voice = voice
        self._vitals = Vitals(started=time.time())
        self._troubles = Troubles(voice)
        self._gauges = Gauges(config.site.database, self._troubles)
        self._searches = Searches(config)
        self._callbacks = Callbacks()
        self._hubs = Hubs(config, self._callbacks, self._troubles, self._pushed)
        behind = app(self._searches, self._health, self._metrics, self._callbacks)
        self._files = Files(front(config.site, names(config, ())), behind)
        self._listener = Listener(self._files, listening)
        self._press = Press(config)
        self._duties = Duties(
            config, self._press, self._files, self._searches, self._hubs, self._vitals, self._troubles
        )
        self._cluster = Cluster(told=self._note_cluster)
        self._engine: Engine | None = None
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()

    def stop(self) -> None:
        """Come to an end within 20 seconds; called again, at once."""
        if self._stopping.is_set():
            self._hurry.set()
            return
        systemd.notify("STOPPING=1")
        self._voice.say("stopping")
        self._listener.stop()
        self._duties.stop()
        self._stopping.set()

    async def run(self) -> None:
        """Serve until `stop` is called; see `serve`."""
        listening = asyncio.create_task(self._listener.run())
        try:
            db = await asyncio.to_thread(open_database, self._config.site.database)
            try:
                with Owner(self._config.site.database) as owner:
                    self._tell_of_others(owner)
                    engine = Engine(db, owner, self._config, self._duties.note, self._cluster.where)
                    async with engine as self._engine, self._press, self._searches:
                        await self._work(engine)
            finally:
                db.close()
        finally:
            self._listener.stop()
            await listening

    async def _work(self, engine: Engine) -> None:
        systemd.notify("READY=1")
        starting = asyncio.create_task(self._duties.adopt(self._config, engine))
        if not await self._first(starting, self._stopping):
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        await starting
        schedule = Schedule(self._duties.jobs(engine))
        schedule.start()
        polling = asyncio.create_task(self._duties.poll(engine))
        following = asyncio.create_task(self._duties.follow(engine))
        dealing = asyncio.create_task(self._hubs.run(engine))
        await self._stopping.wait()
        schedule.stop()
        following.cancel()
        await self._first(asyncio.create_task(self._ended(polling)), self._hurry, _GRACE)
        for task in (polling, dealing):
            task.cancel()
        await asyncio.gather(polling, following, dealing, return_exceptions=True)
        if self._duties.is_behind:
            last = asyncio.create_task(self._duties.publish())
            await self._first(last, self._hurry, _LAST)
            last.cancel()
            await asyncio.gather(last, return_exceptions=True)

    async def _ended(self, polling: asyncio.Task[None]) -> None:
        """Wait for the polls under way, and for what hubs have pushed to be taken in."""
        await asyncio.gather(polling, self._hubs.finish())

    def _pushed(self, took: Ingested) -> None:
        self._duties.take_note(took)
        self._vitals.note_items(took)

    async def _first(self, task: asyncio.Task[None], event: asyncio.Event, seconds: float | None = None) -> bool:
        """Wait for the task, the event or so many seconds, whichever is first; whether it was the task."""
        waiting = asyncio.create_task(event.wait())
        await asyncio.wait({task, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return task.done()

    def _tell_of_others(self, owner: Owner) -> None:
        if owner.has_company():
            self._voice.say("another command is at work on this database; each source is polled by one of the two")

    async def _health(self) -> tuple[int, str]:
        await self._gauges.read()
        return health(self._vitals, self._troubles.now, time.time())

    def _note_cluster(self, standing: Standing | None) -> None:
        if standing is not None and standing.trouble:
            self._troubles.begin("cluster", standing.trouble)
        else:
            self._troubles.end("cluster")

    async def _metrics(self) -> tuple[int, str]:
        figures = await self._gauges.read()
        present = Present(
            now=datetime.now(UTC),
            troubles=self._troubles.now,
            answered=self._files.answered,
            connections=self._listener.connections,
            under_way=self._engine.under_way if self._engine else 0,
            figures=figures,
            cluster=self._cluster.standing(),
            pushes=self._callbacks.outcomes,
        )
        return 200, metrics(self._vitals, present)
