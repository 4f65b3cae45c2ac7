"""kill -9 at random moments of `fetch` and of a running server: nothing lost, nothing twice, nothing torn, nobody asked in vain.

    python tests/kills.py [--times 100] [--seed N]

A hundred take about six minutes; .ci/run kills fewer, by way of tests/end_to_end.py. pytest does not collect it.
"""

import argparse
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import fromstring

from fakeweb import FakeWeb, Reply, Request, answer
from places import Place, item, rss

ROOT = Path(__file__).parent.parent
SOURCES, ITEMS, GROWTH = 40, 8, 25  # of each source's items, at first, and how many come in the course of it
COMMANDS = (("fetch",), ("serve", "--port", "0"))
_PAST = "2026-01-01T00:00:00Z"


@dataclass
class Growing:
    """The servers: every feed keeps all its items, and has one more with each version."""

    version: int = 0

    def feed(self, number: int) -> list[Callable[[Request], Reply]]:
        """What answers for one source, with conditional requests."""

        def reply(request: Request) -> Reply:
            tag = f'"{self.version}"'
            known = (request.header("if-none-match") or b"").decode() == tag
            return (0.02, answer(304, ETag=tag) if known else answer(200, self.body(number), ETag=tag))

        return [reply]

    def body(self, number: int) -> bytes:
        """The whole document."""
        return rss(*(_item(number, place) for place in range(ITEMS + self.version)), title=f"Feed {number}")


def _item(number: int, place: int) -> str:
    kind = "even" if number % 2 == 0 else "odd"
    date = f"{1 + (number + place) % 28:02d} Oct 2026 {place % 24:02d}:{number % 60:02d}:00 GMT"
    link = f"https://s{number}.example/{place}"
    return item(
        f"Item {number}.{place} {kind}",
        guid=f"urn:s{number}:{place}",
        link=link,
        text=f"<p>Words of {number}.{place}</p>",
        date=date,
    )


@dataclass
class Seen:
    """What is counted on the way."""

    killed: Counter[str] = field(default_factory=Counter)
    requests: int = 0


def survive(folder: Path, times: int, seed: int) -> Seen:
    """Kill so many times, every second time a server; raise AssertionError for whatever did not survive."""
    dice, servers, seen = random.Random(seed), Growing(), Seen()
    with FakeWeb({f"/{number}": servers.feed(number) for number in range(SOURCES)}) as web:
        place = _configured(folder / "killed", web)
        for number in range(times):
            servers.version = number * GROWTH // times
            _one_kill(place, web, dice, COMMANDS[number % 2], seen)
        servers.version = GROWTH
        _all_due(place)
        _must_end_well(place)
        seen.requests = len(web.requests)
        _nothing_lost_nothing_twice(place)
        whole = _configured(folder / "whole", web)
        _must_end_well(whole)
        for form in ("atom", "rss", "json"):
            one, other = (where.published()[f"all.{form}"] for where in (place, whole))
            assert one == other, f"all.{form} is not what an undisturbed run publishes"
    return seen


def _configured(folder: Path, web: FakeWeb) -> Place:
    folder.mkdir()
    place = Place(folder)
    sources = "".join(f'[sources.s{number}]\nurl = "{web.url(f"/{number}")}"\n' for number in range(SOURCES))
    topics = '[topics.all]\ntitle = "All"\nlimit = 10000\narchive = false\n[topics.even]\ntitle = "E"\nany = ["even"]\n'
    place.configure(sources + topics)
    return place


def _all_due(place: Place) -> None:
    place.change("UPDATE sources SET next_poll = ? WHERE next_poll IS NOT NULL", _PAST)


def _must_end_well(place: Place) -> None:
    """Fetch, undisturbed; what it said and what the database tells of the polls is the message if it ends otherwise."""
    whole = [sys.executable, "-m", "aggregator", "--config", str(place.folder / "feeds.toml"), "fetch"]
    ended = subprocess.run(whole, check=False, cwd=ROOT, capture_output=True, text=True)
    if ended.returncode:
        standing = place.rows("SELECT name, state, last_status, last_error, next_poll, claimed_by FROM sources")
        told = [ended.stdout, ended.stderr, *map(str, standing), *map(str, sorted(place.folder.iterdir()))]
        raise AssertionError(f"fetch ended with {ended.returncode}:\n" + "\n".join(told))


