"""Pasted articles: headline, content, summary, evidence; what a reader of seeds must never lose or invent."""

import pytest

from aggregator.model import Item, Unreadable
from aggregator.reading.article import lines_in_common, read_article

HEADLINE = "Harbour town votes to bring its ferries back"
PARAGRAPHS = (
    "The council of the harbour town voted on Tuesday evening to bring back the ferries that were laid up two winters ago.",
    "“We have waited long enough for this,” the mayor said, and added that the first crossing is planned for the spring.",
    "Shopkeepers on both sides of the strait had asked for a smaller boat that could also sail when the wind is strong.",
)
ARTICLE = "\n\n".join((HEADLINE, *PARAGRAPHS))
AFTER = """

Check Also

Lighthouse keeper retires after forty years on the rock

The last keeper of the lighthouse has packed his books and his two cats and moved to …

Leave a Reply

Your email address will not be published. Required fields are marked *"""


def read(text: str, **options: frozenset[str]) -> Item:
    """The item of a text that is known to hold one."""
    item = read_article(text, **options)
    assert isinstance(item, Item)
    return item


def html(*paragraphs: str) -> str:
    """The paragraphs as content has them."""
    return "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def test_a_pasted_page_gives_its_headline_and_its_paragraphs_and_nothing_else():
    """Title = headline, content = the article's paragraphs as HTML, none of the teaser and the comment form below."""
    item = read(ARTICLE + AFTER)
    assert item.title == HEADLINE
    assert item.content == html(*PARAGRAPHS)
    assert item.text == " ".join(PARAGRAPHS)


def test_an_article_alone_is_kept_whole():
    """Where nothing was left over nothing is dropped."""
    assert read(ARTICLE).content == html(*PARAGRAPHS)


def test_the_caller_gives_the_guid():
    """The text does not know what its file is called."""
    assert read(ARTICLE).guid == ""


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\u2028", "\n \n\t\n"])
def test_every_kind_of_line_end_parts_lines(line_end):
    """CRLF, a lone CR, Unicode's separators and blank lines that hold blanks read as LF does."""
    assert read((ARTICLE + AFTER).replace("\n", line_end)).content == html(*PARAGRAPHS)


def test_paragraphs_need_no_blank_lines_between_them():
    """One line a paragraph reads as blank lines do."""
    assert read((ARTICLE + AFTER).replace("\n\n", "\n")).content == html(*PARAGRAPHS)


def test_summary_is_the_first_words():
    """Plain text, cut at a word, at most 300 characters, with an ellipsis."""
    summary = read(ARTICLE).summary
    assert len(summary) <= 300
    assert summary.endswith("…")
    assert ARTICLE.replace(HEADLINE, "").replace("\n\n", " ").strip().startswith(summary[:-1])


def test_a_short_article_is_its_own_summary():
    """Nothing is cut that fits."""
    assert read(f"{HEADLINE}\n\n{PARAGRAPHS[0]}").summary == PARAGRAPHS[0]


HEADLINES = [
    ("in capitals", "HARBOUR TOWN VOTES FOR ITS FERRIES"),
    ("a question", "Will the ferries come back to the harbour?"),
    ("with a full stop", "This is how the ferries came back."),
    ("quoted", "‘We have waited long enough’: the ferries come back"),
    ("one word", "Ferries"),
    ("in brackets", "[Live] Ferries come back"),
    ("with a colon at the end", "The ferries, in five questions:"),
    ("longer than most", "The ferries come back, " + "and so does the long summer timetable, " * 4 + "says the mayor"),
    ("in Greek", "Επιστρέφουν τα πλοία στο λιμάνι της πόλης"),
    ("in Chinese", "市议会通过渡轮复航计划"),
    ("with mark-up characters", "Ferries & boats <again> at 100 %"),
]


@pytest.mark.parametrize("headline", [headline for _, headline in HEADLINES], ids=[name for name, _ in HEADLINES])
def test_the_first_line_is_the_headline_to_the_letter(headline):
    """Case, quotes and characters of mark-up stay as they were pasted."""
    item = read(f"{headline}\n\n" + "\n\n".join(PARAGRAPHS))
    assert item.title == headline
    assert item.content == html(*PARAGRAPHS)


@pytest.mark.parametrize("above", ["Skip to content", "12 March 2024", "News\n\nShare\n\nTweet", "Advertisement"])
def test_menus_and_dates_may_stand_above_the_headline(above):
    """What was caught by the mouse above the headline is not the title."""
    assert read(f"{above}\n\n{ARTICLE}").title == HEADLINE


def test_a_text_without_a_headline_is_titled_by_its_first_words_and_keeps_them():
    """A first line that is a paragraph is both."""
    item = read("\n\n".join(PARAGRAPHS))
    assert item.content == html(*PARAGRAPHS)
    assert item.title.endswith("…")
    assert PARAGRAPHS[0].startswith(item.title[:-1])
    assert ("title", "the first words of the text") in item.evidence


def test_a_first_sentence_that_is_short_makes_the_title():
    """A note is titled by a whole sentence where one is short enough."""
    text = "The ferries are back. The first one left this morning with eleven people and a dog, and the wind was fair."
    assert read(f"{text}\n\n{PARAGRAPHS[1]}").title == "The ferries are back"


