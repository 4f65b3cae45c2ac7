"""Real feed readers subscribed to what we publish: every item is stored with its right title, date, link and author.

    python tests/real_readers.py [--install] [--tools DIR] [READER ...]

Makes a small site from files of its own under `aggregator serve`, and needs no network but for --install, which fetches
the readers from PyPI and npm into DIR (a temporary folder if not given), and as root from Debian. A reader that is not
installed is skipped, and said so. Exit 1 on a difference that is not a known fault of the reader. pytest does not
collect it.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import installing
from loopback import free_port, serving
from places import Place
from readers import debian, node, python
from readers.sample import EXPECTED, FEEDS_TOML, FILES
from readers.seen import Reader, ReaderError, Seen, Tools

FORMS = ("atom", "rss", "json")
READERS = (*debian.READERS, *python.READERS, *node.READERS)


@dataclass(frozen=True)
class Fault:
    """A known fault of a reader: what it `shows` for one field of one item of the sample, in which formats, and why."""

    reader: str
    forms: tuple[str, ...]
    item: str
    field: str
    shows: str
    why: str


_BOTH = ("atom", "rss")
FAULTS = (
    Fault("newsboat", ("rss",), "two authors", "author", "Charles Babbage", "keeps the last dc:creator"),
    Fault("sfeed", _BOTH, "two authors", "author", "Ada Byron", "keeps the first author"),
    Fault("liferea", ("rss",), "entity", "title", 'What © stands for: Tom & Jerry\'s "Oaks"', "unescapes RSS titles"),
    Fault("rss2email", ("atom",), "two authors", "author", "Charles Babbage", "a mail has one sender"),
    Fault("rss2email", ("rss",), "two authors", "author", "Ada Byron", "a mail has one sender"),
    Fault("rss2email", ("atom",), "entity", "title", 'What © stands for: Tom & Jerry\'s "Oaks"', "unescapes any title"),
    Fault(
        "rss2email", ("rss",), "entity", "title", 'What (C) stands for: Tom & Jerry\'s "Oaks"', "unescapes any title"
    ),
    Fault("feed2exec", _BOTH, "two authors", "author", "Charles Babbage", "keeps the last author"),
    Fault("reader", _BOTH, "two authors", "author", "Charles Babbage", "keeps the last author of XML"),
    Fault("rss-parser", _BOTH, "two authors", "author", "Ada Byron", "keeps the first author"),
)


@dataclass(frozen=True)
class Difference:
    """What a reader shows and should not; `why` is "" where that is news."""

    reader: str
    form: str
    item: str
    field: str
    shows: object
    should: object
    why: str = ""

    def __str__(self) -> str:
        known = f" (known: {self.why})" if self.why else ""
        return (
            f"{self.reader}, {self.form}: {self.item}: {self.field} is {self.shows!r}, should be {self.should!r}{known}"
        )


def main() -> int:
    """Publish, subscribe, compare, and print a table and all differences."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        tools = Tools(options.tools or Path(folder) / "tools")
        if options.install:
            _install(tools.folder)
        place = Place(Path(folder) / "site")
        port = free_port()
        url = f"http://127.0.0.1:{port}/"
        published = _publish(place, url)
        with serving(place.folder / "feeds.toml", port):
            print(f"{len(published)} items published at {url}\n\n{'':12}" + "".join(f"{form:>8}" for form in FORMS))
            chosen = [reader for reader in READERS if reader.name in options.readers or not options.readers]
            differences = [found for reader in chosen for found in _try(reader, tools, Path(folder), url, published)]
    print()
    for difference in differences:
        print(difference)
    new = [difference for difference in differences if not difference.why]
    print(f"{len(differences)} differences, {len(new)} of them new")
    return 1 if new else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Subscribes real feed readers to a small site and compares.")
    parser.add_argument("--install", action="store_true", help="install the readers that can be installed quickly")
    parser.add_argument("--tools", type=Path, metavar="DIR", help="where readers from PyPI and npm are, or will be")
    parser.add_argument("readers", nargs="*", metavar="READER", help="only these: " + " ".join(r.name for r in READERS))
    return parser.parse_args()


def _publish(place: Place, url: str) -> dict[str, Seen]:
    """The site's items by their name in the sample, after they were found to be published as the sample demands."""
    place.save(FILES)
    place.configure(FEEDS_TOML.format(base_url=url), head="")
    assert place.run("-q", "fetch") == 0
    items = json.loads((place.folder / "public" / "everything.json").read_bytes())["items"]
    found = {item["title"]: item for item in items}
    published = {}
    for expected in EXPECTED:
        item = found[expected.title]
        date = datetime.fromisoformat(item["date_published"])
        author = ", ".join(author["name"] for author in item["authors"])
        assert author == ", ".join(expected.authors), item
        assert date == (expected.date or date), item
        assert item["url"] == expected.link or (not expected.link and item["url"].startswith(f"{url}items/")), item
        published[expected.key] = Seen(expected.title, item["url"], date, author)
    assert len(items) == len(EXPECTED)
    return published


def _try(reader: Reader, tools: Tools, folder: Path, url: str, published: Mapping[str, Seen]) -> Iterator[Difference]:
    """Subscribe one reader to the formats it knows, print its line of the table, and give back what differs."""
    if not reader.is_installed(tools):
        print(f"{reader.name:12}  skipped: not installed")
        return
    home = folder / reader.name
    home.mkdir()
    try:
        seen = reader.read(tools, home, {form: f"{url}everything.{form}" for form in reader.forms})
    except ReaderError as error:
        print(f"{reader.name:12}  failed")
        yield Difference(reader.name, "all", "all", "reading", str(error), "done")
        return
    cells = dict.fromkeys(FORMS, "-")
    for form, items in seen.items():
        differences = list(_compare(reader.name, form, items, published))
        wrong = {difference.item for difference in differences}
        cells[form] = f"{len(published) - len(wrong & set(published))}/{len(published)}"
        yield from differences
    print(f"{reader.name:12}" + "".join(f"{cells[form]:>8}" for form in FORMS))


def _compare(reader: str, form: str, items: list[Seen], published: Mapping[str, Seen]) -> Iterator[Difference]:
    by_link = {item.link: item for item in items}
    for key, should in published.items():
        seen = by_link.pop(should.link, None)
        if seen is None:
            yield Difference(reader, form, key, "link", "nowhere", should.link)
            continue
        for field in ("title", "date", "author"):
            shows, wanted = getattr(seen, field), getattr(should, field)
            if shows != wanted:
                yield Difference(reader, form, key, field, shows, wanted, _known(reader, form, key, field, shows))
    for extra in by_link.values():
        yield Difference(reader, form, extra.title, "item", extra.link, "no item of ours")
    if len(items) != len(published):
        yield Difference(reader, form, "all", "number", len(items), len(published))


def _known(reader: str, form: str, item: str, field: str, shows: object) -> str:
    asked = (reader, item, field, shows)
    return next((f.why for f in FAULTS if (f.reader, f.item, f.field, f.shows) == asked and form in f.forms), "")


def _install(folder: Path) -> None:
    """The readers from PyPI and npm into the folder, those of Debian into the system, unless they are there."""
    installing.from_pypi(folder, *python.PACKAGES)
    installing.from_npm(folder, *node.PACKAGES)
    if not all(reader.is_installed(Tools(folder)) for reader in debian.READERS):
        installing.from_debian(*debian.PACKAGES)


if __name__ == "__main__":
    sys.exit(main())
