"""`aggregator fetch`: one run over what is due, then whatever that changed is published."""

import asyncio
import signal
import sys
from argparse import Namespace
from collections.abc import Callable

from sqlite_utils import Database

from aggregator.cluster.where import Cluster, must_be_installed
from aggregator.commands.opening import opened
from aggregator.commands.publish import describe, tell_refused
from aggregator.commands.terminal import Progress, table, when
from aggregator.commands.wording import shown
from aggregator.config.load import load
from aggregator.config.problems import suggestion
from aggregator.config.values import Config
from aggregator.errors import ArgumentError
from aggregator.pipeline.claiming import Wanted
from aggregator.pipeline.fetch import Run
from aggregator.pipeline.publish import Publisher
from aggregator.pipeline.record import Result
from aggregator.pipeline.upkeep import back_up, prune
from aggregator.pipeline.where import poll_settings
from aggregator.polling.web import open_web
from aggregator.storage.claims import Owner
from aggregator.storage.times import now

_PINGING = 60.0  # seconds for telling the hub; what is left then the next run tells
_LISTED = 60  # sources named in the summary; of more, those with news or trouble


def run(options: Namespace) -> int:
    """Poll, store, publish, and say what came of it."""
    config = load(options.config)
    _must_be_sources(options.sources, config)
    must_be_installed(config)
    wanted = Wanted(tuple(options.sources) or None, options.force)
    cluster = Cluster()
    with opened(config) as db, Owner(config.site.database) as owner:
        with Progress(hidden=options.quiet) as progress:
            results = _poll(Run(db, owner, config, wanted, progress, cluster.where))
        prune(db, config, now())
        idle = not results and db.conn.total_changes == 0  # of this connection, which is as old as this run
        published = Publisher(db, config, now(), idle=idle).publish()
        told = _tell_hub(db, config)
    for trouble in filter(None, (back_up(config, now()), told)):
        print(f"aggregator: {trouble}", file=sys.stderr)
    standing = cluster.standing()
    if standing is not None and standing.trouble:
        print(f"aggregator: the cluster {standing.address}: {standing.trouble}", file=sys.stderr)
    if not options.quiet:
        _summary(results, config)
        print(f"{describe(published)} in {config.site.output}")
    refused = tell_refused(published)
    return refused or int(bool(results) and all(result.error or result.postponed for result in results))


def _must_be_sources(names: list[str], config: Config) -> None:
    unknown = [name for name in names if name not in config.sources]
    if unknown:
        hints = ", ".join(f'"{name}"{suggestion(name, list(config.sources))}' for name in unknown)
        raise ArgumentError(f"feeds.toml has no source {hints}")


def _poll(run: Run) -> list[Result]:
    async def until_signalled() -> list[Result]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs is in a task
        stop: Callable[[], bool] = task.cancel
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        return await run.go()

    before = signal.getsignal(signal.SIGTERM)
    try:
        return asyncio.run(until_signalled())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGTERM, before)  # the loop leaves the system's own, which would end it without a word


def _tell_hub(db: Database, config: Config) -> str:
    """Ping the hub about what has changed, and return what went wrong: the next run tries that again."""
    if not config.site.hub:
        return ""
    from aggregator.pipeline.pinging import Pinged, ping

    async def call(function: Callable[..., object], *args: object) -> object:
        return function(db, *args)

    async def go() -> Pinged:
        async with open_web(poll_settings(config)) as web:
            return await ping(lambda: config, web, call, _PINGING)

    trouble = asyncio.run(go()).trouble
    return trouble and f"[site] hub: {trouble}"


def _summary(results: list[Result], config: Config) -> None:
    """One table: what each source brought; then the reasons of those that failed."""
    places = {name: place for place, name in enumerate(config.sources)}
    told = sorted(results, key=lambda result: places[result.source])
    if len(told) > _LISTED:
        told = [result for result in told if _is_told(result)][:_LISTED]
    rows = [
        (result.source, _outcome(result), str(result.took.new or ""), str(result.took.changed or ""),
         str(result.took.folded or ""), when(result.next_poll)) for result in told
    ]  # fmt: skip
    if rows:
        table(("source", "result", "new", "changed", "folded", "next poll"), rows, numbers=(2, 3, 4))
    for result in told:
        for text in filter(None, (result.error, result.postponed, *result.warnings)):
            print(f"{result.source}: {shown(text, 1_000)}", file=sys.stderr)
    failed = sum(bool(result.error) for result in results)
    postponed = sum(bool(result.postponed) for result in results)
    new = sum(result.took.new for result in results)
    later = f"{postponed} postponed, " if postponed else ""
    print(f"{len(results) - postponed} polled, {failed} failed, {later}{new} new items")


def _is_told(result: Result) -> bool:
    """Whether a long summary names a source: for news or trouble."""
    return bool(result.error or result.postponed or result.took.new or result.took.changed)


def _outcome(result: Result) -> str:
    if result.state == "gone":
        return "gone for good"
    if result.postponed:
        return "postponed"
    if result.error:
        return "failed" if result.status is None else f"failed ({result.status})"
    return "not modified" if result.status == 304 else "read"
