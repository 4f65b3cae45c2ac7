"""The fields between `---` lines at the top of a text: YAML's scalars and lists; what holds anything else is text."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aggregator.reading.dateline import dates_in
from aggregator.reading.html import one_line
from aggregator.reading.urls import web_url

_OPENS = re.compile(r"\ufeff?\s*---[ \t]*(?:\r\n?|\n)")
_LONGEST = 200  # lines
_FIELD = re.compile(r"(?P<key>[A-Za-z][\w .-]{0,40}?)\s*:(?:\s+(?P<value>.*))?$")
_KEYS = {
    "title": ("title", "headline"),
    "published": ("date", "published", "created", "pubdate"),
    "updated": ("updated", "modified", "lastmod"),
    "url": ("url", "link", "source", "canonical"),
    "authors": ("author", "authors", "by"),
    "tags": ("tags", "tag", "categories", "category", "keywords"),
    "summary": ("summary", "description", "excerpt"),
    "language": ("lang", "language"),
}
_KNOWN = {key: field for field, keys in _KEYS.items() for key in keys}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands above a text, and the text with empty lines in its place, so that the others keep their numbers."""

    body: str
    title: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    summary: str = ""
    language: str = ""
    evidence: tuple[tuple[str, str], ...] = ()


def read_front_matter(text: str) -> FrontMatter:
    """The front matter of a text; where there is none, or one that cannot be read, all of it is `body`."""
    opening = _OPENS.match(text)
    if not opening:
        return FrontMatter(text)
    lines = re.split(r"\r\n?|\n", text[: opening.end() + 50_000])
    first = len(re.findall(r"\r\n?|\n", opening[0]))
    last = next(
        (n for n in range(first, min(len(lines), first + _LONGEST)) if lines[n].rstrip() in {"---", "..."}), None
    )
    values = _values(lines[first:last]) if last is not None else None
    if not values:
        return FrontMatter(text)
    return _filled(FrontMatter(_below(text, last or 0)), values)


def _below(text: str, last: int) -> str:
    """The text below that line, counted from 0, with empty lines in the place of those above."""
    ends = re.finditer(r"\r\n?|\n", text)
    end = next((found.end() for count, found in enumerate(ends) if count == last), len(text))
    return "\n" * (last + 1) + text[end:]


def _values(lines: list[str]) -> dict[str, list[str]] | None:
    """Each known field with its values; None where a line is no field of ours, or none is known."""
    values: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("- ") or bare == "-":
            current += [_scalar(bare[1:])]
        elif line[0] in " \t" and values:
            current[-1:] = [f"{current[-1]} {_scalar(bare)}".strip() if current else _scalar(bare)]
        elif field := _FIELD.match(line.rstrip()):
            current = _list(field["value"] or "")
            values[_KNOWN.get(field["key"].lower().strip(), "?" + field["key"])] = current
        else:
            return None
    return values if any(not key.startswith("?") for key in values) else None


def _list(value: str) -> list[str]:
    value = value.strip()
    if value in {"|", ">", "|-", ">-", ""}:
        return []
    if value.startswith("[") and value.endswith("]"):
        return [_scalar(item) for item in value[1:-1].split(",")]
    return [_scalar(value)]


def _scalar(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return "" if value in {"null", "~"} else value


def _filled(front: FrontMatter, values: dict[str, list[str]]) -> FrontMatter:
    single = {key: one_line(items[0]) if items else "" for key, items in values.items()}
    published, updated = _date(single.get("published", "")), _date(single.get("updated", ""))
    found = replace(
        front,
        title=single.get("title", ""),
        url=web_url(single.get("url", "")),
        authors=_split(values.get("authors", []), r"\s+and\s+|\s*[;,]\s*"),
        published=published,
        updated=updated,
        tags=_split(values.get("tags", []), r"\s*[;,]\s*"),
        summary=single.get("summary", ""),
        language=single.get("language", ""),
    )
    names = {
        "title": found.title,
        "author": found.authors,
        "published": published,
        "updated": updated,
        "url": found.url,
    }
    return replace(found, evidence=tuple((name, "front matter") for name, value in names.items() if value))


def _split(items: list[str], separator: str) -> tuple[str, ...]:
    parts = items if len(items) > 1 else re.split(separator, items[0]) if items else []
    return tuple(dict.fromkeys(part for part in map(one_line, parts) if part))


def _date(value: str) -> datetime | None:
    """An ISO 8601 date as YAML writes it, else whatever date the value plainly holds."""
    try:
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        return next((found.when for found in dates_in(value)), None)
    try:
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:  # year 1 or 9999, moved over the edge by its zone
        return None
