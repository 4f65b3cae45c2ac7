"""Which topics an item goes into, when it comes in and when the rules have changed."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlite_utils import Database

from aggregator.config.values import Config, Source, Topic
from aggregator.curation.rules import RuleIndex
from aggregator.model import Fields, Item
from aggregator.storage import items as store
from aggregator.storage import topics as topic_store
from aggregator.storage.appearances import copies_of, load_copy
from aggregator.storage.database import writing
from aggregator.storage.topics import Terms, TopicState

_CHUNK = 500

News = tuple[int, Item, datetime]  # an item that has just been stored: its number, and the date of its publication


class Router:
    """The rules of some topics, compiled into one index."""

    def __init__(self, config: Config, topics: Mapping[str, Topic]) -> None:
        self._sources = config.sources
        self._topics = topics
        self._index = RuleIndex({name: topic.rule for name, topic in topics.items() if topic.rule is not None})
        self._without_rule = tuple(name for name, topic in topics.items() if topic.rule is None)

    def topics_for(self, source: Source, item: Item) -> dict[str, Terms]:
        """Return the topics that a source's copy of an article goes into, with the terms that matched."""
        matched = self._index.route(fields_of(item, source))
        found = {name: matched.get(name, ()) for name in source.topics if name in self._topics}
        for name in (*matched, *self._without_rule):
            topic = self._topics[name]
            if name not in found and source.name in topic.sources and speaks(item.language, topic.languages):
                found[name] = matched.get(name, ())
        return found

    def route(self, db: Database, item_id: int, now: datetime) -> None:
        """Put a stored item into the topics of all its copies, and out of those that it no longer belongs to."""
        wanted: dict[str, Terms] = {}
        for copy in copies_of(db, item_id):
            source = self._sources.get(copy.source)
            if source is not None:
                for name, terms in self.topics_for(source, load_copy(db, copy)).items():
                    wanted.setdefault(name, terms)
        topic_store.place(db, item_id, store.published(db, item_id), wanted, self._topics, now)

    def route_new(self, db: Database, source: Source, news: Iterable[News], now: datetime) -> None:
        """Put items that have just been stored, and have one copy, into their topics."""
        placed = [(item_id, published, self.topics_for(source, item)) for item_id, item, published in news]
        topic_store.place_new(db, placed, now)


def fields_of(item: Item, source: Source) -> Fields:
    """Return what the rules look at."""
    return Fields(
        title=item.title,
        summary=item.summary,
        content=item.text,
        categories=item.categories,
        author=", ".join(item.authors),
        source=source.name,
        language=item.language,
        url=item.url,
    )


def speaks(language: str, wanted: tuple[str, ...]) -> bool:
    """Whether an item is in one of the languages; one that says nothing of its language is let through."""
    spoken = language.lower()
    return not wanted or not spoken or any(spoken == tag or spoken.startswith(tag + "-") for tag in wanted)


def reroute(db: Database, config: Config, now: datetime) -> None:
    """Bring the topics of what is stored in step with feeds.toml, as if its rules had always stood.

    It works in short transactions, so that others can poll meanwhile, and notes a topic as done at its end: cut off in
    the middle, it is done again from the start.
    """
    states = topic_store.topic_states(db)
    changed = {name: topic for name, topic in config.topics.items() if _differs(topic, config, states.get(name))}
    for name in states.keys() - config.topics.keys():
        with writing(db):
            topic_store.remove_topic(db, name)
    if not changed:
        return
    with writing(db):
        for name in changed.keys() - states.keys():
            topic_store.save_topic(db, name, "", (), now)
    router = Router(config, changed)
    ids = _items_to_route(db, changed, config, states)
    for start in range(0, len(ids), _CHUNK):
        with writing(db):
            for item_id in ids[start : start + _CHUNK]:
                router.route(db, item_id, now)
    with writing(db):
        for name, topic in changed.items():
            topic_store.save_topic(db, name, _rule_text(topic), _scope(topic, config), now)


def _differs(topic: Topic, config: Config, state: TopicState | None) -> bool:
    return state is None or state.rule != _rule_text(topic) or state.scope != _scope_digest(topic, config)


def _rule_text(topic: Topic) -> str:
    return json.dumps(["" if topic.rule is None else str(topic.rule), *topic.languages], ensure_ascii=False)


def _scope(topic: Topic, config: Config) -> frozenset[str]:
    """The sources a topic takes items from, those that go into it whatever its rule says marked with "+"."""
    forced = {f"+{name}" for name, source in config.sources.items() if topic.name in source.topics}
    return topic.sources | forced


def _scope_digest(topic: Topic, config: Config) -> str:
    return topic_store.digest_of(topic_store.as_text(_scope(topic, config)))


def _items_to_route(
    db: Database, changed: Mapping[str, Topic], config: Config, states: Mapping[str, TopicState]
) -> list[int]:
    """The items that a change of these topics can concern: all, or those of the sources that came or left."""
    sources: set[str] = set()
    for name, topic in changed.items():
        state = states.get(name)
        if state is None or state.rule != _rule_text(topic):
            return store.all_ids(db)
        sources |= {mark.lstrip("+") for mark in _scope(topic, config) ^ topic_store.scope_of(db, name)}
    return store.ids_of_sources(db, sources)
