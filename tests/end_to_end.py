"""The product as a whole, from outside: a clean clone, the README's first command, kill -9, output read back.

    python tests/end_to_end.py

Takes minutes, needs the package registry, and is run by .ci/run; pytest does not collect it.
"""

import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser
from fakeweb import FakeWeb, Reply, Request, answer
from places import Place, item, rss

ROOT = Path(__file__).parent.parent
SOURCES, ITEMS, KILLS = 40, 8, 12


def main() -> None:
    """Run all of it, and say what was seen."""
    for check in (first_command, survives_kill):
        with tempfile.TemporaryDirectory() as folder:
            print(f"-- {check.__doc__}")
            check(Path(folder))


def first_command(folder: Path) -> None:
    """The README's first command, in a fresh clone, where no source can be reached."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    command = re.findall(r"```sh\n(.*?)\n```", (clone / "README.md").read_text(), re.DOTALL)[0]
    done = subprocess.run(command, shell=True, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    public = clone / "public"
    names = {path.name for path in public.iterdir()}
    for topic in ("world", "russia-us"):
        assert {f"{topic}.{form}" for form in ("atom", "rss", "json", "html")} <= names
    assert {"index.html", "status.html", "status.json", "topics.opml", "items"} <= names
    seeds = {entry["title"] for entry in json.loads((public / "russia-us.json").read_bytes())["items"]}
    assert len(seeds) == len(list((clone / "seeds").iterdir())) == 4, seeds
    assert "bbc-world" in done.stdout
    read_back(public, "world")
    print(done.stdout)


def survives_kill(folder: Path) -> None:
    """kill -9 in the middle of fetch, again and again: nothing lost, nothing twice, nothing torn, nothing asked in vain."""
    place = Place(folder)
    script = {f"/{number}": _feed(number) for number in range(SOURCES)}
    seed = random.randrange(10**6)
    print(f"   seed {seed}")
    dice = random.Random(seed)
    with FakeWeb(script) as web:
        sources = "".join(f'[sources.s{number}]\nurl = "{web.url(f"/{number}")}"\n' for number in range(SOURCES))
        place.configure(
            sources + '[topics.all]\ntitle = "All"\nlimit = 1000\n[topics.even]\ntitle = "E"\nany = ["even"]\n'
        )
        assert place.run("-q", "fetch", "s0") == 0
        killed = sum(_killed_after(place, dice.uniform(0.2, 2.5)) for _ in range(KILLS))
        finished = dict(place.rows("SELECT source, count(*) FROM polls WHERE status = 200 GROUP BY source"))
        assert place.run("-q", "fetch") == 0
        for number in range(SOURCES):
            asked = web.asked(f"/{number}")
            bare = [request.target for request in asked if request.header("if-none-match") is None]
            spare = killed - finished.get(f"s{number}", 0) + 1
            assert len(bare) <= 1 + spare, f"source {number} was asked {len(bare)} times without validators"
        assert all(count == 1 for count in finished.values()), "a source was polled again before its time"
        before = place.published()
        asked_so_far = len(web.requests)
        assert place.run("-q", "fetch", "--force") == 0
        again = web.requests[asked_so_far:]
        assert len(again) == SOURCES
        bare = [request.target for request in again if request.header("if-none-match") is None]
        troubled = place.rows("SELECT source, at, status, error FROM polls WHERE error IS NOT NULL")
        assert not bare, f"forced polls without validators: {bare}; {troubled}"
        assert place.published() == before, "a poll that brought nothing changed the output"
    assert place.rows("PRAGMA integrity_check") == [("ok",)]
    assert place.rows("SELECT count(*), count(DISTINCT uid) FROM items") == [(SOURCES * ITEMS, SOURCES * ITEMS)]
    assert not [path for path in (folder / "public").rglob("*") if path.name.startswith(".") and path.is_file()
                and path.name != ".lock"], "a temporary file was left"  # fmt: skip
    read_back(folder / "public", "all")
    print(f"   killed {killed} of {KILLS} runs; {len(web.requests)} requests for {SOURCES} sources")


def _feed(number: int) -> list[Callable[[Request], Reply]]:
    kind = "even" if number % 2 == 0 else "odd"
    day = f"{1 + number % 28:02d} Oct 2026 08:00:00 GMT"
    items = (
        item(f"Item {number}.{place} {kind}", guid=f"urn:s{number}:{place}", link=f"https://s{number}.example/{place}",
             text=f"<p>Words of {number}.{place}</p>", date=day) for place in range(ITEMS)
    )  # fmt: skip
    body = rss(*items, title=f"Feed {number}")

    def reply(request: Request) -> Reply:
        known = request.header("if-none-match") == b'"1"'
        return (0.02, answer(304) if known else answer(200, body, ETag='"1"'))

    return [reply]


def _killed_after(place: Place, seconds: float) -> bool:
    command = [sys.executable, "-m", "aggregator", "--config", str(place.folder / "feeds.toml"), "-q", "fetch"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    for path in (place.folder / "public").rglob("*.*"):
        if path.suffix in (".atom", ".rss", ".opml"):
            assert path.read_bytes().rstrip().endswith(b">"), f"{path} is torn"
    return process.wait() == -signal.SIGKILL


def read_back(public: Path, topic: str) -> None:
    """All three formats give the same ids, titles, links and dates, to two parsers that are not ours."""
    feed = json.loads((public / f"{topic}.json").read_bytes())
    expected = [_of_json(entry) for entry in feed["items"]]
    assert expected
    for form in ("atom", "rss"):
        body = (public / f"{topic}.{form}").read_bytes()
        parsed = feedparser.parse(body)
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert [_of_feedparser(entry) for entry in parsed.entries] == expected, f"{topic}.{form} by feedparser"
        entries = fastfeedparser.parse(body).entries
        assert [_of_fastfeedparser(entry) for entry in entries] == expected, f"{topic}.{form} by fastfeedparser"


def _of_json(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    return entry["id"], entry["title"], entry["url"], entry["date_published"][:19]


def _of_feedparser(entry: Any) -> tuple[str, str, str, str]:
    return entry.id, entry.title, entry.link, time.strftime("%Y-%m-%dT%H:%M:%S", entry.published_parsed)


def _of_fastfeedparser(entry: Any) -> tuple[str, str, str, str]:
    return entry.id, entry.title, entry.link, entry.published[:19]


if __name__ == "__main__":
    main()
    print("end to end: all well")
