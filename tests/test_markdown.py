"""Markdown files: rendered, sanitised, titled by their first heading, and rid of leftovers where they are pasted pages."""

from datetime import UTC, datetime

import pytest
from test_article import HEADLINE, PARAGRAPHS, html

from aggregator.model import Item, Unreadable
from aggregator.reading.markdown import read_markdown

A, B, C = PARAGRAPHS


def read(text: str, url: str = "") -> Item:
    """The item of a text that is known to hold one."""
    item = read_markdown(text, url=url)
    assert isinstance(item, Item)
    return item


def test_the_first_heading_is_the_title():
    """And no part of the content."""
    item = read(f"# {HEADLINE}\n\n{A}\n\n{B}\n")
    assert item.title == HEADLINE
    assert item.content == html(A, B)


def test_front_matter_goes_before_the_heading():
    """The title is given once where both say the same."""
    item = read(f"---\ntitle: {HEADLINE}\ndate: 2024-03-12\ntags: [ferries]\n---\n\n# {HEADLINE}\n\n{A} *Really.*\n")
    assert (item.title, item.published, item.categories) == (HEADLINE, datetime(2024, 3, 12, tzinfo=UTC), ("ferries",))
    assert item.content == f"<p>{A} <em>Really.</em></p>"


RENDERED = [
    ("emphasis", "It is *new* and **big** and ~~blue~~ and `red`.", "<em>new</em> and <strong>big</strong> and <del>blue</del> and <code>red</code>"),
    ("a link", "See [the plan](https://news.example/plan).", '<a href="https://news.example/plan">the plan</a>'),
    ("a list", "## Boats\n\n- one\n- two", "<li>one</li>"),
    ("a nested list", "## Boats\n\n- one\n  - half", "<ul>\n<li>half</li>\n</ul>"),
    ("an ordered list", "## Boats\n\n3. three\n4. four", '<ol start="3">'),
    ("a quotation", "## Said\n\n> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
    ("code", "```python\nprint(1)\n```", "<pre><code>print(1)\n</code></pre>"),
    ("a table", "| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
    ("an image", "![the pier](https://news.example/pier.png)", '<img src="https://news.example/pier.png" alt="the pier">'),
    ("a heading", "### Posts", "<h3>Posts</h3>"),
    ("HTML", "A <b>bold</b> line.", "<b>bold</b>"),
]  # fmt: skip


@pytest.mark.parametrize(("markdown", "expected"), [case[1:] for case in RENDERED], ids=[case[0] for case in RENDERED])
def test_markdown_is_rendered(markdown, expected):
    """CommonMark with tables and struck-out words, all of it kept."""
    content = read(f"# {HEADLINE}\n\n{A}\n\n{markdown}\n\n{B}\n").content
    assert expected in content.replace("<s>", "<del>").replace("</s>", "</del>")
    assert content.startswith(html(A))
    assert content.endswith(html(B))


def test_relative_links_are_made_absolute():
    """Against the front matter's address, else the one that is given."""
    text = f"# {HEADLINE}\n\n{A} [More](more) ![pier](pier.png)"
    content = read(text, "https://news.example/a/").content
    assert 'href="https://news.example/a/more"' in content
    assert 'src="https://news.example/a/pier.png"' in content
    assert (
        'href="https://b.example/x/more"'
        in read(f"---\nurl: https://b.example/x/y\n---\n{text}", "https://news.example/").content
    )


@pytest.mark.parametrize(
    "attack",
    ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "[x](javascript:alert(1))", "<iframe src='https://e.example'></iframe>",
     "<a href='jav&#x09;ascript:alert(1)'>x</a>", "![x](data:text/html,<script>alert(1)</script>)", "<style>p{}</style>", "<svg onload=alert(1)>"],
)  # fmt: skip
def test_nothing_that_runs_is_left(attack):
    """HTML in Markdown is sanitised like any other."""
    content = read(f"# {HEADLINE}\n\n{A} **b**\n\n{attack}\n\n{B}").content.replace("[x](javascript:alert(1))", "")
    for word in ("<script", "onerror", "javascript:", "<iframe", "<style", "<svg", "data:text"):
        assert word not in content


def test_leftovers_of_a_clipped_page_are_cut():
    """Web clippers save the comment form as Markdown too."""
    page = f"# {HEADLINE}\n\nBy Jane Doe\n\n{A}\n\n{B}\n\n**{C}**\n\n## Related articles\n\n- [Gull steals hat](/gull)\n\n## Leave a Reply\n\nName \\*"
    item = read(page)
    assert item.content == html(A, B) + f"\n<p><strong>{C}</strong></p>"
    assert item.authors == ("Jane Doe",)


def test_a_pasted_page_in_a_markdown_file_is_read_as_one():
    """A text without any Markdown in it is plain."""
    page = "\n".join(
        (HEADLINE, "By Jane Doe", A, B, C, "Check Also", "Gull steals hat", "Leave a Reply", "Name *", "Email *")
    )
    item = read(page)
    assert (item.title, item.content, item.authors) == (HEADLINE, html(A, B, C), ("Jane Doe",))


def test_an_empty_file_is_unreadable():
    """With the file's name in the reason."""
    assert read_markdown(" \n", name="note.md") == Unreadable("note.md holds no text")


def test_wrapped_lines_are_one_paragraph():
    """A line end inside a paragraph is a space in Markdown."""
    assert (
        read("# Title\n\nThe council of the harbour\ntown voted on *Tuesday*.").text
        == "The council of the harbour town voted on Tuesday."
    )
