"""What came of taking a reading in, in figures; `ingest`, which does that, a poll without news does not need."""

from dataclasses import dataclass


@dataclass(slots=True)
class Ingested:
    """What a poll brought: items that were not known, items that have changed, copies folded into others."""

    new: int = 0
    changed: int = 0
    folded: int = 0