@pytest.mark.parametrize("line", ["The museum is closed today", PARAGRAPHS[0]])
def test_a_file_of_one_line_is_title_and_content(line):
    """Nothing of a one-line file is lost."""
    item = read(line)
    assert item.content == f"<p>{line}</p>"
    assert item.title


@pytest.mark.parametrize("text", ["", " \n\t\n", "\u200b\n\ufeff", "* * *\n-----\n"])
def test_a_text_without_text_is_unreadable(text):
    """The reason is a sentence for a person, and names the file."""
    assert read_article(text, name="note.txt") == Unreadable("note.txt holds no text")


def test_a_page_that_is_all_leftovers_has_no_content():
    """A comment form below a headline is no article."""
    item = read(
        f"{HEADLINE}\n\nLeave a Reply\n\nYour email address will not be published. Required fields are marked *"
    )
    assert (item.title, item.content, item.text, item.summary) == (HEADLINE, "", "", "")


def test_text_is_escaped():
    """What looks like mark-up in a pasted text is text."""
    line = (
        "The page said <script>alert('ferries')</script> & nothing else, which is why the council complained about it."
    )
    content = read(f"{HEADLINE}\n\n{line}").content
    assert content == "<p>" + line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + "</p>"


def test_invisible_characters_go_and_typographic_ones_stay():
    """No-break spaces become spaces, zero-width ones nothing; quotes and dashes stay as the author set them."""
    text = "“The ferries\u00a0are\u202fback,” she\u200b said – and\u00ad meant it: the first of them sails to\u00adday at noon…"
    assert read(f"{HEADLINE}\n\n{text}").content == html(
        "“The ferries are back,” she said – and meant it: the first of them sails today at noon…"
    )


def test_characters_that_xml_forbids_are_dropped():
    """A NUL or a lone surrogate would make a feed invalid."""
    assert read(f"{HEADLINE}\x00\n\n{PARAGRAPHS[0]}\ud800\x08").content == html(PARAGRAPHS[0])


def test_evidence_says_where_each_field_was_found():
    """`explain` shows by-line, date line and where the article ends, with the numbers of their lines."""
    text = (
        f"{HEADLINE}\n\nBy Jane Doe\n\n12 March 2024\n\n{PARAGRAPHS[0]}\n\n{PARAGRAPHS[1]}\n\nLeave a Reply\n\nName *"
    )
    assert read(text).evidence == (
        ("title", "line 1"),
        ("author", "by-line on line 3: By Jane Doe"),
        ("published", "date line on line 5: 12 March 2024"),
        ("content", "lines 7 to 9; left out from line 11 on: Leave a Reply"),
    )


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("Source: https://news.example/ferries?id=7", "https://news.example/ferries?id=7"),
        ("Quelle: https://news.example/ferries", "https://news.example/ferries"),
        ("https://news.example/ferries", "https://news.example/ferries"),
        ("Our hotline: https://news.example/help", ""),
        ("Source: javascript:alert(1)", ""),
    ],
)
def test_the_address_comes_from_a_clear_line_alone(line, url):
    """A line that is an address, or "Source:" and one, gives the URL and is no part of the article."""
    item = read(f"{ARTICLE}\n\n{line}")
    assert item.url == url
    assert item.content.startswith(html(*PARAGRAPHS))
    assert (url not in item.text) or not url


def test_two_addresses_are_none():
    """Where it is not clear which is the article's, neither is."""
    assert read(f"{ARTICLE}\n\nSource: https://a.example/1\n\nSource: https://b.example/2").url == ""


FOOTER = (
    "The Strait Courier",
    "Harbour Lane 3",
    "We print on paper made of old sails and new hopes, and we are proud of it.",
)


def folder() -> list[str]:
    """Five pages of one site, whose footer no table knows."""
    return ["\n\n".join((f"Headline number {n}", own(n), own(n + 10), *FOOTER)) for n in range(5)]


def own(number: int) -> str:
    """A paragraph that stands in one file only."""
    return (
        f"On day {number} the ferry left the harbour with {number} bicycles, a piano and the whole of the school choir."
    )


def test_lines_that_most_files_of_a_folder_have_are_left_out():
    """A site's own footer is known by standing in all of its pages."""
    texts = folder()
    shared = lines_in_common(texts)
    assert shared >= set(FOOTER)
    assert "Headline number 1" not in shared
    assert read(texts[1], shared_lines=shared).content == html(own(1), own(11))
    assert FOOTER[2] in read(texts[1]).text


@pytest.mark.parametrize("files", [0, 1, 2])
def test_one_or_two_files_have_nothing_in_common(files):
    """Two texts of an author may well share a line."""
    assert lines_in_common([ARTICLE] * files) == frozenset()


def test_a_headline_that_every_file_has_is_none():
    """The site's name on top of every page is not the headline."""
    shared = lines_in_common(["The Strait Courier\n\n" + text for text in folder()])
    assert read("The Strait Courier\n\n" + folder()[2], shared_lines=shared).title == "Headline number 2"
