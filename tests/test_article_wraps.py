"""Wrapped lines joined again, divided words made whole, and line ends that are the author's left alone."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.reading.wraps import blocks

TEXT = (
    "The council of the harbour town voted on Tuesday evening to bring back the ferries that were laid up two winters ago.",
    "“We have waited long enough for this,” the mayor said, and added that the first crossing is planned for the spring.",
    "Shopkeepers on both sides of the strait had asked for a smaller boat that could also sail when the wind is strong.",
    "Tickets cost as much as they did ten winters ago.",
)


def texts(text: str) -> list[str]:
    """The blocks' texts."""
    return [block.text for block in blocks(text)]


def wrapped(width: int, between: str = "\n\n") -> str:
    """The text as mail and typewriters have it."""
    return between.join(textwrap.fill(paragraph, width, break_on_hyphens=False) for paragraph in TEXT)


@pytest.mark.parametrize("width", [40, 65, 72, 80, 100])
def test_wrapped_paragraphs_are_joined_again(width):
    """At whatever column they were wrapped."""
    assert texts(wrapped(width)) == list(TEXT)


def test_wrapped_paragraphs_need_no_blank_lines():
    """A line that had room for the next word ends its paragraph."""
    assert texts(wrapped(72, "\n")) == list(TEXT)


def test_lines_that_are_not_wrapped_stay_lines():
    """One line a paragraph, however short."""
    assert texts("\n".join(TEXT)) == list(TEXT)


@pytest.mark.parametrize(
    "lines",
    [
        ("The boat is gone and the boat is back", "The gulls are loud and wet", "The sea is grey, the posts are black"),
        ("About us", "Contact", "Privacy policy", "Terms of use", "Sitemap", "Jobs at the harbour"),
        (
            "市は火曜日、新しい渡し船が来年夏までに戻る見込みだと発表した。",
            "市によると、費用は約二百万ユーロだという。",
        ),
        ("Harbour Lane 3", "12345 Harbour Town", "The Strait"),
    ],
)
def test_verse_menus_and_addresses_keep_their_lines(lines):
    """Their line ends are the author's."""
    assert texts("\n".join(lines)) == list(lines)


def test_wrapped_text_without_spaces_is_joined_without_any():
    """Chinese and Japanese have no spaces to put back."""
    sentence = "市政府周二表示新的渡轮预计将于明年夏天复航届时将连接老城区和河边公园并且全年无休"
    text = (sentence * 3)[:120]
    assert texts("\n".join(text[n : n + 30] for n in range(0, 120, 30))) == [text]


DIVIDED = [
    ("divided", "exam-", "ple", "example"),
    ("divided by a soft hyphen", "exam\u00ad", "ple", "example"),
    ("a compound", "well-", "known", "well-known"),
    ("a name", "Jean-", "Paul", "Jean-Paul"),
    ("a number", "1914-", "1918", "1914-1918"),
]


@pytest.mark.parametrize(("left", "right", "whole"), [case[1:] for case in DIVIDED], ids=[case[0] for case in DIVIDED])
def test_divided_words_are_made_whole(left, right, whole):
    """A hyphen at the end of a line goes where it was the wrap's and stays where it is the word's."""
    start = "This is the first line of a paragraph that is wrapped at a column, it is "[: 70 - len(left)].rstrip()
    line = f"{start} {left}"
    more = "and the paragraph goes on for some more lines of about the same length as"
    text = f"{line}\n{right} {more[: len(line) - len(right) - 1].rstrip()}\n{more[: len(line)]}\nthe first."
    assert f" {whole} " in texts(text)[0]


def test_a_divided_word_is_spelt_as_the_text_spells_it():
    """The same word elsewhere in the text decides."""
    text = (
        "The long-lost ferry came back to the harbour on Tuesday, and the long-\n"
        "lost captain with it, who had been given up by everybody on this side\n"
        "of the strait, and by most of the people on the other side of it too.\n"
    )
    assert "and the long-lost captain" in texts(text)[0]


def test_marks_are_told_from_words():
    """Bullets, numbers, quotations and headings; what only looks like a mark is text."""
    found = blocks(
        "# Title\n\n- one\n* two\n• three\n\n1. first\n2) second\n\n> quoted\n\n-5 degrees\n\n—Yes, he said.\n\n+49 30 12"
    )
    assert [(block.form, block.text) for block in found] == [
        ("heading", "Title"),
        ("bullet", "one"),
        ("bullet", "two"),
        ("bullet", "three"),
        ("number", "first"),
        ("number", "second"),
        ("quote", "quoted"),
        ("plain", "-5 degrees"),
        ("plain", "—Yes, he said."),
        ("plain", "+49 30 12"),
    ]


def test_an_underlined_line_is_a_heading():
    """As plain text and Markdown have it; a rule alone is nothing."""
    found = blocks("The ferries\n===========\n\nText.\n\n-----\n\nMore.")
    assert [(block.form, block.text) for block in found] == [
        ("heading", "The ferries"),
        ("plain", "Text."),
        ("plain", "More."),
    ]


def test_a_list_item_goes_on_below_its_mark():
    """An indented line belongs to the item above it."""
    assert texts("- the first item\n  and its second line\n- the second item") == [
        "the first item and its second line",
        "the second item",
    ]


def test_lines_keep_their_numbers():
    """Counted from 1, as an editor does, whatever ends them."""
    assert [block.line for block in blocks("one\r\n\r\ntwo\rthree\n\n\nfour")] == [1, 3, 4, 7]


@given(st.text(max_size=500))
def test_no_text_raises_or_loses_a_letter(text):
    """Blocks hold every letter and digit of the text, in order."""
    kept = "".join(block.mark + block.text for block in blocks(text))
    assert [letter for letter in kept if letter.isalnum()] == [letter for letter in text if letter.isalnum()]


@given(st.lists(st.sampled_from(TEXT), min_size=1, max_size=6))
def test_blocks_of_blocks_are_the_same(paragraphs):
    """Reading what was read changes nothing."""
    once = texts("\n\n".join(paragraphs))
    assert texts("\n\n".join(once)) == once == paragraphs
