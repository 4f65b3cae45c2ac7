"""Sources with one and the same address: asked once for all of them, and what comes of it is each one's poll. Pure.

Such are two sources with one URL in feeds.toml, and one that a permanent redirect has led to another's address.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from aggregator.config.values import Source
from aggregator.model import NotModified
from aggregator.pipeline.batch import Outcome
from aggregator.storage.sources import SourceState

Claimed = tuple[Source, SourceState]


@dataclass(frozen=True, slots=True)
class Shared:
    """Sources that are asked for by one request; the first of them makes it, and what each knows is told of by `known`.

    An item that one of them knows and another does not has to be read: `known` is what all of them know.
    """

    asking: Claimed
    others: tuple[Claimed, ...]
    known: frozenset[bytes]


def together(claimed: Iterable[Claimed]) -> list[Shared]:
    """Return the requests to make, in the order of the first source of each."""
    groups: dict[tuple[str, int], list[Claimed]] = {}
    for one in claimed:
        groups.setdefault((one[1].poll_url, one[0].max_bytes), []).append(one)
    return [_shared(group) for group in groups.values()]


def _shared(group: Sequence[Claimed]) -> Shared:
    known = reduce(frozenset.intersection, (state.known for _, state in group))
    return Shared(group[0], tuple(group[1:]), known)


def outcome_for(outcome: Outcome, asking: SourceState, source: Source, state: SourceState) -> Outcome | None:
    """Return the outcome of a request that `asking` made as that of another source; None where it says nothing of it.

    "Not modified" speaks of the body that `asking` has had: whoever has had another knows nothing new.
    """
    same = (state.validators, state.body_digest) == (asking.validators, asking.body_digest)
    if isinstance(outcome.response, NotModified) and not same:
        return None
    names = tuple(sorted({asking.name, *outcome.shared_with} - {source.name}))
    return replace(
        outcome,
        job=replace(outcome.job, source=source.name, configured_url=source.url, url=state.poll_url),
        shared_with=names,
        size=0,  # what came is counted once
    )
