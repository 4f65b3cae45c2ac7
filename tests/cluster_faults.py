"""Polls on a Dask cluster whose workers and scheduler are killed (kill -9) at random; the servers' own log is the judge.

    python tests/cluster_faults.py [ROUNDS] [SOURCES]

Each round makes every source due, has one more item in each feed, and kills something while the round's `fetch` is
under way. After each: every source polled, and written once; no item lost, none twice; nothing left claimed; and no
host asked by two at once.
"""

import asyncio
import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

from clusters import SHORT
from loopback import free_port
from places import HEAD, Place, item, rss

from aggregator.cluster.where import Cluster
from aggregator.config.load import load
from aggregator.pipeline.claiming import Wanted
from aggregator.pipeline.fetch import Run, Watcher
from aggregator.pipeline.resync import resync
from aggregator.storage.claims import Owner
from aggregator.storage.database import open_database
from aggregator.storage.times import now

FEEDS_A_HOST = 3
WORKERS = 3
TIMEOUT = 10  # seconds
Request = tuple[str, str, float, float]  # host, path, and the seconds when it came and when it ended


class Server:
    """Feeds on every address of 127.0.0.0/8, slow at random, in a process of its own; it writes down who asked when."""

    def __init__(self) -> None:
        self.port = free_port()
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("fork").Process(target=_serve, args=(self.port, theirs))
        self._process.start()
        assert self._ours.recv() == "ready"

    def next_round(self) -> None:
        """Put one more item into each feed."""
        self._ours.send("more")
        assert self._ours.recv() == "done"

    def log(self) -> list[Request]:
        """Return the requests since it was last asked for them."""
        self._ours.send("log")
        return self._ours.recv()  # type: ignore[no-any-return]  # what _serve sends

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.join()


def _serve(port: int, control: Connection) -> None:
    asyncio.run(_serving(port, control))


async def _serving(port: int, control: Connection) -> None:
    log: list[Request] = []
    items = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            began = time.monotonic()
            path = head.split(" ")[1]
            host = re.search(r"\r\nhost: ([^\r:]+)", head, re.IGNORECASE)[1]  # type: ignore[index]  # each has one
            gone = asyncio.create_task(reader.read(1))
            await asyncio.wait({gone}, timeout=random.uniform(0.02, 0.4))
            log.append((host, path, began, time.monotonic()))
            if not gone.done():
                gone.cancel()
                writer.write(_answer(head, host + path, items))
                await writer.drain()
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()

    def heed() -> None:
        nonlocal items, log
        if control.recv() == "log":
            control.send(log)
            log = []
        else:
            items += 1
            control.send("done")

    await asyncio.start_server(answer, "0.0.0.0", port, backlog=1000)
    asyncio.get_running_loop().add_reader(control.fileno(), heed)
    control.send("ready")
    await asyncio.Event().wait()


