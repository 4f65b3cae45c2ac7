"""A folder with a feeds.toml, and the commands run in it as a user would."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clusters
import feedparser

from aggregator.cli import run

HEAD = """
[site]
title = "Test"
base_url = "https://feeds.example.org/"
[polling]
allow_private_addresses = true
host_delay = "0s"
"""


@dataclass(frozen=True)
class Place:
    """Where a feeds.toml lies, its database beside it and its output below it."""

    folder: Path

    def configure(self, text: str, head: str = HEAD) -> None:
        """Write feeds.toml; where the tests' polls are switched to a cluster, it names that."""
        if clusters.address() and "[polling]" in head:
            head = head.replace("[polling]", f'[polling]\ncluster = "{clusters.address()}"', 1)
        (self.folder / "feeds.toml").write_text(head + text, encoding="utf-8")

    def save(self, files: Mapping[str, str | bytes]) -> None:
        """Write files by their path."""
        for path, text in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode() if isinstance(text, str) else text)

    def run(self, *arguments: str) -> int:
        """Run a command and return its exit code."""
        return run(["--config", str(self.folder / "feeds.toml"), *arguments])

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with sqlite3.connect(self.folder / "aggregator.db") as db:
            found = db.execute(query, values).fetchall()
        db.close()
        return found

    def change(self, statement: str, *values: object) -> None:
        """Change the database, as time or another program might have."""
        with sqlite3.connect(self.folder / "aggregator.db") as db:
            db.execute(statement, values)
        db.close()

    def let_time_pass(self) -> None:
        """Make every source due."""
        self.change("UPDATE sources SET next_poll = '2026-01-01T00:00:00Z'")

    def feed(self, topic: str, form: str = "atom") -> Any:
        """A published feed as feedparser reads it."""
        return feedparser.parse((self.folder / "public" / f"{topic}.{form}").read_bytes())

    def titles(self, topic: str) -> list[str]:
        """The titles of a topic's feed, in order."""
        return [entry.title for entry in self.feed(topic).entries]

    def published(self) -> dict[str, bytes]:
        """Every published file but those that tell of polls."""
        root = self.folder / "public"
        files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
        return {name: path.read_bytes() for name, path in files.items() if not name.startswith("status.")}

    def status(self) -> Any:
        """public/status.json."""
        return json.loads((self.folder / "public" / "status.json").read_bytes())


def rss(*items: str, title: str = "A feed", link: str = "https://a.example/", more: str = "") -> bytes:
    """An RSS document around items."""
    head = f"<title>{title}</title><link>{link}</link><description>d</description>{more}"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def item(
    title: str, guid: str = "", link: str = "", text: str = "", date: str = "Sun, 01 Nov 2026 08:00:00 GMT"
) -> str:
    """An RSS item; what is empty is left out."""
    parts = {
        "title": title,
        "link": link,
        "guid": guid,
        "description": text.replace("&", "&amp;").replace("<", "&lt;"),
        "pubDate": date,
    }
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value) + "</item>"
