"""What a request's headers ask for: in which coding, and whether the client has it already (RFC 9110); pure.

Headers are bytes, as they came. Their meaning is remembered: readers send the same ones again and again.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

Coding = Literal["br", "gzip", "identity"]

_CODINGS: tuple[Coding, ...] = ("br", "gzip", "identity")  # of equally welcome ones the first is sent
_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_ALIASES = {"x-gzip": "gzip"}
_TAG = re.compile(rb'"([^"]*)"')
# RFC 9110 section 5.6.7: the one form that is written, and the two old ones that must be understood.
_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_REMEMBERED = 1024
_LONGEST = 200  # bytes of a header that is worth remembering


def codings(accepted: bytes | None) -> tuple[Coding, ...]:
    """Return the codings that an Accept-Encoding header (None: there is none) welcomes, the most welcome first."""
    if accepted is None:
        return ("identity",)
    return _short_codings(accepted) if len(accepted) <= _LONGEST else _codings(accepted)


def _codings(accepted: bytes) -> tuple[Coding, ...]:
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, _, parameter = part.partition(";")
        weight = _WEIGHT.fullmatch(parameter.strip())
        if weight or not parameter.strip():
            weights[_ALIASES.get(name.strip(), name.strip())] = float(weight[1]) if weight else 1.0
    other = weights.get("*", 0.0)
    # What is sent as it is suits everybody who does not refuse it by name or by "*", and is the last choice.
    plain = weights.get("identity", other if "*" in weights else 0.0005)
    welcome = {"br": weights.get("br", other), "gzip": weights.get("gzip", other), "identity": plain}
    return tuple(sorted((name for name in _CODINGS if welcome[name]), key=lambda name: -welcome[name]))


_short_codings = lru_cache(_REMEMBERED)(_codings)


def matching(none_match: bytes, tags: Iterable[bytes]) -> bytes | None:
    """Return the first of our entity tags (less their quotes) that an If-None-Match header lists, or None.

    The comparison is weak (RFC 9110 section 13.1.2); "*" is whatever there is.
    """
    if none_match.strip() == b"*":
        return next(iter(tags), None)
    listed = _short_tags(none_match) if len(none_match) <= _LONGEST else _tags(none_match)
    return next((tag for tag in tags if tag in listed), None)


def _tags(none_match: bytes) -> frozenset[bytes]:
    return frozenset(_TAG.findall(none_match))


_short_tags = lru_cache(_REMEMBERED)(_tags)


@lru_cache(_REMEMBERED)
def _seconds(date: bytes) -> float | None:
    text = date.decode("latin-1").strip()
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except (ValueError, OverflowError):
            continue
    return None


def unchanged_since(modified_since: bytes, modified: int) -> bool:
    """Whether what changed at `modified` (epoch seconds) is not newer than an If-Modified-Since header says.

    A header that is no date says nothing (RFC 9110 section 13.1.3).
    """
    when = _seconds(modified_since) if len(modified_since) <= _LONGEST else None
    return when is not None and modified <= when
