"""Many values in one query, as question marks: what stands in a value, a NUL even, is compared to the letter."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

# SQLite takes so many question marks and more.
_AT_ONCE = 500

_T = TypeVar("_T")


def in_chunks(values: Iterable[_T]) -> Iterator[tuple[str, list[_T]]]:
    """Yield the values, each once and so many at a time as one query takes, with as many question marks."""
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        yield marks(some), some


def marks(values: Iterable[object]) -> str:
    """Return a question mark for each value."""
    return ",".join("?" for _ in values)
