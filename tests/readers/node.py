"""The readers on npm: rss-parser and feedsmith, run by node."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from readers.seen import Check, Read, Reader, Seen, Tools

PACKAGES = ("rss-parser", "feedsmith")

_RSS_PARSER = """
const Parser = require("rss-parser");
async function read(url) {
  const feed = await new Parser().parseURL(url);
  return feed.items.map((item) => [item.title, item.link, item.isoDate, item.creator ?? item.author ?? ""]);
}
"""

_FEEDSMITH = """
const { parseFeed } = require("feedsmith");
const names = (authors) => (authors ?? []).map((author) => author.name ?? author).join(", ");
const forms = {
  atom: (item) => [item.title.value ?? item.title, item.links.find((link) => link.rel === "alternate").href,
                   item.published, names(item.authors)],
  rss: (item) => [item.title, item.link, item.pubDate, names(item.dc?.creators)],
  json: (item) => [item.title, item.url, item.date_published, names(item.authors)],
};
async function read(url) {
  const { format, feed } = parseFeed(await (await fetch(url)).text());
  return (feed.items ?? feed.entries).map(forms[format]);
}
"""

_MAIN = """
Promise.all(process.argv.slice(1).map(read)).then((found) => console.log(JSON.stringify(found.map((items) =>
  items.map(([title, link, date, author]) => [title, link, new Date(date).toISOString(), author])))));
"""


def _read(script: str) -> Read:
    def read(tools: Tools, home: Path, urls: Mapping[str, str]) -> dict[str, list[Seen]]:
        found = json.loads(tools.run(home, "node", "-e", script + _MAIN, *urls.values()))
        return {
            form: [Seen(title, link, datetime.fromisoformat(date), author) for title, link, date, author in items]
            for form, items in zip(urls, found, strict=True)
        }

    return read


def _has(package: str) -> Check:
    def is_installed(tools: Tools) -> bool:
        return bool(tools.program("node")) and (tools.folder / "node_modules" / package).is_dir()

    return is_installed


READERS = (
    Reader("rss-parser", ("atom", "rss"), _has("rss-parser"), _read(_RSS_PARSER)),
    Reader("feedsmith", ("atom", "rss", "json"), _has("feedsmith"), _read(_FEEDSMITH)),
)
