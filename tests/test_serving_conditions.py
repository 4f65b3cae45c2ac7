"""What a request's headers ask for (RFC 9110): codings, entity tags, dates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.serving.conditions import codings, matching, unchanged_since

CODINGS: list[tuple[bytes | None, tuple[str, ...]]] = [
    (None, ("identity",)),
    (b"", ("identity",)),
    (b"gzip", ("gzip", "identity")),
    (b"gzip, deflate, br", ("br", "gzip", "identity")),
    (b"GZIP", ("gzip", "identity")),
    (b"x-gzip", ("gzip", "identity")),
    (b"br;q=0.5, gzip;q=0.8", ("gzip", "br", "identity")),
    (b"br;q=0, gzip", ("gzip", "identity")),
    (b"gzip;q=0", ("identity",)),
    (b"*", ("br", "gzip", "identity")),
    (b"*;q=0", ()),
    (b"gzip, *;q=0", ("gzip",)),
    (b"identity;q=0", ()),
    (b"identity;q=0, gzip;q=0.001", ("gzip",)),
    (b"identity, gzip;q=0.5", ("identity", "gzip")),
    (b"gzip;q=1.000;q=0", ("identity",)),
    (b"gzip; q=0.7 , br ;q=0.2", ("gzip", "br", "identity")),
    (b"gzip;q=2, br;q=-1, deflate;q=x", ("identity",)),
    (b"zstd, compress", ("identity",)),
    (b"\xff\xfe, gzip", ("gzip", "identity")),
]


@pytest.mark.parametrize(("accepted", "wanted"), CODINGS, ids=[str(row[0]) for row in CODINGS])
def test_the_most_welcome_coding_is_sent(accepted: bytes | None, wanted: tuple[str, ...]) -> None:
    """Weights decide, then brotli before gzip; what is refused is not sent, and what is malformed is not there."""
    assert codings(accepted) == wanted


TAGS: list[tuple[bytes, bytes | None]] = [
    (b'"one"', b"one"),
    (b'W/"one"', b"one"),
    (b'"other", "one"', b"one"),
    (b'"two", "one"', b"one"),
    (b'W/"x","two"', b"two"),
    (b"*", b"one"),
    (b" * ", b"one"),
    (b'"ONE"', None),
    (b'"on"', None),
    (b"one", None),
    (b'"one', None),
    (b"", None),
    (b'"*"', None),
    (b'"a, b", "one"', b"one"),
]


@pytest.mark.parametrize(("header", "wanted"), TAGS, ids=[row[0].decode() for row in TAGS])
def test_tags_are_compared_weakly_and_in_lists(header: bytes, wanted: bytes | None) -> None:
    """The first of ours that is listed; opaque to the letter, W/ or not."""
    assert matching(header, [b"one", b"two"]) == wanted


DATES: list[tuple[bytes, bool]] = [
    (b"Sun, 06 Nov 1994 08:49:37 GMT", True),
    (b"Sunday, 06-Nov-94 08:49:37 GMT", True),
    (b"Sun Nov  6 08:49:37 1994", True),
    (b"sun, 06 nov 1994 08:49:37 gmt", True),
    (b"Sun, 06 Nov 1994 08:49:38 GMT", True),
    (b"Fri, 31 Dec 9999 23:59:59 GMT", True),
    (b"Sun, 06 Nov 1994 08:49:36 GMT", False),
    (b"1994-11-06T08:49:37Z", False),
    (b"Sun, 06 Nov 1994", False),
    (b"784111777", False),
    (b"Sun, 36 Nov 1994 08:49:37 GMT", False),
    (b"", False),
    (b"\xff", False),
    (b"Sun, 06 Nov 1994 08:49:37 GMT" + b" " * 300, False),
]


@pytest.mark.parametrize(("header", "wanted"), DATES, ids=[str(row[0][:32]) for row in DATES])
def test_a_date_is_read_in_its_three_forms_and_what_is_none_is_ignored(header: bytes, wanted: bool) -> None:
    """The same second or a later one: unchanged. A malformed date: the whole answer."""
    assert unchanged_since(header, 784111777) is wanted


@given(st.binary(max_size=300))
def test_no_header_at_all_is_an_error(header: bytes) -> None:
    """Whatever a client sends, the answer is a value."""
    assert set(codings(header)) <= {"br", "gzip", "identity"}
    assert matching(header, [b"one"]) in (None, b"one")
    assert unchanged_since(header, 0) in (True, False)
