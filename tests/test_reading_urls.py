"""Links of feeds made absolute: the shorter way for what is plain leads where the longer one does."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.reading.urls import link_url, web_url

LETTERS = st.text("aZ09%/:=&?~+!$,;'@()*._-#", max_size=12)


@given(st.sampled_from(["http://", "https://"]), st.text("aZ09.-", max_size=5), LETTERS)
@example("https://", "a.example", "//b?#")
@example("http://", ".", "")
def test_a_plain_address_is_what_it_would_be_taken_apart(scheme: str, host: str, rest: str) -> None:
    """A control character is dropped, and sends an address the longer way: both end alike."""
    assert web_url(scheme + host + rest) == web_url("\x07" + scheme + host + rest)


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("https://a.example/b?c=d#e", "https://a.example/b?c=d#e"),
        ("HTTPS://a.example", "https://a.example"),
        ("https://a.example/a b", "https://a.example/a%20b"),
        ("https://a.example/?", "https://a.example/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("../c", "https://base.example/c"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("https://a.example:0/", ""),
        ("https://a.example/" + "x" * 4000, ""),
    ],
)
def test_an_address_is_absolute_and_of_the_web(given_url: str, expected: str) -> None:
    """What is no web address is none; the rest is written as a URI."""
    assert web_url(given_url, "https://base.example/a/b") == expected


def test_only_links_may_be_mail() -> None:
    """An image or an item has no mail address."""
    assert (link_url("mailto:a@x.example"), web_url("mailto:a@x.example")) == ("mailto:a@x.example", "")
