"""The MATCH expression of a rule: what it says, when there is none, and that SQLite can take it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from aggregator.curation.rules import candidates, compile_rule, index_text, parse

ROWS = {
    "swiss": ("Straße nach Łódź", "Zoë", "Reise", ""),
    "tech": ("C++入門、AI技術", "", "Tech", "rock'n'roll inter\u00adnational"),
    "hebrew": ("שָׁלוֹם עולם", "", "", "a b"),
    "hindi": ("हिन्दी समाचार", "", "", ""),
    "politics": ("Russia's diplomats", "Ann Lee", "World News", "the United States of Łabędź"),
}


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """A full-text table as it is promised to be, with ROWS."""
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.execute(
            "CREATE VIRTUAL TABLE items_fts USING fts5"
            "(title, author, categories, content, name UNINDEXED, tokenize = 'unicode61 remove_diacritics 2')"
        )
        rows = [(*map(index_text, texts), name) for name, texts in ROWS.items()]
        opened.executemany("INSERT INTO items_fts VALUES (?, ?, ?, ?, ?)", rows)
        yield opened


@pytest.mark.parametrize(
    ("rule", "expression"),
    [
        ("Élection", '{title content categories} : "election"'),
        ('"United States"', '{title content categories} : "united states"'),
        ("diplomat*", '{title content categories} : "diplomat" *'),
        ("covid-1*", '{title content categories} : "covid 1" *'),
        ("C++*", '{title content categories} : "c"'),
        ("title:a author:b category:c text:d", '{title} : "a" AND {author} : "b" AND {categories} : "c" AND {content} : "d"'),
        ("title:a (title:b OR title:c d*)", '{title} : "a" AND ({title} : "b" OR {title} : "c" AND '
         '{title content categories} : "d" *)'),
        ("title:a -b", '{title} : "a"'),
        ("title:a /b/", '{title} : "a"'),
        ("title:a url:b", '{title} : "a"'),
        ("title:a (b OR url:c)", '{title} : "a"'),
        ("title:a (b OR -c)", '{title} : "a"'),
        ('title:"NEAR OR -x"', '{title} : "near or x"'),
    ],
)  # fmt: skip
def test_expression(rule: str, expression: str) -> None:
    """Every token is quoted and looked for in its columns only; what cannot be asked of the index is left out."""
    assert candidates(parse(rule)) == expression


@pytest.mark.parametrize(
    "rule",
    [
        "/a/",
        "金利",
        "AI技術",
        "ไทย*",
        "€",
        "🚀",
        "lang:en",
        "source:bbc",
        "url:a",
        "title,url:a",
        "a OR /b/",
        "a OR 金利",
        "\u093e",
    ],
)
def test_no_expression(rule: str) -> None:
    """Where the index cannot narrow a rule, every item is a candidate."""
    assert candidates(parse(rule)) is None


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("strasse", {"swiss"}),
        ("lodz", {"swiss"}),
        ("AI", {"tech"}),
        ("C++", {"tech"}),
        ("international", {"tech"}),
        ("rock'n'roll", {"tech"}),
        ("שלום", {"hebrew"}),
        ("हिन्दी", {"hindi"}),
        ("हिन*", {"hindi"}),
        ("Russia", {"politics"}),
        ("diplom*", {"politics"}),
        ('"united stat*"', {"politics"}),
        ("labed*", {"politics"}),
        ("author:zoe OR author:lee", {"swiss", "politics"}),
        ("title:united", set()),
        ("zoe", set()),
    ],
)
def test_sqlite_finds(database: sqlite3.Connection, rule: str, names: set[str]) -> None:
    """SQLite finds by the expression what the rule would take, in every script."""
    found = database.execute("SELECT name FROM items_fts WHERE items_fts MATCH ?", [candidates(parse(rule))])
    assert {name for (name,) in found} == names


def test_the_deepest_and_the_longest_rule(database: sqlite3.Connection) -> None:
    """SQLite's limits are not met by what the rule language lets through."""
    deep = "a (a OR b " * 16 + "c" + ")" * 16
    long = compile_rule(any=[f"word{number}" for number in range(5000)], match="a")
    assert long is not None
    for rule in (parse(deep), long):
        database.execute("SELECT name FROM items_fts WHERE items_fts MATCH ?", [candidates(rule)]).fetchall()
