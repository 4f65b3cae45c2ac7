"""Response headers as values: validators, when to come again, and the three date forms of HTTP; pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from aggregator.model import Caching, Validators

Headers = Mapping[str, str]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)"
_DATES = (  # RFC 9110 §5.6.7: IMF-fixdate and RFC 850 differ in their separators only; then asctime
    re.compile(
        rf"[a-z]{{3,9}}, *(?P<day>\d{{1,2}})[ -](?P<month>[a-z]{{3}})[ -](?P<year>\d{{4}}|\d\d) {_TIME} *"
        r"(gmt|utc|[+-]0000)",
        re.IGNORECASE,
    ),
    re.compile(rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) +(?P<day>\d{{1,2}}) {_TIME} (?P<year>\d{{4}})", re.IGNORECASE),
)
_VALIDATOR = re.compile(r"[\t\x20-\x7e\x80-\xff]{1,4096}")  # longer ones servers refuse when they are sent back
_SECONDS = re.compile(r"[0-9]{1,300}")
_FOREVER = 10**9  # seconds: what the largest numbers are cut to
_JOINED = frozenset({"cache-control", "content-encoding", "im", "link"})  # lists, which may come in several lines


def collect(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by lower-case name, every byte kept (latin-1); of a repeated one the first, lists joined."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name not in headers:
            headers[name] = value
        elif name in _JOINED:
            headers[name] += "," + value
    return headers


def validators(headers: Headers, url: str, before: Validators | None = None) -> Validators:
    """Return what to send to `url` next time. On a 304 what it leaves out stays as `before` (RFC 9111 §4.3.4)."""
    etag, last_modified = headers.get("etag", ""), headers.get("last-modified", "")
    if before is not None:
        etag, last_modified = etag or before.etag, last_modified or before.last_modified
    etag = "" if etag.strip() == "*" else etag  # sent back, `*` would mean "any at all"
    return Validators(sendable(etag), sendable(last_modified), url)


def sendable(validator: str) -> str:
    """Return the validator to the byte, or "" where it cannot stand in a request."""
    return validator if _VALIDATOR.fullmatch(validator) else ""


def caching(headers: Headers, now: datetime) -> Caching:
    """Return what the headers say of when to come again: seconds from `now`, never negative; None where silent.

    `Age` is taken off; dates are counted from the server's own `Date`, so that neither clock need be right.
    """
    age = _seconds(headers.get("age", "")) or 0
    max_age = _max_age(headers.get("cache-control", ""))
    expires = _until(headers.get("expires", ""), headers, now)
    retry_after = _seconds(headers.get("retry-after", ""))
    if retry_after is None:
        retry_after = _until(headers.get("retry-after", ""), headers, now)
    return Caching(
        max_age=None if max_age is None else max(0, max_age - age),
        expires=expires - age if expires is not None and expires > age else None,
        retry_after=retry_after,
    )


def http_date(text: str, now: datetime) -> datetime | None:
    """Return the time of a date in any of HTTP's three forms, UTC, or None. `now` settles the century of two digits."""
    text = text.strip()
    match = next(filter(None, (form.fullmatch(text) for form in _DATES)), None) if text else None
    if match is None or match["month"].lower() not in _MONTHS:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += now.year // 100 * 100
        year -= 100 if year > now.year + 50 else 0
    numbers = (int(match[part]) for part in ("day", "hour", "minute", "second"))
    day, hour, minute, second = numbers
    try:
        return datetime(year, _MONTHS.index(match["month"].lower()) + 1, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


def _until(text: str, headers: Headers, now: datetime) -> int | None:
    """Return the seconds until a date, None where it is past or cannot be read."""
    then = http_date(text, now)
    if then is None:
        return None
    seconds = (then - (http_date(headers.get("date", ""), now) or now)) // timedelta(seconds=1)
    return seconds if seconds > 0 else None


def _max_age(cache_control: str) -> int | None:
    """Return the longest `max-age`; `s-maxage` is for shared caches, which we are not."""
    found = []
    for directive in cache_control.split(","):
        name, _, value = directive.partition("=")
        seconds = _seconds(value.strip().strip('"'))
        if name.strip().lower() == "max-age" and seconds is not None:
            found.append(seconds)
    return max(found, default=None)


def _seconds(text: str) -> int | None:
    text = text.strip()
    return min(int(text), _FOREVER) if _SECONDS.fullmatch(text) else None
