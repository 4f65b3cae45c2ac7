"""Why an item is where it is: its copies and the rules that folded them, its topics and the terms that put it there."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from aggregator.config.values import Config, Source, Topic
from aggregator.curation.rules import explain as explain_rule
from aggregator.model import Item
from aggregator.pipeline.routing import Router, fields_of, speaks
from aggregator.storage import appearances as copies
from aggregator.storage import items as store
from aggregator.storage.appearances import Appearance, Evidence
from aggregator.storage.topics import topics_of


@dataclass(frozen=True, slots=True)
class ExplainedCopy:
    """A copy of the item, and why it was folded (no rule: it was the first)."""

    copy: Appearance
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ExplainedTopic:
    """Whether the item is in a topic, and a sentence that says why or why not."""

    name: str
    inside: bool
    why: str


@dataclass(frozen=True, slots=True)
class Explained:
    """An item with all that is known of how it came here; `found` says how some of its fields were found."""

    id: int
    uid: str
    item: Item
    source: str
    published: datetime
    updated: datetime
    found: tuple[tuple[str, str], ...]
    copies: tuple[ExplainedCopy, ...]
    topics: tuple[ExplainedTopic, ...]


def explain(db: Database, config: Config, item_id: int) -> Explained:
    """Return what is known of a stored item."""
    row = store.row_of(db, item_id)
    item = store.from_row(db, row)
    all_copies = copies.copies_of(db, item_id)
    present = topics_of(db, item_id)
    return Explained(
        id=item_id,
        uid=row["uid"],
        item=item,
        source=row["source"],
        published=store.published(db, item_id),
        updated=store.updated(db, item_id),
        found=item.evidence,
        copies=tuple(ExplainedCopy(copy, copies.evidence_of(db, copy)) for copy in all_copies),
        topics=tuple(
            ExplainedTopic(name, name in present, _why(db, config, topic, all_copies, present.get(name)))
            for name, topic in config.topics.items()
        ),
    )


def _why(
    db: Database, config: Config, topic: Topic, all_copies: list[Appearance], terms: tuple[str, ...] | None
) -> str:
    """The best that can be said: that of the copy that is in, else of the first."""
    if terms:
        return f"matches by {', '.join(terms)}"
    reasons = []
    router = Router(config, {topic.name: topic})
    for copy in all_copies:
        source = config.sources.get(copy.source)
        if source is None:
            reasons.append(f"its source {copy.source} is no longer in feeds.toml")
            continue
        item = copies.load_copy(db, copy)
        reason = _of_copy(topic, source, item)
        if topic.name in router.topics_for(source, item):
            return reason
        reasons.append(reason)
    return reasons[0] if reasons else "no source shows it"


def _of_copy(topic: Topic, source: Source, item: Item) -> str:
    if topic.name in source.topics:
        return f"the source {source.name} always goes into this topic"
    if source.name not in topic.sources:
        return f"the topic does not take items from {source.name}"
    if not speaks(item.language, topic.languages):
        return f"its language is {item.language}, the topic takes {', '.join(topic.languages)}"
    if topic.rule is None:
        return "the topic takes every item of its sources"
    return str(explain_rule(topic.rule, fields_of(item, source)))
