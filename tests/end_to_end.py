"""The product as a whole, from outside: a clean clone, the README's first command, kill -9, output read back.

    python tests/end_to_end.py

Takes minutes, needs the package registry, and is run by .ci/run; pytest does not collect it.
"""

import json
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser
import kills

ROOT = Path(__file__).parent.parent
KILLS = 16


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
    """kill -9 in the middle of fetch and of a server, again and again: nothing lost, nothing twice, nothing torn."""
    seed = random.randrange(10**6)
    print(f"   seed {seed}")
    seen = kills.survive(folder, KILLS, seed)
    read_back(folder / "killed" / "public", "all")
    print(f"   killed {dict(seen.killed)} of {KILLS} runs; {seen.requests} requests")


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
