"""The readers that Debian packages: newsboat, sfeed, and Liferea under a virtual screen."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from readers.seen import Check, Reader, Seen, Tools, at

PACKAGES = ("newsboat", "sfeed", "curl", "liferea", "xvfb", "xauth", "dbus-daemon")
_PATIENCE = 60
_SESSION = """
liferea --disable-plugins --mainwindow-state=hidden &
while [ ! -e "$XDG_DATA_HOME/liferea/liferea.db" ]; do sleep 0.2; done
sleep 3
for url; do liferea --add-feed="$url"; done
wait
"""


def newsboat(tools: Tools, home: Path, urls: Mapping[str, str]) -> dict[str, list[Seen]]:
    """A cache for each feed: of two feeds with one item, newsboat gives the item to the one fetched last."""
    seen = {}
    for form, url in urls.items():
        folder = home / form
        folder.mkdir()
        (folder / "urls").write_text(url + "\n")
        (folder / "config").write_text("")
        files = ("-u", str(folder / "urls"), "-C", str(folder / "config"), "-c", str(folder / "cache.db"))
        tools.run(folder, "newsboat", *files, "-x", "reload")
        rows = _rows(folder / "cache.db", "SELECT title, url, pubDate, author FROM rss_item")
        seen[form] = [Seen(title, link, at(date), author) for title, link, date, author in rows]
    return seen


def sfeed(tools: Tools, home: Path, urls: Mapping[str, str]) -> dict[str, list[Seen]]:
    """Its files have a line an item: time, title, link, content, its type, id, author, enclosure, categories."""
    feeds = "".join(f'feed "{form}" "{url}"\n' for form, url in urls.items())
    (home / "sfeedrc").write_text(f'sfeedpath="{home}/feeds"\nfeeds() {{\n{feeds}}}\n')
    tools.run(home, "sfeed_update", str(home / "sfeedrc"))
    return {form: [_line(line) for line in (home / "feeds" / form).read_text().splitlines()] for form in urls}


def _line(line: str) -> Seen:
    fields = line.split("\t")
    return Seen(fields[1], fields[2], at(int(fields[0])), fields[6])


def liferea(tools: Tools, home: Path, urls: Mapping[str, str]) -> dict[str, list[Seen]]:
    """A window on a virtual screen, told by a second call of the program what to subscribe to; items are in SQLite."""
    settings, database = home / "config" / "liferea", home / "data" / "liferea" / "liferea.db"
    settings.mkdir(parents=True)
    (settings / "feedlist.opml").write_text('<opml version="1.0"><head/><body/></opml>')  # none of its own examples
    quiet = {"GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory", "LIBGL_ALWAYS_SOFTWARE": "1"}
    session = subprocess.Popen(
        ["dbus-run-session", "--", "xvfb-run", "-a", "sh", "-c", _SESSION, "sh", *urls.values()],
        env=tools.environment(home) | quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _await_items(database, len(urls))
        return {form: _stored(database, url) for form, url in urls.items()}
    finally:
        os.killpg(session.pid, signal.SIGTERM)  # the bus, the screen and the window
        session.wait(timeout=30)


def _await_items(database: Path, feeds: int) -> None:
    """Wait until every feed has items, and no more are coming."""
    count, deadline = 0, time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        time.sleep(1)
        found = _rows(database, "SELECT node_id, count(*) FROM items GROUP BY node_id") if database.exists() else []
        before, count = count, sum(number for _, number in found)
        if len(found) == feeds and count == before:
            return


def _stored(database: Path, url: str) -> list[Seen]:
    query = """SELECT title, source, date, (SELECT group_concat(value, ', ') FROM metadata
        WHERE metadata.item_id = items.item_id AND key IN ('author', 'creator'))
        FROM items WHERE node_id = (SELECT node_id FROM subscription WHERE source = ?)"""
    return [Seen(title, link, at(date), author or "") for title, link, date, author in _rows(database, query, url)]


def _rows(database: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        try:
            return db.execute(query, values).fetchall()
        except sqlite3.OperationalError:  # not made yet
            return []


def _has(*programs: str) -> Check:
    return lambda tools: all(map(tools.program, programs))


READERS = (
    Reader("newsboat", ("atom", "rss"), _has("newsboat"), newsboat),
    Reader("sfeed", ("atom", "rss"), _has("sfeed_update", "curl"), sfeed),
    Reader("liferea", ("atom", "rss"), _has("liferea", "xvfb-run", "dbus-run-session"), liferea),
)
