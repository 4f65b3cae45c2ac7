"""What could act in content: plain tags are passed over at a glance, and never one that a closer look would refuse."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publishing.safety import danger, danger_in_page

_NAMES = ("p", "a", "img", "b", "br", "svg", "meta", "link", "script", "style", "blockquote", "details", "x", "base")
_ATTRIBUTES = ("href", "src", "srcset", "class", "title", "onclick", "srcdoc", "data", "data-x", "cite", "open", "ON")
_VALUES = ("https://x.example/", "javascript:x", "java&#10;script:x", "#a", "./a", " javascript:x", "data:text/html,x",
           "data:image/png;base64,A", "<b>", "<script>", "a > b", "'", "onclick=x", "", "&#106;avascript:x")  # fmt: skip
_QUOTES = ('="%s"', "='%s'", "=%s", ' = "%s"')
_attribute = st.tuples(*map(st.sampled_from, ((" ", "  ", "\n", "/", ""), _ATTRIBUTES, _QUOTES, _VALUES))).map(
    lambda parts: parts[0] + parts[1] + parts[2] % parts[3]
)
_tag = st.tuples(
    st.sampled_from(("<", "</", "<<", "< ")),
    st.sampled_from(_NAMES),
    st.lists(_attribute, max_size=3).map("".join),
    st.sampled_from((">", "/>", " />", "", '">', "'>")),
).map("".join)
_html = st.lists(st.one_of(_tag, st.sampled_from(("text", "a < b", '"', "'", ">", "<!-- x -->"))), max_size=5)


def _looked_at(html: str) -> str:
    """The same with the names of elements in capitals, which are never passed over at a glance."""
    return re.sub(r"<[a-z]+", lambda found: found[0].upper(), html)


@pytest.mark.parametrize("name", _NAMES)
def test_a_tag_that_would_be_refused_is_not_passed_over(name: str) -> None:
    """Whatever its one attribute is."""
    for attribute, quote, value, end in product(_ATTRIBUTES, _QUOTES, _VALUES, (">", " />", "/>")):
        tag = f"<{name} {attribute}{quote % value}{end}"
        assert bool(danger(tag)) == bool(danger(_looked_at(tag))), tag


@given(_html.map("".join))
def test_no_tag_is_passed_over_that_would_be_refused(html: str) -> None:
    """Nor is one refused for being looked at."""
    assert bool(danger(html)) == bool(danger(_looked_at(html)))
    assert bool(danger_in_page("", html)) == bool(danger_in_page("", _looked_at(html)))
    assert bool(danger_in_page(html, "")) == bool(danger_in_page(_looked_at(html), ""))


@pytest.mark.parametrize(
    "html",
    [
        '<img src=x alt=a" onerror=alert(1)>',
        "<img src=x alt=< onerror=alert(1)>",
        "<p>x</p><img src=x onerror=alert(1)",
        "<img alt='>",
    ],
)
def test_a_tag_that_is_not_whole_is_refused(html: str) -> None:
    """What a browser makes of it nobody knows but the browser."""
    assert "not whole" in danger(html)
    assert "not whole" in danger_in_page(html, "")
    assert "not whole" in danger_in_page("", html)


@pytest.mark.parametrize(
    "html",
    [
        '<p><a href="https://x.example/" title="a > b">x</a></p>',
        '<img src="../x.png" alt="" class="a">',
        '<p title="<script>">x</p>',
        "a < b",
        '<a href="#top">x</a><br/>',
    ],
)
def test_what_does_nothing_is_let_through(html: str) -> None:
    """Also what only looks like more."""
    assert danger(html) == ""


def test_a_page_may_have_what_content_may_not() -> None:
    """Its charts and the links of its head are ours; each in its own place only."""
    chart, link = '<svg viewBox="0 0 1 1"></svg>', '<link rel="icon" href="icon.svg">'
    assert danger(chart)
    assert danger(link)
    assert danger_in_page(link, chart) == ""
    assert danger_in_page(chart, "")
    assert danger_in_page("", link)
