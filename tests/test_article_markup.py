"""Sub-headings, lists and quotations of a pasted article as HTML."""

import pytest
from test_article import HEADLINE, PARAGRAPHS, html, read

A, B, C = PARAGRAPHS


def content(*lines: str) -> str:
    """The content of an article of these lines, between two paragraphs."""
    return read("\n\n".join((HEADLINE, A, *lines, B))).content


@pytest.mark.parametrize(
    "heading", ["The pier", "WHAT IT COSTS", "How much does it cost?", "2. The harbour at night", "Keyboard"]
)
def test_a_short_line_between_paragraphs_is_a_sub_heading(heading):
    """Without a full stop, with a paragraph above and below."""
    assert content(heading) == html(A) + f"\n<h2>{heading}</h2>\n" + html(B)


def test_marked_headings_keep_their_level():
    """`##` is a sub-heading and `###` one below it."""
    assert content("## The pier", C, "### Its posts") == "\n".join(
        (html(A), "<h2>The pier</h2>", html(C), "<h3>Its posts</h3>", html(B))
    )


@pytest.mark.parametrize("line", ["“Wild rose”", "and then nothing", "— Jo Doe", "He laughed."])
def test_other_short_lines_are_no_headings(line):
    """Quotations, pieces of sentences and sentences are paragraphs."""
    assert "<h2>" not in content(line)


@pytest.mark.parametrize("mark", ["-", "*", "•", "·", "▪"])
def test_bullets_make_a_list(mark):
    """Two and more items with the same kind of mark."""
    items = (f"{mark} the red boat", f"{mark} the blue boat")
    assert "<ul><li>the red boat</li><li>the blue boat</li></ul>" in content(*items)
    assert "<ul><li>the red boat</li><li>the blue boat</li></ul>" in content("\n".join(items))


def test_numbers_that_count_up_make_an_ordered_list():
    """With the number it starts at."""
    assert "<ol><li>red</li><li>blue</li></ol>" in content("1. red", "2. blue")
    assert '<ol start="3"><li>red</li><li>blue</li></ol>' in content("3) red", "4) blue")


def test_numbers_that_do_not_count_up_are_text():
    """No list is made of "5. May" and "12. March" below it."""
    assert "<ol" not in content(
        "5. May was the day of the vote in the town hall of the harbour.",
        "12. March was the day of the first crossing of the new boat.",
    )


def test_a_single_item_is_a_paragraph_with_its_mark():
    """A dash may open speech."""
    assert (
        "<p>- No, said the captain of the old ferry, and he went back to his coffee without another word.</p>"
        in content("- No, said the captain of the old ferry, and he went back to his coffee without another word.")
    )


def test_short_lines_below_a_colon_are_a_list():
    """A list whose bullets were lost in pasting is known by the line that opens it."""
    text = content(
        "The boats of the new line are:",
        "Good Hope, built in Harbour Town",
        "Old Sally, from the other side",
        "The Gull, a gift",
    )
    assert "<p>The boats of the new line are:</p>\n<ul><li>Good Hope, built in Harbour Town</li>" in text
    assert "<li>The Gull, a gift</li></ul>" in text


def test_marked_quotations_are_blockquotes():
    """Lines that begin with ">" as in mail."""
    assert "<blockquote><p>We have waited.</p><p>And waited.</p></blockquote>" in content(
        "> We have waited.", "> And waited."
    )


def test_a_quotation_and_whose_it_is_belong_together():
    """A post and its handle, a saying and its name."""
    post = (
        "The boats are back and the gulls have noticed, I can tell you that much from my kitchen window this morning."
    )
    assert f"<blockquote><p>{post}</p><p>— Jo Doe (@jodoe) March 12, 2024</p></blockquote>" in content(
        post, "— Jo Doe (@jodoe) March 12, 2024"
    )


def test_all_of_it_is_escaped():
    """In headings, items and quotations too."""
    text = content("The <b>pier</b>", C, "- <i>one</i>", "- two & three", "> <script>x</script>")
    assert "<b>" not in text
    assert "<i>" not in text
    assert "<script>" not in text
    assert "two &amp; three" in text
