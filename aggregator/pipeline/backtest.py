"""What the duplicate finder would fold: scored on labelled sets, or shown on what is stored. It changes nothing."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from aggregator.curation.duplicates import dated, decide, gather
from aggregator.curation.fingerprints import fingerprint
from aggregator.curation.verdicts import Sighting, Verdict
from aggregator.errors import ArgumentError
from aggregator.model import Item
from aggregator.reading.html import plain_text
from aggregator.storage import appearances as copies
from aggregator.storage import fingerprints as index

Pairs = set[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Fold:
    """One folding: the titles and sources of a copy and of what it was folded into, and why."""

    title: str
    source: str
    into_title: str
    into_source: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Score:
    """How a set came out, by pairs of items: `strangers` joins different stories, the worst that can happen."""

    name: str
    items: int
    precision: float
    recall: float
    strangers: int
    wrong: tuple[tuple[str, str], ...]

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class Articles:
    """Copies and the article that each belongs to: what the store does, in memory."""

    def __init__(self, db: sqlite3.Connection | None = None) -> None:
        """`db` has the tables of the index; without it they are made in memory."""
        self.db = db or sqlite3.connect(":memory:", isolation_level=None)
        if db is None:
            self.db.executescript(index.TABLES)
        self.item_of: dict[int, int] = {}
        self.members: dict[int, list[int]] = defaultdict(list)

    def take(self, new: Sighting) -> Verdict | None:
        """Find, decide and enter one copy; the verdict that joined it to others, if one did."""
        verdicts = decide(new, index.candidates(self.db, new.source, new.at, new.fingerprint))
        items = {self.item_of[verdict.candidate] for verdict in verdicts}
        folding = gather(verdicts, self.item_of, {item: self.members[item] for item in items})
        index.add(self.db, new)
        item = folding.item if folding else new.appearance
        for absorbed in folding.absorbed if folding else ():
            for copy in self.members.pop(absorbed):
                self.item_of[copy] = item
                self.members[item].append(copy)
        self.item_of[new.appearance] = item
        self.members[item].append(new.appearance)
        return folding.verdict if folding else None


def score_sets(folder: Path) -> Iterator[Score]:
    """Score every NAME.items.jsonl that has a NAME.gold.jsonl beside it. Raises ArgumentError for a folder of none."""
    names = sorted(path.name.removesuffix(".gold.jsonl") for path in folder.glob("*.gold.jsonl"))
    names = [name for name in names if (folder / f"{name}.items.jsonl").exists()]
    if not names:
        raise ArgumentError(f"{folder} holds no labelled set: a NAME.items.jsonl and a NAME.gold.jsonl beside it")
    for name in names:
        yield _score(name, lines(folder / f"{name}.items.jsonl"), lines(folder / f"{name}.gold.jsonl"))


def _score(name: str, rows: list[dict[str, Any]], gold: list[dict[str, Any]]) -> Score:
    labels = {row["id"]: row for row in gold}
    try:
        of_row = [labels[row["id"]] for row in rows]
        articles = Articles()
        for sighting in sightings(rows):
            articles.take(sighting)
        right = pairs(grouped(of_row, "cluster").values())
        found = pairs(articles.members.values())
        strangers = [pair for pair in found if of_row[pair[0]]["story"] != of_row[pair[1]]["story"]]
        wrong = [(_title(rows[one]), _title(rows[other])) for one, other in sorted(found - right)]
    except KeyError as missing:
        raise ArgumentError(f"the set {name} is not as it should be: {missing} is missing") from None
    hits = len(found & right)
    precision = hits / len(found) if found else 1.0
    return Score(name, len(rows), precision, hits / len(right) if right else 1.0, len(strangers), tuple(wrong))


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the values of a file of JSON lines. Raises ArgumentError."""
    with path.open(encoding="utf-8") as file:
        try:
            return [json.loads(line) for line in file if line.strip()]
        except ValueError as error:
            raise ArgumentError(f"{path} is not made of JSON lines: {error}") from None


def sightings(rows: Iterable[Mapping[str, Any]]) -> Iterator[Sighting]:
    """Yield the items of a set as they would be polled: one without a date is dated by when it was seen."""
    now = 0
    for number, row in enumerate(rows):
        now = now if row["published"] is None else row["published"]
        summary, content = plain_text(row["summary"] or ""), plain_text(row["content"] or "")
        item = Item(guid=row["id"], title=_title(row), url=row["url"] or "", summary=summary, text=content or summary)
        yield Sighting(number, row["feed"], now, fingerprint(item))


def _title(row: Mapping[str, Any]) -> str:
    return plain_text(row["title"] or "")


def grouped(labels: Iterable[Mapping[str, Any]], key: str) -> dict[str, list[int]]:
    """Return the places of the items under each label."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        groups[label[key]].append(number)
    return groups


def pairs(groups: Iterable[Iterable[int]]) -> Pairs:
    """Return every two that are in one group."""
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def fold_stored(db: Database, since: datetime) -> tuple[int, list[Fold]]:
    """Fold what is stored anew, from the copies first seen since a time; how many there were, and every folding."""
    stored = copies.seen_since(db, since)
    articles, folds = Articles(), []
    by_number = {copy.id: copy for copy in stored}
    for copy in stored:
        item = copies.load_copy(db, copy)
        at = dated(item.published or item.updated, copy.first_seen)
        verdict = articles.take(Sighting(copy.id, copy.source, at, fingerprint(item)))
        if verdict:
            into = by_number[verdict.candidate]
            folds.append(Fold(copy.title, copy.source, into.title, into.source, verdict))
    return len(stored), folds


def sample(folds: list[Fold], size: int) -> list[Fold]:
    """Return a few foldings to read, the least sure of each rule first: those are the ones that may be wrong."""
    by_rule: dict[str, list[Fold]] = defaultdict(list)
    for fold in sorted(folds, key=lambda fold: fold.verdict.score):
        by_rule[fold.verdict.rule].append(fold)
    chosen: list[Fold] = []
    while len(chosen) < size and any(by_rule.values()):
        chosen += [queue.pop(0) for queue in by_rule.values() if queue]
    return chosen[:size]
