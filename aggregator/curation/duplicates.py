"""What the verdicts on a new copy come to: which article it belongs to, and which articles turn out to be one.

Pure. Verdicts depend on two items alone, and an article is all that verdicts join, so neither the order of the polls
nor a restart changes which copies end up together.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aggregator.curation.likeness import Traits
from aggregator.curation.verdicts import Pair, Sighting, Verdict, judge
from aggregator.model import AHEAD


@dataclass(frozen=True, slots=True)
class Folding:
    """What to do with a new copy: it joins `item`; the `absorbed` items are the same article and merge into it."""

    item: int
    absorbed: tuple[int, ...]
    verdict: Verdict


def decide(
    new: Sighting, candidates: Iterable[Sighting], vetoes: Collection[tuple[int, int]] = ()
) -> tuple[Verdict, ...]:
    """Return the verdicts that join a new sighting to candidates, the surest first; empty where it is new indeed.

    `vetoes` are pairs of appearances, the smaller number first, that a user has split: they are never joined.
    """
    traits = Traits(new.fingerprint)
    verdicts = [
        judge(Pair(new, old, traits, Traits(old.fingerprint)))
        for old in candidates
        if old.appearance != new.appearance and _ordered(new.appearance, old.appearance) not in vetoes
    ]
    return tuple(sorted((verdict for verdict in verdicts if verdict.rule), key=_surest_first))


def gather(
    verdicts: Iterable[Verdict],
    item_of: Mapping[int, int],
    members: Mapping[int, Collection[int]],
    vetoes: Collection[tuple[int, int]] = (),
    own: int | None = None,
) -> Folding | None:
    """Return which item a copy joins, and which other items its verdicts show to be the same; None for a new item.

    `own` is the item of a copy that is stored already: None then says that it joins no other. `item_of` gives the item
    of each candidate, `members` the appearances of each of those items. Items that a user has split are not joined
    again through a third copy: the surest verdict decides between them.
    """
    joined = [own] if own else []
    best: Verdict | None = None
    for verdict in sorted(verdicts, key=_surest_first):
        item = item_of[verdict.candidate]
        if item not in joined and not any(_split(members[item], members[other], vetoes) for other in joined):
            joined.append(item)
            best = best or verdict
    if best is None:
        return None
    oldest, *absorbed = sorted(joined)
    return Folding(oldest, tuple(absorbed), best)


def _surest_first(verdict: Verdict) -> tuple[bool, float, int]:
    # A source's own item under another guid stays with it, even where a user has split it from the copies of others.
    return verdict.rule != "same source", -verdict.score, verdict.candidate


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _split(ours: Collection[int], theirs: Collection[int], vetoes: Collection[tuple[int, int]]) -> bool:
    return bool(vetoes) and any(_ordered(one, other) in vetoes for one in ours for other in theirs)


def dated(published: datetime | None, first_seen: datetime) -> int:
    """Return when an item is from, in epoch seconds: what it says, unless that is nothing or in the future."""
    believable = published is not None and published <= first_seen + AHEAD
    return int((published if published and believable else first_seen).timestamp())
