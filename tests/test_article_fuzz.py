"""What must hold for every text and every page: nothing raises, nothing runs, nothing is invented, prose is never lost."""

import re
from datetime import UTC
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_article import ARTICLE, HEADLINE, PARAGRAPHS

from aggregator.model import Item, Unreadable
from aggregator.reading.article import lines_in_common, read_article
from aggregator.reading.html import clean_html
from aggregator.reading.markdown import read_markdown
from aggregator.reading.page import read_page

SAFE = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "a", "img", "em", "strong", "b", "i", "code", "pre", "table", "thead",
        "tbody", "tr", "td", "th", "br", "hr", "div", "span", "s", "del", "figure", "figcaption", "sub", "sup", "u", "tt", "q", "cite", "details",
        "summary", "dl", "dt", "dd", "caption"}  # fmt: skip
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
PIECES = st.sampled_from([
    HEADLINE, *PARAGRAPHS, "By Jane Doe", "12 March 2024", "Related", "Read more: Gull steals hat", "Share", "Tweet", "Leave a Reply", "Comments",
    "Name *", "© 2024 Strait Courier", "- item", "1. first", "> quoted", "# Heading", "---", "title: x", "<script>alert(1)</script>",
    "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "Advertisement", "关键词", "اقرأ أيضا", "\u200b", "🙂", "12:30", "* * *", "“Quoted”", "",
])  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.one_of(PIECES, st.text(max_size=60)), max_size=25).map("\n".join))
MARKUP = st.lists(
    st.sampled_from(["<p>", "</p>", "<h1>", "</h1>", "<div>", "<script>alert(1)</script>", "<a href='javascript:x'>", "<img onerror=x src=y>", "<table>",
                     "<meta property='og:title' content='T'>", "<html lang=en>", "<!--", "-->", "<title>T</title>", "&#0;", "&lt;script&gt;", *PARAGRAPHS]),
    max_size=20,
).map("".join)  # fmt: skip


class Tags(HTMLParser):
    """The tags of a piece of HTML with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the tag."""
        self.found.append((tag, dict(attrs)))


def broken_promises(read: Item | Unreadable) -> list[str]:
    """Which of the things that every reader promises of what it returns do not hold."""
    if isinstance(read, Unreadable):
        return [] if read.reason else ["a reason"]
    promises = {
        "safe content": all(is_safe(tag, attributes) for tag, attributes in tags(read.content)),
        "clean content": clean_html(read.content) == read.content,
        "a short summary": len(read.summary) <= 300,
        "no guid": read.guid == "",
        "a url of the web": read.url == "" or read.url.startswith(("http://", "https://")),
        "a date in UTC": read.published is None or read.published.tzinfo is UTC,
        "what XML allows": not FORBIDDEN.search(read.title + read.content + read.summary + read.text),
        "a title of one line": "\n" not in read.title,
    }
    return [promise for promise, holds in promises.items() if not holds]


def is_safe(tag: str, attributes: dict[str, str | None]) -> bool:
    """Whether a tag is one that we let through, runs nothing and leads nowhere odd."""
    runs = any(name.startswith("on") or name == "style" for name in attributes)
    leads = {(attributes.get(name) or "https:").split(":")[0] for name in ("href", "src", "cite")}
    return tag in SAFE and not runs and leads <= {"http", "https", "mailto"}


def tags(content: str) -> list[tuple[str, dict[str, str | None]]]:
    """The tags of some HTML with their attributes."""
    parser = Tags()
    parser.feed(content)
    return parser.found


@given(TEXTS)
def test_no_text_raises_or_runs(text):
    """As a pasted article and as Markdown."""
    assert broken_promises(read_article(text)) == []
    assert broken_promises(read_markdown(text)) == []


@settings(max_examples=60)  # trafilatura's import alone takes a second
@example(b"<a><table>!\t! ! ! ! ! ! ! ! ! ! ! !<a>")
@given(
    st.one_of(st.binary(max_size=300), MARKUP.map(str.encode), TEXTS.map(lambda text: text.encode("utf-8", "replace")))
)
def test_no_page_raises_or_runs(body):
    """Whatever the bytes are."""
    assert broken_promises(read_page(body, url="https://news.example/a")) == []


@given(TEXTS)
def test_nothing_is_invented(text):
    """Every word of the content stands in the text."""
    item = read_article(text)
    if isinstance(item, Item):
        pasted = re.sub(r"[\W_]+", "", text)
        assert all(word in pasted for word in re.findall(r"[^\W_]+", re.sub(r"<[^>]*>|&\w+;", " ", item.content)))


@given(TEXTS)
def test_reading_twice_gives_the_same(text):
    """No clock and no memory."""
    assert read_article(text) == read_article(text)


WORDS = st.sampled_from(
    [
        "the",
        "ferry",
        "harbour",
        "captain",
        "of",
        "and",
        "with",
        "pier",
        "strait",
        "council",
        "while",
        "slowly",
        "town",
        "many",
    ]
)
SENTENCES = st.lists(WORDS, min_size=12, max_size=40).map(lambda words: " ".join(words).capitalize() + ".")


@given(st.lists(SENTENCES, min_size=1, max_size=12, unique=True))
def test_an_article_of_sentences_is_kept_whole(paragraphs):
    """Where nothing looks like a leftover nothing is left out, however long or short the article is."""
    item = read_article("\n\n".join(("A headline of some words", *paragraphs)))
    assert isinstance(item, Item)
    assert item.text == " ".join(paragraphs)


@given(st.integers(0, len(ARTICLE)))
def test_a_file_cut_anywhere_is_read(length):
    """A truncated article is the article up to there."""
    assert broken_promises(read_article(ARTICLE[:length])) == []


@given(st.lists(TEXTS, max_size=6))
def test_what_files_share_is_a_line_of_theirs(texts):
    """The helper never raises, and gives lines that most of the texts hold."""
    shared = lines_in_common(texts)
    assert all(line.strip() == line != "" for line in shared)
