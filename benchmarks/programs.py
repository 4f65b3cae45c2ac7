"""The programs that are compared: how each is set up with some feeds, and how one poll of all of them is run."""

import os
import shlex
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.web import Web

_HEAD = """[site]
title = "Benchmark"
base_url = "https://feeds.example/"
[polling]
allow_private_addresses = true
{polling}
"""
_READER = """
import sys
from reader import make_reader
with make_reader(sys.argv[1], feed_root=None) as reader:
    if len(sys.argv) > 2:
        for url in open(sys.argv[2]).read().split():
            reader.add_feed(url)
    else:
        reader.update_feeds(scheduled=False, workers=8)
"""
_SFEED = """
sfeedpath={folder}/feeds
maxjobs=8
fetch() {{
    curl -L --max-redirs 0 -f -s -m 15 --etag-compare "{folder}/etags/$1" --etag-save "{folder}/etags/$1" "$2"
}}
feeds() {{
{feeds}
}}
"""


@dataclass(frozen=True, slots=True)
class Program:
    """A program set up in a folder: `first` is run once beforehand, `due` is called before each poll, `poll` is it."""

    poll: tuple[str, ...]
    first: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    due: Callable[[], None] = lambda: None


Setup = Callable[[Path, Web], Program]


def feeds_toml(web: Web, topics: str, *, polling: str = "", source: str = "") -> str:
    """Return a feeds.toml with every feed as a source."""
    sources = "".join(f'[sources.s{number}]\nurl = "{url}"\n{source}\n' for number, url in enumerate(web.urls))
    return _HEAD.format(polling=polling) + sources + topics


ALL = '[topics.all]\ntitle = "All"\n'
PLAIN = "dedupe = false"


def ours(topics: str = ALL, source: str = "") -> Setup:
    """Return the set-up of this program, as `aggregator fetch`, publication included."""

    def set_up(folder: Path, web: Web) -> Program:
        (folder / "feeds.toml").write_text(feeds_toml(web, topics, source=source))
        command = (sys.executable, "-m", "aggregator", "--config", str(folder / "feeds.toml"), "-q", "fetch")
        compiled = {"PYTHONDONTWRITEBYTECODE": ""}  # by the first run, as what pip installs is: the others are that too
        return Program(command, env=compiled, due=lambda: make_due(folder / "aggregator.db"))

    return set_up


def make_due(database: Path) -> None:
    """Let every source be due, as time would."""
    if database.exists():
        with sqlite3.connect(database) as db:
            db.execute("UPDATE sources SET next_poll = '2026-01-01T00:00:00Z'")
        db.close()


def reader(python: Path) -> Setup:
    """Return the set-up of `reader`, with its own threads, in the virtual environment of `python`."""

    def set_up(folder: Path, web: Web) -> Program:
        (folder / "urls").write_text("\n".join(web.urls))
        (folder / "poll.py").write_text(_READER)
        command = (str(python), str(folder / "poll.py"), str(folder / "reader.db"))
        return Program(command, (*command, str(folder / "urls")))

    return set_up


def feed2exec(python: Path) -> Setup:
    """Return the set-up of feed2exec; its output goes nowhere."""

    def set_up(folder: Path, web: Web) -> Program:
        sections = (
            f"[s{number}]\nurl = {url}\noutput = feed2exec.plugins.echo\n" for number, url in enumerate(web.urls)
        )
        (folder / "feed2exec.ini").write_text("\n".join(sections))
        files = ("--config", str(folder / "feed2exec.ini"), "--database", str(folder / "feed2exec.db"))
        command = (str(python.parent / "feed2exec"), *files, "fetch", "--parallel", "--jobs", "8")
        return Program(command, env=_home(folder))

    return set_up


def newsboat(folder: Path, web: Web) -> Program:
    """Set newsboat up, with eight threads."""
    (folder / "urls").write_text("\n".join(web.urls) + "\n")
    (folder / "config").write_text("reload-threads 8\n")
    files = ("-u", str(folder / "urls"), "-c", str(folder / "cache.db"), "-C", str(folder / "config"))
    return Program(("newsboat", *files, "-x", "reload"), env=_home(folder))


def sfeed(folder: Path, web: Web) -> Program:
    """Set sfeed up with eight jobs, and ETags, which it does not have by itself."""
    (folder / "etags").mkdir()
    feeds = "\n".join(f'    feed s{number} "{url}"' for number, url in enumerate(web.urls))
    (folder / "sfeedrc").write_text(_SFEED.format(folder=folder, feeds=feeds))
    # Where nothing has come there is nothing to parse, and sfeed_update ends with an error.
    command = f"sfeed_update {shlex.quote(str(folder / 'sfeedrc'))} || true"
    return Program(("sh", "-c", command), env=_home(folder))


def curl(folder: Path, web: Web) -> Program:
    """Set curl up to fetch everything, or, once it has done so, to ask whether it has changed; it parses nothing."""
    lines = (f'url = "{url}"\noutput = "{folder}/{number}"' for number, url in enumerate(web.urls))
    (folder / "everything").write_text("\n".join(lines))
    command = ["curl", "-s", "--parallel", "--parallel-immediate", "--parallel-max", "64", "-K", str(folder / "config")]

    def due() -> None:
        again = f'header = "If-Modified-Since: {web.modified}"\n' if (folder / "0").exists() else ""
        (folder / "config").write_text(again + (folder / "everything").read_text())

    return Program(tuple(command), due=due)


def _home(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder), "TERM": "dumb"}


def named(names: Iterable[str], python: Path) -> dict[str, Setup]:
    """Return the set-ups of these programs; `python` is that of the environment with the Python peers."""
    known: dict[str, Setup] = {
        "aggregator": ours(),
        "polls-alone": ours(""),
        "reader": reader(python),
        "feed2exec": feed2exec(python),
        "newsboat": newsboat,
        "sfeed": sfeed,
        "curl": curl,
    }
    return {name: known[name] for name in names}


def limit_files(number: int = 16_000) -> None:
    """Let what is started have so many open files, or as many as it may."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number if hard == resource.RLIM_INFINITY else min(number, hard), hard))
    os.environ.pop("http_proxy", None)
