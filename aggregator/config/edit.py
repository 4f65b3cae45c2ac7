"""Sources and topics put into the text of a feeds.toml, of which every letter stays. Only this module imports tomlkit.

tomlkit writes the new tables. It does not place them: it would put a source behind the comment that heads the topics.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from aggregator.errors import UserError

BOM = "\ufeff"
_HEADER = re.compile(r"^[ \t]*\[{1,2}[ \t]*[\w\"'-]", re.MULTILINE)


class EditError(UserError):
    """The file cannot be edited; it is as it was."""


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source to add; `notes` are written below it as comments. What is empty is left out."""

    name: str
    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    full_text: bool = False
    enabled: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to add, which takes everything from these sources."""

    name: str
    title: str
    sources: tuple[str, ...] = ()


def added(text: str, sources: Sequence[NewSource], topics: Sequence[NewTopic] = ()) -> str:
    """Return the TOML text with tables added, nothing of it moved or changed. Raises EditError where that cannot be."""
    bom, text = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    text = _with_tables(text, "sources", {source.name: (_values(source), source.notes) for source in sources})
    return bom + _with_tables(text, "topics", {topic.name: (_topic_values(topic), ()) for topic in topics})


def _values(source: NewSource) -> dict[str, object]:
    given: dict[str, object] = {
        "title": source.title,
        "tags": list(source.tags),
        "topics": list(source.topics),
        "full_text": source.full_text,
    }
    values = {"url": source.url} | {key: value for key, value in given.items() if value}
    return values if source.enabled else values | {"enabled": False}


def _topic_values(topic: NewTopic) -> dict[str, object]:
    return {"title": topic.title, "sources": list(topic.sources)}


_Tables = Mapping[str, tuple[dict[str, object], tuple[str, ...]]]


def _with_tables(text: str, kind: str, tables: _Tables) -> str:
    if not tables:
        return text
    wanted = tomllib.loads(text)
    wanted[kind] = {**wanted.get(kind, {}), **{name: values for name, (values, _) in tables.items()}}
    block = _written(kind, tables).replace("\n", "\r\n" if "\r\n" in text else "\n")
    # Where is a guess, made on lines; that it is right is proved: the whole must mean what was there and what came.
    for place in _places(text, kind):
        result = _spliced(text, place, block)
        if _means(result, wanted):
            return result
    raise EditError(f"nothing can be added to [{kind}] as feeds.toml has it; write each one as [{kind}.name]")


def _written(kind: str, tables: _Tables) -> str:
    """The tables as TOML, a blank line between them."""
    pieces = []
    for name, (values, notes) in tables.items():
        table, parent, document = tomlkit.table(), tomlkit.table(is_super_table=True), tomlkit.document()
        for key, value in values.items():
            table.add(key, value)
        for note in notes:
            table.add(tomlkit.comment(note))
        parent.add(name, table)
        document.add(kind, parent)
        pieces.append(tomlkit.dumps(document))
    return "\n".join(pieces)


def _places(text: str, kind: str) -> Iterator[int]:
    """Where the tables may go, the best place first: behind the last of their kind, before the topics, at the end."""
    last = _last_header(text, kind)
    if last is not None:
        yield _end_of_table(text, last)
    first = _first_header(text, "topics") if kind == "sources" and last is None else None
    if first is not None:
        yield _start_of_heading(text, first)
    yield len(text)


def _headers(text: str, kind: str) -> Iterator[int]:
    header = rf"^[ \t]*\[[ \t]*[\"']?{kind}[\"']?[ \t]*[.\]]"
    return (found.start() for found in re.finditer(header, text, re.MULTILINE))


def _last_header(text: str, kind: str) -> int | None:
    return max(_headers(text, kind), default=None)


def _first_header(text: str, kind: str) -> int | None:
    return min(_headers(text, kind), default=None)


def _end_of_table(text: str, header: int) -> int:
    """The end of the table's lines: a comment right below them is theirs, one that heads what follows is not."""
    following = _HEADER.search(text, text.index("]", header))
    if following is None:
        return len(text)
    lines = text[header : following.start()].splitlines(keepends=True)
    content = max(number for number, line in enumerate(lines) if not _is_blank(line) and not _is_comment(line)) + 1
    behind = lines[content:]
    comments = next((number for number, line in enumerate(behind) if not _is_comment(line)), len(behind))
    end = content + (comments if comments < len(behind) else 0)
    return header + sum(map(len, lines[:end]))


def _start_of_heading(text: str, header: int) -> int:
    """The start of the comment above a header, from which a blank line may part it."""
    lines = text[:header].splitlines(keepends=True)
    number = len(lines)
    while number and _is_blank(lines[number - 1]):
        number -= 1
    if not number or not _is_comment(lines[number - 1]):
        return header
    while number and _is_comment(lines[number - 1]):
        number -= 1
    return sum(map(len, lines[:number]))


def _is_blank(line: str) -> bool:
    return not line.strip()


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _spliced(text: str, place: int, block: str) -> str:
    """The block at its place, blank lines around it."""
    end = "\r\n" if "\r\n" in block else "\n"
    before, after = text[:place], text[place:]
    lead = "" if not before or before.endswith((end * 2, "\n\n")) else end if before.endswith("\n") else end * 2
    trail = "" if not after or _is_blank(after.splitlines()[0]) else end
    return before + lead + block + trail + after


def _means(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False
