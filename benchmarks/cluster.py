"""Measures polls in this process, in one worker process and in two, in one run; what they store must be the same.

python -m benchmarks.cluster [--sources 2000] [--delay 0] [--items 3] [--rounds 1] [--places here local:1 local:2]

Each source has an address of its own in 127.0.0.0/8, behind a server in a process of its own, which answers after
`--delay` seconds. Cold: a new database, every body read and stored. Warm: all due again, and 304 for all. CPU is that
of all our processes but the server, which shares the cores with them: efficiency is a lower bound.
"""

import argparse
import asyncio
import hashlib
import multiprocessing
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path

from aggregator.cluster.where import Cluster
from aggregator.config.load import load
from aggregator.pipeline.claiming import Wanted
from aggregator.pipeline.fetch import Run, Watcher
from aggregator.pipeline.resync import resync
from aggregator.storage.claims import Owner
from aggregator.storage.database import open_database
from aggregator.storage.times import now

_HEAD = """
[site]
title = "Load"
base_url = "http://127.0.0.1/"
[polling]
allow_private_addresses = true
host_delay = "0s"
"""
_SAME = (
    "SELECT name, url, state, last_status, last_error, failures, title, etag, hex(known) FROM sources",
    "SELECT uid, source, title, url, author, summary, content, language, published, authors, image FROM items",
    "SELECT source, guid, url, title, published, rule, hex(digest), hex(content_digest), shown FROM appearances",
    "SELECT uid, position, name FROM categories JOIN items ON id = item_id",
    "SELECT topic, uid, terms FROM topic_items JOIN items ON id = item_id",
    "SELECT source, status, bytes, new_items, error FROM polls",
)
_WORDS = [f"{a}{b}{c}" for a in ("ba", "ke", "li", "mo", "nu", "ra") for b in ("st", "nd", "r", "v") for c in "aeiou"]


def main() -> None:
    """Print throughput, CPU and efficiency of each place, and whether what was stored is the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=2000)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--items", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--places", nargs="+", default=["here", "local:1", "local:2"])
    chosen = parser.parse_args()
    if not find_spec("distributed"):
        sys.exit("distributed is not installed: pip install 'aggregator[cluster]'")
    print(f"{chosen.sources} sources, {chosen.items} items each, answers after {chosen.delay:g} s")
    with server(chosen.delay, chosen.items) as port:
        for _ in range(chosen.rounds):
            compare(chosen.places, chosen.sources, port)


def compare(places: list[str], sources: int, port: int) -> None:
    """One time through all places."""
    digests, rates = set[str](), dict[str, tuple[float, float]]()
    for place in places:
        with tempfile.TemporaryDirectory() as folder:
            rates[place] = measure(Path(folder), place, sources, port)
            digests.add(stored(Path(folder) / "aggregator.db"))
    print("what is stored is the same" if len(digests) == 1 else "WHAT IS STORED DIFFERS")
    if {"local:1", "local:2"} <= rates.keys():
        cold, warm = (two / one / 2 for one, two in zip(rates["local:1"], rates["local:2"], strict=True))
        print(f"efficiency of two workers beside one: cold {cold:.0%}, warm {warm:.0%}")


def measure(folder: Path, place: str, sources: int, port: int) -> tuple[float, float]:
    """Poll all sources twice; return polls a second, cold and warm."""
    cluster = "" if place == "here" else f'cluster = "{place}"\n'
    text = "".join(f'[sources.s{n}]\nurl = "http://{address(n)}:{port}/{n}"\n' for n in range(sources))
    (folder / "feeds.toml").write_text(f'{_HEAD}{cluster}{text}[topics.all]\ntitle = "All"\nany = ["bastu"]\n')
    rates = []
    for kind in ("cold", "warm"):
        began, used = time.monotonic(), cpu()
        polled = asyncio.run(fetch(folder))
        took, used = time.monotonic() - began, (cpu()[0] - used[0], cpu()[1] - used[1])
        assert polled == sources, polled
        rates.append(polled / took)
        each = 1000 / polled
        print(
            f"{place:8} {kind}: {polled / took:7.1f} polls/s, {took:6.1f} s; CPU s per 1,000 polls: "
            f"{used[0] * each:.2f} this process, {used[1] * each:.2f} its children; "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB",
            flush=True,
        )
        with sqlite3.connect(folder / "aggregator.db") as db:
            db.execute("UPDATE sources SET next_poll = '2026-01-01T00:00:00Z'")
        db.close()
    return rates[0], rates[1]


async def fetch(folder: Path) -> int:
    """One run, as `aggregator fetch` makes it, without publishing; how many it polled."""
    config = load(folder / "feeds.toml")
    db = open_database(config.site.database)
    with Owner(config.site.database) as owner:
        resync(db, config, now())
        results = await Run(db, owner, config, Wanted(), Watcher(), Cluster().where).go()
    db.close()
    assert not any(result.error for result in results), [result.error for result in results if result.error][:3]
    return len(results)


def stored(database: Path) -> str:
    """A digest of all that is stored but times and the order in which it came."""
    found = hashlib.sha256()
    with sqlite3.connect(database) as db:
        for query in _SAME:
            for row in sorted(repr(row) for row in db.execute(query)):
                found.update(row.encode())
    db.close()
    return found.hexdigest()


def cpu() -> tuple[float, float]:
    """CPU seconds of this process, and of its children that have ended."""
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime, theirs.ru_utime + theirs.ru_stime


def address(number: int) -> str:
    """The address of a source: one of its own."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


@contextmanager
def server(delay: float, items: int) -> Iterator[int]:
    """Feeds on every address of 127.0.0.0/8; gives the port."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, delay, items))
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def _serve(control: Connection, delay: float, items: int) -> None:
    async def serving() -> None:
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: _Answer(delay, items), "0.0.0.0", 0, backlog=4096)
        control.send(listening.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(serving())


class _Answer(asyncio.Protocol):
    """One connection: the feed of the path that is asked for, or a 304."""

    def __init__(self, delay: float, items: int) -> None:
        self._delay, self._items, self._head = delay, items, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer after the delay, once the request is whole."""
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            asyncio.get_running_loop().call_later(self._delay, self._answer)

    def _answer(self) -> None:
        assert isinstance(self._transport, asyncio.WriteTransport)
        if b"\r\nif-none-match:" in self._head.lower():
            self._transport.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
        else:
            body = _feed(int(self._head.split(b" ")[1][1:]), self._items)
            head = f'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: {len(body)}\r\n\r\n'
            self._transport.write(head.encode() + body)
        self._transport.close()


@cache
def _feed(number: int, items: int) -> bytes:
    """A feed whose articles are like no other's."""
    chance = random.Random(number)
    parts = []
    for n in range(items):
        words = " ".join(chance.choices(_WORDS, k=120))
        parts.append(
            f"<item><title>{words[:60]}</title><guid>tag:example.org,2026:{number}/{n}</guid><category>{words[:5]}</category>"
            f"<link>https://s{number}.example.org/{n}</link><description>&lt;p&gt;{words}&lt;/p&gt;</description>"
            f"<pubDate>Sun, {n % 28 + 1:02} Nov 2026 08:00:00 GMT</pubDate></item>"
        )
    head = f"<title>Feed {number}</title><link>https://s{number}.example.org/</link><description>d</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(parts)}</channel></rss>'.encode()


if __name__ == "__main__":
    main()