def _one_kill(place: Place, web: FakeWeb, dice: random.Random, command: tuple[str, ...], seen: Seen) -> None:
    tags = {}
    if (place.folder / "aggregator.db").exists() and place.rows("SELECT 1 FROM sqlite_master WHERE name = 'chores'"):
        _make_due(place, dice)
        tags = dict(place.rows("SELECT name, etag FROM sources WHERE etag <> ''"))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        resting = {name for (name,) in place.rows("SELECT name FROM sources WHERE next_poll > ?", now)}
    else:
        resting = set()
    before = len(web.requests)
    seen.killed[command[0]] += _killed(place, command, dice.uniform(0.15, 2.5))
    for request in web.requests[before:]:
        name = f"s{request.target[1:]}"
        sent = (request.header("if-none-match") or b"").decode()
        assert sent == tags.get(name, ""), f"{name} was asked with {sent or 'nothing'}, and had {tags.get(name)}"
        assert name not in resting, f"{name} was asked before its time"
    _nothing_torn(place)


def _make_due(place: Place, dice: random.Random) -> None:
    """Let time pass for half of them."""
    for number in range(SOURCES):
        if dice.random() < 0.5:
            place.change("UPDATE sources SET next_poll = ? WHERE name = ?", _PAST, f"s{number}")


def _killed(place: Place, command: tuple[str, ...], seconds: float) -> bool:
    """Start it, kill it after so many seconds, and wait until every process of it has ended."""
    whole = [sys.executable, "-m", "aggregator", "--config", str(place.folder / "feeds.toml"), "-q", *command]
    process = subprocess.Popen(whole, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    ended = process.wait()
    deadline = time.monotonic() + 15
    while _lives(process.pid):
        assert time.monotonic() < deadline, "a process of the killed one lives on"
        time.sleep(0.05)
    assert process.stderr is not None
    told = process.stderr.read().decode()
    process.stderr.close()
    # What Python says of semaphores that nobody took away is not ours.
    assert not re.search("aggregator: |Traceback", told), f"{command[0]} ended with {ended}, and said:\n{told}"
    assert ended == -signal.SIGKILL or (ended == 0 and command[0] == "fetch"), ended
    return ended == -signal.SIGKILL


def _lives(group: int) -> bool:
    """Whether a process of the group runs still; one that has ended and that nobody waits for does not."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] not in "ZX":
                return True
    return False


def _nothing_torn(place: Place) -> None:
    """Every published file is whole, and so is the database."""
    public = place.folder / "public"
    for path in public.rglob("*") if public.exists() else ():
        if path.name.startswith(".") or not path.is_file():
            continue
        body = path.read_bytes()
        match path.suffix:
            case ".atom" | ".rss" | ".opml":
                fromstring(body)
            case ".json":
                json.loads(body)
            case ".html":
                assert body.rstrip().endswith(b"</html>"), f"{path} is torn"
    if (place.folder / "aggregator.db").exists():
        assert place.rows("PRAGMA integrity_check") == [("ok",)]


def _nothing_lost_nothing_twice(place: Place) -> None:
    expected = SOURCES * (ITEMS + GROWTH)
    assert place.rows("SELECT count(*), count(DISTINCT uid) FROM items") == [(expected, expected)]
    assert place.rows("SELECT count(DISTINCT guid), count(*) FROM appearances") == [(expected, expected)]
    assert place.rows("SELECT count(*) FROM sources WHERE claimed_by IS NOT NULL") == [(0,)]
    ids = [entry["id"] for entry in json.loads((place.folder / "public/all.json").read_bytes())["items"]]
    assert len(ids) == len(set(ids)) == expected
    hidden = [path for path in (place.folder / "public").rglob(".*") if path.is_file() and path.name != ".lock"]
    assert not hidden, f"temporary files were left: {hidden}"


def main() -> None:
    """Run it, and say what was seen."""
    arguments = argparse.ArgumentParser(description="kill -9, again and again")
    arguments.add_argument("--times", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = arguments.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        seen = survive(Path(folder), options.times, options.seed)
    print(
        f"killed {dict(seen.killed)} of {options.times} runs; {seen.requests} requests for {SOURCES} sources: all well"
    )


if __name__ == "__main__":
    main()
