"""Reads a feeds.toml into a `Config`, or tells everything that is wrong with it at once. Writes nothing."""

import gc
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from aggregator.config.naming import NAME, RESERVED
from aggregator.config.problems import ConfigError, Problem, Problems, suggestion
from aggregator.config.resolve import resolve_sources, resolve_topics
from aggregator.config.schema import PollingTable, SiteTable, SourceTable, TopicTable, explain
from aggregator.config.values import Config, Polling, Site

_Table = TypeVar("_Table", bound=BaseModel)

_TABLES = ("site", "polling", "sources", "topics")
_STAND_INS = {"title": "?", "base_url": "https://stand-in.invalid/", "url": "https://stand-in.invalid/", "path": "?"}
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def load(path: Path) -> Config:
    """Read and check the file. Raises ConfigError with every problem in it."""
    with _uncollected():
        return interpret(path, read(path))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of cycles from it: there are none, and it doubles the time for 100,000 sources.

    Nor need it look later, again and again, at what is there once the file has been read for the first time: modules
    and sources, which stay.
    """
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
        gc.enable()


def interpret(path: Path, text: str) -> Config:
    """Check `text` as if it stood in the file at `path`. Raises ConfigError with every problem in it."""
    document = _document(path, text)
    problems = Problems(path, text)
    for name in document:
        if name not in _TABLES:
            problems.add((name,), f"there is no such table{suggestion(name, _TABLES)}")
    site = _table(SiteTable, document.get("site", {}), ("site",), problems)
    polling = _table(PollingTable, document.get("polling", {}), ("polling",), problems)
    sources = _tables(SourceTable, document, "sources", problems)
    topics = _tables(TopicTable, document, "topics", problems)
    defaults = _polling(polling or PollingTable())
    found_sources = resolve_sources(
        sources, defaults, path.absolute().parent, topics or document.get("topics", {}), problems
    )
    found_topics = resolve_topics(topics, sources, document.get("sources", {}), problems)
    problems.raise_if_any()
    assert site is not None  # noqa: S101 - a table that is None has left a problem behind
    return Config(path.absolute(), _site(site, path.absolute().parent), defaults, found_sources, found_topics)


def read(path: Path) -> str:
    """Return the text of the file, without a byte order mark. Raises ConfigError where it cannot be had."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        message, line = 'there is no such file; "aggregator init" writes one to start from', 1
    except OSError as error:
        message, line = f"cannot be read: {error.strerror}", 1
    except UnicodeDecodeError as error:
        message, line = "is not in UTF-8; save it as UTF-8", error.object[: error.start].count(b"\n") + 1
    raise ConfigError(path, (Problem(line, "", message),))


def _document(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        message = f"this is not TOML: {_TOML_PLACE.sub('', str(error)).lower()}"
    raise ConfigError(path, (Problem(line, "", message),))


def _tables(model: type[_Table], document: dict[str, Any], kind: str, problems: Problems) -> dict[str, _Table]:
    """The tables of one kind that are right; of the others the problems are noted."""
    given = document.get(kind, {})
    if not isinstance(given, dict):
        problems.add((kind,), f"must be tables, each written as [{kind}.name]")
        return {}
    found = {}
    for name, values in given.items():
        if not NAME.fullmatch(name):
            problems.add((kind, name), "a name is made of 1 to 64 of a-z, 0-9 and -")
        elif kind == "topics" and name in RESERVED:
            problems.add((kind, name), f"the names {', '.join(RESERVED)} are taken; choose another")
        table = _table(model, values, (kind, name), problems)
        if table is not None:
            found[name] = table
    return found


def _table(model: type[_Table], values: Any, key: tuple[str, ...], problems: Problems) -> _Table | None:
    if not isinstance(values, dict):
        problems.add(key, f"must be a table, written as [{'.'.join(key)}]")
        return None
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = explain(error, model)
    for place, message in faults:
        problems.add((*key, *place), message)
    # What is right of it is still looked at with the rest of the file, so that no second run finds new faults.
    wrong = {place[0] for place, _ in faults}
    usable = {name: value for name, value in values.items() if name not in wrong}
    return model.model_validate({**{name: _STAND_INS[name] for name in wrong & _STAND_INS.keys()}, **usable})


def _polling(table: PollingTable) -> Polling:
    values = {name: getattr(table, name) for name in PollingTable.model_fields}
    return Polling(allow_private=values.pop("allow_private_addresses"), **values)


def _site(table: SiteTable, folder: Path) -> Site:
    site = Site(**{name: getattr(table, name) for name in SiteTable.model_fields})
    return replace(
        site,
        base_url=site.base_url.rstrip("/") + "/",
        output=folder / table.output,
        database=folder / table.database,
    )