def _answer(head: str, name: str, items: int) -> bytes:
    etag = f'"{items}"'
    if f"if-none-match: {etag}" in head.lower():
        return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
    body = rss(*(item(f"{name} {number}", guid=f"{name}/{number}") for number in range(items)))
    return f"HTTP/1.1 200 OK\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Daskers:
    """A scheduler and workers as a user would start them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.address = f"tcp://127.0.0.1:{self._port}"
        self._scheduler = self._start_scheduler()
        self._workers = [self._start_worker() for _ in range(WORKERS)]

    def kill_scheduler(self) -> str:
        """Kill it, and start another in its place a moment later."""
        self._scheduler.kill()
        self._scheduler.wait()
        time.sleep(random.uniform(0, 3))
        self._scheduler = self._start_scheduler()
        for number, worker in enumerate(self._workers):  # as a service manager would
            if worker.poll() is not None:
                self._workers[number] = self._start_worker()
        return "the scheduler"

    def silence_scheduler(self) -> str:
        """Let it say nothing for longer than anybody waits: workers and coordinator are cut off from each other."""
        self._scheduler.send_signal(signal.SIGSTOP)
        time.sleep(13)
        self._scheduler.send_signal(signal.SIGCONT)
        return "nothing, but the scheduler was silent"

    def freeze_worker(self) -> str:
        """Have a worker's machine stand still until its leases have ended, and go on then."""
        pids = _children(random.choice(self._workers).pid)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(SHORT.begin + SHORT.slack + 2 * SHORT.grace + TIMEOUT + 3)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        return "nothing, but a worker was frozen"

    def kill_worker(self) -> str:
        """Kill a worker process, which its nanny then replaces; or the nanny too."""
        number = random.randrange(WORKERS)
        nanny = self._workers[number]
        children = [int(pid) for pid in _children(nanny.pid)]
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        if random.random() < 0.5:
            return "a worker"
        nanny.kill()
        nanny.wait()
        self._workers[number] = self._start_worker()
        return "a worker and its nanny"

    def see_to_workers(self) -> None:
        """Start those again that have ended because their scheduler had."""
        for number, worker in enumerate(self._workers):
            if worker.poll() is not None:
                self._workers[number] = self._start_worker()

    def stop(self) -> None:
        """End all of it."""
        for process in [*self._workers, self._scheduler]:
            for pid in _children(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.kill()
            process.wait()

    def _start_scheduler(self) -> "subprocess.Popen[bytes]":
        started = self._dask("scheduler", "--host", "127.0.0.1", "--port", str(self._port))
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return started
            time.sleep(0.1)
        raise AssertionError("no scheduler")

    def _start_worker(self) -> "subprocess.Popen[bytes]":
        more = ("--nthreads", "4", "--memory-limit", "0", "--local-directory", str(self._folder))
        return self._dask("worker", self.address, *more, "--death-timeout", "20")

    def _dask(self, *arguments: str) -> "subprocess.Popen[bytes]":
        dask = str(Path(sys.executable).with_name("dask"))
        environment = {**os.environ, "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
        log = (self._folder / "dask.log").open("ab")
        return subprocess.Popen([dask, *arguments, "--no-dashboard"], env=environment, stdout=log, stderr=log)


def _children(pid: int) -> list[int]:
    """The processes that a process has started, and those have: killed together, as when a machine loses its power."""
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (thread / "children").read_text().split() if int(child) not in found]
    return found + [grandchild for child in found for grandchild in _children(child)]


async def fetch(place: Place, killing: "asyncio.Future[str]") -> tuple[str, float]:
    """One round as `aggregator fetch` makes it, with something killed meanwhile; what, and how long it took."""
    config = load(place.folder / "feeds.toml")
    db = open_database(config.site.database)
    began = time.monotonic()
    with Owner(config.site.database) as owner:
        resync(db, config, now())
        await Run(db, owner, config, Wanted(), Watcher(), Cluster(SHORT).where).go()
    db.close()
    return await killing, time.monotonic() - began


def overlaps(log: list[Request]) -> int:
    """How many requests began at a host while another was under way there."""
    found, busy_until = 0, dict[str, float]()
    for host, _, began, ended in sorted(log, key=lambda request: request[2]):
        found += began < busy_until.get(host, 0.0)
        busy_until[host] = max(ended, busy_until.get(host, 0.0))
    return found


async def _round(place: Place, daskers: Daskers, chance: random.Random) -> tuple[str, float]:
    def kill() -> str:
        time.sleep(chance.uniform(0.5, 3.0))
        faults = [daskers.kill_scheduler] * 4 + [daskers.kill_worker] * 4
        faults += [daskers.silence_scheduler, daskers.freeze_worker]
        return chance.choice(faults)()

    return await fetch(place, asyncio.get_running_loop().run_in_executor(None, kill))


def check(place: Place, server: Server, number: int, sources: int, before: int) -> str:
    """Hold one round to what must be so; a line on it."""
    log = server.log()
    polls = place.rows("SELECT source, count(*) FROM polls WHERE id > ? GROUP BY source", before)
    errors = place.rows("SELECT source, error FROM polls WHERE id > ? AND error IS NOT NULL", before)
    items = place.rows("SELECT count(*), count(DISTINCT uid) FROM items")[0]
    asked = Counter((host, path) for host, path, _, _ in log)
    assert not errors, errors[:3]
    assert len(polls) == sources, f"{sources - len(polls)} sources were not polled"
    assert all(count == 1 for _, count in polls), "a source was written twice"
    assert items == (sources * number, sources * number), f"{items} items, not {sources * number}"
    assert place.rows("SELECT count(*) FROM sources WHERE claimed_by IS NOT NULL") == [(0,)], (
        "something is left claimed"
    )
    assert overlaps(log) == 0, f"{overlaps(log)} requests to a host that was being asked"
    return f"{sum(asked.values())} requests, {sum(count - 1 for count in asked.values())} of them for a second time"


def main() -> None:
    """Run as many rounds as are asked for; the first fault ends it."""
    rounds, sources = (int(argument) for argument in (*sys.argv[1:], *("20", "300")[len(sys.argv) - 1 :]))
    chance = random.Random(9)
    folder = Path(tempfile.mkdtemp())
    server = Server()
    daskers = Daskers(folder)
    place = Place(folder)
    text = "".join(
        f'[sources.s{n}]\nurl = "http://127.1.{n // FEEDS_A_HOST // 250}.{n // FEEDS_A_HOST % 250 + 1}:{server.port}/{n}"\n'
        f'timeout = "{TIMEOUT}s"\n'
        for n in range(sources)
    )
    place.configure(text + '[topics.all]\ntitle = "All"\n', f'{HEAD}cluster = "{daskers.address}"\n')
    try:
        for number in range(1, rounds + 1):
            server.next_round()
            before = 0
            if number > 1:
                place.let_time_pass()
                before = place.rows("SELECT max(id) FROM polls")[0][0]
            killed, took = asyncio.run(_round(place, daskers, chance))
            print(f"round {number}: killed {killed}; {took:.1f} s; {check(place, server, number, sources, before)}")
            daskers.see_to_workers()
    finally:
        daskers.stop()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("nothing lost, nothing twice, every source polled, no host asked by two at once")


if __name__ == "__main__":
    main()
