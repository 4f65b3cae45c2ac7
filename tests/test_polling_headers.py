"""Response headers as values."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Validators
from aggregator.polling.headers import caching, collect, http_date, sendable, validators

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun Nov  6 08:49:37 1994", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Monday, 01-Jan-35 00:00:00 GMT", datetime(2035, 1, 1, tzinfo=UTC)),
        ("Sunday, 01-Jan-78 00:00:00 GMT", datetime(1978, 1, 1, tzinfo=UTC)),
        ("sun, 6 nov 1994 8:49:37 gmt", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun, 06 Nov 1994 23:59:60 GMT", datetime(1994, 11, 6, 23, 59, 59, tzinfo=UTC)),
        ("Sun, 06 Nov 1994 08:49:37 +0200", None),
        ("Sun, 31 Feb 2027 08:49:37 GMT", None),
        ("Sun, 06 Nov 0000 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 25:49:37 GMT", None),
        ("Sun, 06 Foo 1994 08:49:37 GMT", None),
        ("2026-11-22", None),
        ("0", None),
        ("-1", None),
        ("", None),
        ("٣, 06 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_dates_of_http(text: str, date: datetime | None) -> None:
    """All three forms are read (RFC 9110 §5.6.7); two-digit years lie at most 50 years ahead; all else is None."""
    assert http_date(text, NOW) == date


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001  # made aware below
def test_every_date_in_the_standard_form(moment: datetime) -> None:
    """What the standard library writes is read back, to the second."""
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    assert http_date(format_datetime(aware, usegmt=True), NOW) == aware


def in_an_hour(form: str) -> str:
    """A date an hour after NOW, in one of the three forms."""
    return (NOW + timedelta(hours=1)).strftime(form)


@pytest.mark.parametrize(
    ("headers", "max_age", "expires", "retry_after"),
    [
        ({}, None, None, None),
        ({"cache-control": "max-age=300"}, 300, None, None),
        ({"cache-control": "public, Max-Age = 300"}, 300, None, None),
        ({"cache-control": 'max-age="60"'}, 60, None, None),
        ({"cache-control": "max-age=60, max-age=90"}, 90, None, None),
        ({"cache-control": "max-age=300", "age": "100"}, 200, None, None),
        ({"cache-control": "max-age=300", "age": "400"}, 0, None, None),
        ({"cache-control": "max-age=300", "age": "rubbish"}, 300, None, None),
        ({"cache-control": "max-age=-5"}, None, None, None),
        ({"cache-control": "max-age=1" + "0" * 30}, 10**9, None, None),
        ({"cache-control": "max-age=1" + "0" * 5000}, None, None, None),
        ({"cache-control": "max-age=²"}, None, None, None),
        ({"cache-control": "max-age="}, None, None, None),
        ({"cache-control": "s-maxage=999, x-max-age=9"}, None, None, None),
        ({"cache-control": "no-cache, no-store, private"}, None, None, None),
        ({"expires": "Sun, 22 Nov 2026 13:00:00 GMT", "date": DATE}, None, 3600, None),
        ({"expires": "Sun, 22 Nov 2026 13:00:00 GMT"}, None, 3600, None),
        ({"expires": "Sun, 22 Nov 2026 13:00:00 GMT", "age": "600"}, None, 3000, None),
        ({"expires": "Thu, 01 Jan 1970 01:00:00 GMT", "date": "Thu, 01 Jan 1970 00:00:00 GMT"}, None, 3600, None),
        ({"expires": "0"}, None, None, None),
        ({"expires": "-1"}, None, None, None),
        ({"expires": "Sun, 22 Nov 2025 13:00:00 GMT"}, None, None, None),
        ({"expires": "tomorrow"}, None, None, None),
        ({"retry-after": "120"}, None, None, 120),
        ({"retry-after": " 0 "}, None, None, 0),
        ({"retry-after": in_an_hour("%a, %d %b %Y %H:%M:%S GMT")}, None, None, 3600),
        ({"retry-after": in_an_hour("%A, %d-%b-%y %H:%M:%S GMT")}, None, None, 3600),
        ({"retry-after": in_an_hour("%a %b %d %H:%M:%S %Y")}, None, None, 3600),
        ({"retry-after": DATE}, None, None, None),
        ({"retry-after": "-120"}, None, None, None),
        ({"retry-after": "1e9"}, None, None, None),
        ({"retry-after": "9" * 200}, None, None, 10**9),
        ({"retry-after": "soon"}, None, None, None),
    ],
)
def test_when_a_server_wants_us_back(
    headers: dict[str, str], max_age: int | None, expires: int | None, retry_after: int | None
) -> None:
    """max-age less Age, Expires counted from the server's Date, Retry-After in every form; rubbish is silence."""
    found = caching(headers, NOW)
    assert (found.max_age, found.expires, found.retry_after) == (max_age, expires, retry_after)


@given(st.dictionaries(st.sampled_from(["cache-control", "age", "expires", "date", "retry-after"]), st.text()))
def test_no_header_breaks_it(headers: dict[str, str]) -> None:
    """Whatever stands in the headers, seconds come out that are not negative."""
    found = caching(headers, NOW)
    assert all(value is None or value >= 0 for value in (found.max_age, found.expires, found.retry_after))


def test_headers_are_kept_to_the_byte() -> None:
    """Names in lower case, values as latin-1; of a repeated header the first, of a repeated list all."""
    raw = [(b"ETag", b'"\xe9"'), (b"ETAG", b'"2"'), (b"Cache-Control", b"private"), (b"cache-control", b"max-age=5")]
    assert collect(raw) == {"etag": '"é"', "cache-control": "private,max-age=5"}


@pytest.mark.parametrize("etag", ["*", " * ", "", 'a\nb"', "x" * 4097, "\0", "ŝ"])
def test_validators_that_cannot_be_sent_are_dropped(etag: str) -> None:
    """`*` would mean any, a line break would be another header, and servers refuse requests with 4 KB in one."""
    assert validators({"etag": etag}, "u").etag == ""
    assert sendable(etag.replace("*", "")).strip() == ""


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"', "bare", '"é \xff"', "x" * 4096, '"a" "b"'])
def test_validators_are_kept_verbatim(etag: str) -> None:
    """No validator is quoted, trimmed or understood."""
    assert validators({"etag": etag, "last-modified": etag}, "u") == Validators(etag, etag, "u")


@pytest.mark.parametrize(
    ("headers", "etag", "last_modified"),
    [
        ({}, "e1", "m1"),
        ({"etag": "e2"}, "e2", "m1"),
        ({"last-modified": "m2"}, "e1", "m2"),
        ({"etag": "e2", "last-modified": "m2"}, "e2", "m2"),
    ],
)
def test_a_304_replaces_what_it_names(headers: dict[str, str], etag: str, last_modified: str) -> None:
    """Each validator of a 304 replaces the stored one, and what it leaves out stays (RFC 9111 §4.3.4)."""
    assert validators(headers, "u", Validators("e1", "m1", "u")) == Validators(etag, last_modified, "u")
