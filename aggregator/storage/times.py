"""Times as the database has them: UTC, ISO 8601, to the second, so that the order of text is the order of time.

The clock is read here, to no more than that; what a decision needs of it is handed in.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time, as precisely as it is stored."""
    return datetime.now(UTC).replace(microsecond=0)


def to_text(when: datetime) -> str:
    """Return the time as it is stored."""
    return f"{when.astimezone(UTC).isoformat()[:19]}Z"


def from_text(text: str) -> datetime:
    """Return the time that was stored."""
    return datetime.fromisoformat(text)


def maybe_text(when: datetime | None) -> str | None:
    """Return the time as it is stored, or None for none."""
    return None if when is None else to_text(when)


def maybe_from(text: str | None) -> datetime | None:
    """Return the time that was stored, or None for none."""
    return None if text is None else from_text(text)
