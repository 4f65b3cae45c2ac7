"""Search over what is stored, with the very rules that route items into topics."""

from typing import Any

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.curation.rules import Rule, RuleIndex, candidates
from aggregator.pipeline.routing import fields_of
from aggregator.storage import items as store
from aggregator.storage.search import newest_matches
from aggregator.storage.topics import topics_of


def search(db: Database, config: Config, rule: Rule, limit: int) -> list[dict[str, Any]]:
    """Return the newest items that the rule takes, with the terms that matched and the topics they are in.

    The full-text index narrows the search; the rule itself decides, so that what is found is what a topic would take.
    """
    index = RuleIndex({"": rule})
    found: list[dict[str, Any]] = []
    for row in newest_matches(db, candidates(rule)):
        source = config.sources.get(row["source"]) or Source(name=row["source"])
        matched = index.route(fields_of(store.from_row(db, row), source))
        if matched:
            names = ("id", "uid", "title", "url", "source", "published", "summary")
            hit = {name: row[name] for name in names}
            found.append({**hit, "terms": matched[""], "topics": sorted(topics_of(db, row["id"]))})
            if len(found) >= limit:
                break
    return found
