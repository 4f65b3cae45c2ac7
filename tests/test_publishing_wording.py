"""Plain text that is fit to print."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.publishing.wording import (
    UNTITLED,
    excerpt,
    headline,
    language_tag,
    one_line,
    permitted,
    shortened,
    text_of,
)

_XML = re.compile("[\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


@given(st.text(st.characters()))
def test_whatever_is_printed_is_allowed_in_xml(text: str) -> None:
    """No forbidden character, no lone surrogate, no C1 control and no U+FFFD is left of any text."""
    assert _XML.fullmatch(permitted(text))
    permitted(text).encode()


@given(st.text())
def test_one_line_is_one_line_without_tags(text: str) -> None:
    """No line break, no blank at either end, nothing that opens a tag, and doing it twice changes nothing."""
    line = one_line(text)
    assert not re.search(r"[\n\r]|^ | $|  |<[A-Za-z/!?]", line)
    assert one_line(line) == line


@given(st.text(), st.text(), st.text())
def test_a_headline_is_never_empty(title: str, summary: str, content: str) -> None:
    """An entry without a title is called something all the same."""
    assert headline(title, summary, content).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FÃ¶rderung fÃ¼r alle", "Förderung für alle"),
        ("«AMANHÃ»", "«AMANHÃ»"),
        ("Ã©tÃ© & âge", "été & âge"),
        ("Ã©tÃ© d'„âge“", "été d'„âge“"),
        ("câ€™est lâ€™Ã‰tat", "c’est l’État"),
        ("„AMANHÃ“", "„AMANHÃ“"),
        ("FÃƒÂ¶rderung", "Förderung"),
        ("Ã© ï¿¾", "é "),
        ("It\x92s \x93quoted\x94 \x96 so", "It’s “quoted” – so"),
        ("caf\ufffd", "caf?"),
        ("全角　空白\xa0stays", "全角　空白\xa0stays"),
    ],
)
def test_wrong_decodings_are_mended_where_that_is_certain(text: str, expected: str) -> None:
    """UTF-8 and Windows-1252 taken for Latin-1 are read back; what may be meant is left."""
    assert permitted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
        ("a < b, c<3, 4<5>3", "a < b, c<3, 4<5>3"),
        ("<img src=x onerror=alert(1)", "‹img src=x onerror=alert(1)"),
        ("<!-- x --><?php", "‹!-- x --›‹?php"),
    ],
)
def test_nothing_in_plain_text_can_open_a_tag(text: str, expected: str) -> None:
    """Readers that take a title for HTML find none; comparisons stay as they are."""
    assert one_line(text) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("en", "en"), ("en_GB", "en-GB"), ("zh-Hans-CN", "zh-Hans-CN"), ("gsw", "gsw"), (" de ", "de")]
    + [(wrong, "") for wrong in ("", "english", "xx", "e", 'en"', "en-", "c c")],
)
def test_only_languages_that_exist_are_named(tag: str, expected: str) -> None:
    """A wrong xml:lang makes a feed invalid: none is better."""
    assert language_tag(tag) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 10, "short"),
        ("one two three four", 12, "one two…"),
        ("one two, three four", 12, "one two…"),
        ("長い文章は空白がない", 5, "長い文章…"),
    ],
)
def test_texts_are_cut_between_words(text: str, limit: int, expected: str) -> None:
    """An ellipsis says that there is more; text without spaces is cut where it must be."""
    assert shortened(text, limit) == expected


@given(st.text(max_size=300), st.integers(10, 100))
def test_no_excerpt_is_too_long(html: str, limit: int) -> None:
    """Not even of tag soup."""
    assert len(excerpt(html, limit)) <= limit


def test_an_excerpt_reads_as_the_page_does() -> None:
    """Blocks end words, inline elements do not, entities are characters."""
    html = "<h2>One</h2><p>t<b>w</b>o &amp; <a href='x'>three</a></p><ul><li>four</li><li>five</li></ul>"
    assert excerpt(html, 80) == "One two & three four five"


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    """A novel in a feed costs no more than its first words; what has no words gives no headline."""
    long = "<p>word</p>" * 400_000
    assert len(text_of(long, 100)) < 10_000
    assert headline("", "", "<img src='x'>") == UNTITLED


_any_text = st.one_of(st.text(), st.text("aZ <>&é Ââ€™Ã¶\t\n\x00\x96\xa0\u2028\ufffd"))


@given(_any_text)
@example("a  b")
@example(" a <b> ")
@example("Ã¶")
def test_text_without_a_fault_is_seen_at_a_glance(text: str) -> None:
    """And is what a closer look makes of it: a NUL and a line's end always cause one, and leave no trace."""
    assert permitted(text) == permitted("\x00" + text)
    assert one_line(text) == one_line(text + "\n")
