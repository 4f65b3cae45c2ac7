"""A Dask cluster for tests: two worker processes, and the switch by which the polls of all tests are made on it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from aggregator.cluster import where as choosing
from aggregator.cluster.batch import Terms
from aggregator.pipeline.where import HERE, Where

_R = TypeVar("_R")

SHORT = Terms(begin=3.0, slack=1.0, grace=1.5)

_switched: list[Any] = []  # the client of the cluster that all polls are made on, where they are


@contextmanager
def two_workers(*, daemon: bool = False, **options: Any) -> Iterator[Any]:
    """A LocalCluster as a user may start one, with names of our own for what must differ from its defaults."""
    import dask
    from distributed import LocalCluster

    with dask.config.set({"distributed.worker.daemon": daemon}):
        defaults = {"n_workers": 2, "threads_per_worker": 8, "dashboard_address": "127.0.0.1:0", "memory_limit": 0}
        with LocalCluster(host="127.0.0.1", processes=True, **{**defaults, **options}) as cluster:
            yield cluster


@contextmanager
def switched() -> Iterator[None]:
    """Have the polls of all tests made on a cluster as long as the block lasts."""
    from distributed import Client

    with two_workers() as cluster, Client(cluster, set_as_default=False) as client:
        _switched.append(client)
        try:
            yield
        finally:
            _switched.clear()


def address() -> str:
    """The cluster that polls are switched to, as feeds.toml names it; "" where they are made here."""
    return _switched[0].scheduler.address if _switched else ""


def where() -> Where:
    """What an engine is given."""
    return choosing.Cluster(SHORT).where if _switched else HERE


def forget() -> None:
    """Let the workers forget what they remember of hosts; with the next test they begin anew."""
    if _switched:
        _switched[0].run(_forget)


def somewhere(function: Callable[..., _R], *args: Any) -> _R:
    """Call a function where polls are made: here, or in a worker process, with arguments that can travel."""
    if not _switched:
        return function(*args)
    return _switched[0].submit(function, *args, pure=False).result()  # type: ignore[no-any-return]


async def _forget() -> None:
    from aggregator.cluster import worker

    while worker._stations:
        await asyncio.to_thread(worker._stations.pop().close)
