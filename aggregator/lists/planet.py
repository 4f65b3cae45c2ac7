"""The subscriptions of a planet's INI file: Planet, Planet Venus, and Pluto, whose sections have names of their own."""

import re
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error, ParsingError

from aggregator.lists.values import Listing, Remark, Subscription
from aggregator.model import Unreadable
from aggregator.reading.encoding import decode
from aggregator.reading.html import one_line

_SECTION = re.compile(r"\[(.+)\]\s*")
_LONGEST = 500
# What a planet does to the items of a feed, by the key of its section.
_NOTED = {
    "filter": "the planet kept only what matched",
    "include": "the planet kept only what matched",
    "includes": "the planet kept only what matched",
    "exclude": "the planet dropped what matched",
    "filters": "the planet ran the filters",
    "new_feed_items": "the planet showed at most so many of its items (here: a topic's max_per_source)",
}
_NAMES = ("name", "title")


def is_planet(body: bytes) -> bool:
    """Whether this is an INI file, and so no OPML."""
    return bool(re.match(rb"(?:\xef\xbb\xbf)?(?:\s|[#;][^\n]*\n)*(?:\[[^\n]*\]|[\w.-]+[ \t]*[=:])", body[:100_000]))


def read_planet(body: bytes) -> Listing:
    """Read a configuration. Never raises, for any bytes; lines that cannot be read are passed over with a warning."""
    text = decode(body)
    if isinstance(text, Unreadable):
        return Listing(warnings=(Remark(1, text.reason),))
    parser, warnings = _parsed(text)
    headers = ((_SECTION.fullmatch(line), number) for number, line in enumerate(text.split("\n"), 1))
    lines = {header[1]: number for header, number in headers if header}
    subscriptions: list[Subscription] = []
    skipped: list[Remark] = []
    for section in parser.sections():
        values, line = dict(parser[section]), lines.get(section, 1)
        url = one_line(section if "://" in section else values.get("feed") or "")
        if values.get("content_type"):
            skipped.append(Remark(line, f"{one_line(section)}: this names another list; fetch it and import it too"))
        elif url:
            subscriptions.append(Subscription(line, url, _name(values), notes=tuple(_notes(values))))
    return Listing(tuple(subscriptions), tuple(skipped), warnings)


def _parsed(text: str) -> tuple[ConfigParser, tuple[Remark, ...]]:
    parser = ConfigParser(interpolation=None, strict=False, allow_no_value=True, default_section="\0")
    try:
        parser.read_string("[\1]\n" + text)  # Pluto has keys before its first section
    except ParsingError as error:  # raised at the end: what could be read has been
        return parser, tuple(Remark(line - 1, "this line could not be read") for line, _ in error.errors[:20])
    except Error as error:
        return parser, (Remark(1, f"this could not be read: {one_line(error.message)[:_LONGEST]}"),)
    return parser, ()


def _name(values: Mapping[str, str | None]) -> str:
    return one_line(next(filter(None, (values.get(key) for key in _NAMES)), ""))[:_LONGEST]


def _notes(values: Mapping[str, str | None]) -> Iterator[str]:
    for key, meaning in _NOTED.items():
        if text := one_line(values.get(key) or ""):
            yield f"{meaning}: {text[:_LONGEST]}"
