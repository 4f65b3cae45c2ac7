"""From checked tables to `values`: defaults inherited, names looked up, rules parsed, paths made absolute."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from aggregator.config.problems import Problems, suggestion
from aggregator.config.schema import FLOOR, SourceTable, TopicTable
from aggregator.config.units import duration
from aggregator.config.values import Polling, Source, Topic
from aggregator.curation.rules import Rule, RuleErrors, compile_rule

_INHERITED = ("timeout", "max_bytes")


def resolve_sources(
    tables: dict[str, SourceTable], polling: Polling, folder: Path, topics: Collection[str], problems: Problems
) -> dict[str, Source]:
    """Return the sources; `topics` are the names of all topics, right or not."""
    return {name: _source(name, table, polling, folder, topics, problems) for name, table in tables.items()}


def _source(
    name: str, table: SourceTable, polling: Polling, folder: Path, topics: Collection[str], problems: Problems
) -> Source:
    key = ("sources", name)
    if (table.url is None) == (table.path is None):
        problems.add(key, "needs either url (a feed to poll) or path (files to read), and not both")
    for topic in table.topics:
        if topic not in topics:
            problems.add((*key, "topics"), f'there is no topic "{topic}"{suggestion(topic, list(topics))}')
    inherited = {field: getattr(polling, field) for field in _INHERITED if getattr(table, field) is None}
    given = {field: getattr(table, field) for field in _INHERITED if getattr(table, field) is not None}
    return Source(
        name=name,
        url=table.url or "",
        path=str(folder / table.path) if table.path else "",
        title=table.title,
        every=_every(table, polling, key, problems),
        tags=frozenset(table.tags),
        topics=frozenset(table.topics),
        priority=table.priority,
        content=table.content,
        full_text=table.full_text,
        dedupe=table.dedupe,
        enabled=table.enabled,
        keep=table.keep if "keep" in table.model_fields_set else polling.keep,
        **inherited,
        **given,
    )


def _every(table: SourceTable, polling: Polling, key: tuple[str, ...], problems: Problems) -> timedelta:
    if table.every is None:
        return polling.every
    try:
        every = duration(table.every)
    except ValueError as error:
        problems.add((*key, "every"), str(error))
        return polling.every
    if table.url and every < FLOOR:
        problems.add(
            (*key, "every"), f'"{table.every}" is too often; publishers ban pollers that come more than every 15m'
        )
    return every


def resolve_topics(
    tables: dict[str, TopicTable], sources: dict[str, SourceTable], all_sources: Collection[str], problems: Problems
) -> dict[str, Topic]:
    """Return the topics; `all_sources` are the names of all sources, right or not."""
    taken: dict[str, str] = {}
    for name, table in tables.items():
        for old in table.renamed_from:
            if old in tables or old in taken:
                problems.add(("topics", name, "renamed_from"), f'"{old}" is in use by {taken.get(old, "a topic")}')
            taken[old] = f"topics.{name}"
    return {name: _topic(name, table, sources, all_sources, problems) for name, table in tables.items()}


def _topic(
    name: str, table: TopicTable, sources: dict[str, SourceTable], all_sources: Collection[str], problems: Problems
) -> Topic:
    key = ("topics", name)
    return Topic(
        name=name,
        title=table.title,
        rule=_rule(table, key, problems),
        sources=_scope(table.sources, sources, all_sources, key, problems),
        description=table.description,
        languages=tuple(language.lower() for language in table.languages),
        limit=table.limit,
        max_per_source=table.max_per_source,
        max_age=table.max_age,
        content=table.content,
        duplicates=table.duplicates,
        stories=table.stories,
        archive=table.archive,
        renamed_from=tuple(table.renamed_from),
    )


def _rule(table: TopicTable, key: tuple[str, ...], problems: Problems) -> Rule | None:
    try:
        return compile_rule(any=table.any, all=table.all, none=table.none, match=table.match, fields=tuple(table.in_))
    except RuleErrors as errors:
        for name, place, error in errors.errors:
            problems.add((*key, name), f"{'' if place is None else f'entry {place + 1}: '}{error.message}")
        return None


def _scope(
    selectors: list[str],
    sources: dict[str, SourceTable],
    all_sources: Collection[str],
    key: tuple[str, ...],
    problems: Problems,
) -> frozenset[str]:
    """The names that the selectors choose: all without any, else those chosen less those with "!"."""
    chosen: set[str] = set()
    refused: set[str] = set()
    for selector in selectors:
        name = selector.removeprefix("!")
        if name.startswith("tag:"):
            found = {source for source, table in sources.items() if name.removeprefix("tag:") in table.tags}
        elif name in all_sources:
            found = {name}
        else:
            problems.add((*key, "sources"), f'there is no source "{name}"{suggestion(name, list(all_sources))}')
            continue
        (refused if selector.startswith("!") else chosen).update(found)
    if all(selector.startswith("!") for selector in selectors):
        chosen = set(all_sources)
    return frozenset(chosen - refused)
