"""How rules are read: what a bad one is told, what a good one becomes, and that its canonical text says all of it."""

import pickle
import re
from pathlib import Path

import pytest

from aggregator.curation.rules import RuleError, parse

# Beside this file: a bad rule, below it, indented, the whole message, and an empty line.
BAD = [
    tuple(map(str.strip, pair.splitlines()))
    for pair in Path(__file__).with_name("test_rules_messages.txt").read_text("utf-8").strip().split("\n\n")
]

# (rule, its canonical text)
GOOD = [
    ("  russia   us ", "russia us"),
    ("russia AND us", "russia us"),
    ("russia or us", "russia or us"),
    ("Or oR", "Or oR"),
    ("a b OR c d", "a b OR c d"),
    ("(a b) OR (c d)", "a b OR c d"),
    ("a (b (c d))", "a b c d"),
    ("a OR (b OR c)", "a OR b OR c"),
    ("a OR(b)", "a OR b"),
    ("NOT(a) b", "-a b"),
    ("a NOT b", "a -b"),
    ("a −b –c", "a -b -c"),
    ("a -(b OR c)", "a -b -c"),
    ("a -(b c)", "a (-b OR -c)"),
    ("x -(a OR -b)", "x -a b"),
    ("/x/i a -/y/ b", "a b /x/i -/y/"),
    (r"/a\/b\.c/", r"/a\/b\.c/"),
    ('"russia"', "russia"),
    ('"united   states"', '"united states"'),
    ("“united states”", '"united states"'),
    ("„united states“", '"united states"'),
    ('"say \\"no\\""', '"say \\"no\\""'),
    (r'"a\\b"', r'"a\\b"'),
    ('"a\\b"', r'"a\\b"'),
    ('"OR"', '"OR"'),
    ('"-x"', '"-x"'),
    ("title:(a text:b OR c)", "title:a text:b OR title:c"),
    ("Title:a", "title:a"),
    ("title:12:30", 'title:"12:30"'),
    ("12:30", '"12:30"'),
    ("http://x.org/a", '"http://x.org/a"'),
    ("url:http://x.org/a", 'url:"http://x.org/a"'),
    ("url:mailto:x", 'url:"mailto:x"'),
    ("summary,content:x", "text:x"),
    ("url,title:x", "title,url:x"),
    ("title,summary,content,category:x", "x"),
    ("covid-19 AT&T C++ .NET t'o", 'covid-19 AT&T C++ ".NET" t\'o'),
    ("10,000", '"10,000"'),
    ("金利 élection", "金利 élection"),
    ("lang:pt-BR source:bbc-*", "lang:pt-BR source:bbc-*"),
    ("(" * 16 + "a" + ")" * 16, "a"),
    ("(a) " * 25, " ".join("a" * 25)),
]


@pytest.mark.parametrize(("rule", "message"), BAD)
def test_bad_rule(rule: str, message: str) -> None:
    """A bad rule is told what is wrong, what would be right, and where."""
    with pytest.raises(RuleError) as caught:
        parse(rule)
    assert str(caught.value) == caught.value.message == message
    shown = re.search(r" – character (\d+): ", message)
    assert caught.value.position == (int(shown[1]) - 1 if shown else 0)


@pytest.mark.parametrize("rule", ["", "  "])
def test_empty_rule(rule: str) -> None:
    """A rule of no terms is no rule."""
    with pytest.raises(RuleError, match=r"^The rule is empty: write at least one term$"):
        parse(rule)


@pytest.mark.parametrize(
    ("rule", "position", "message"),
    [
        (
            "(" * 17 + "a" + ")" * 17,
            16,
            "The parentheses are nested too deeply: divide the rule – character 17: (a))))",
        ),
        (f"/{'a' * 1001}/", 1, "This regular expression is longer than 1000 characters: divide it – character 2: aaaa"),
    ],
)
def test_too_much(rule: str, position: int, message: str) -> None:
    """What could exhaust the program is refused; only the beginning of a long rest is shown."""
    with pytest.raises(RuleError) as caught:
        parse(rule)
    assert caught.value.message.startswith(message)
    assert len(caught.value.message) < len(message) + 25
    assert caught.value.position == position


@pytest.mark.parametrize(("rule", "canonical"), GOOD)
def test_canonical_text(rule: str, canonical: str) -> None:
    """Spaces, needless parentheses and quotes leave no trace; what the author wrote of a term stays."""
    assert str(parse(rule)) == canonical
    assert parse(canonical) == parse(rule)


@pytest.mark.parametrize(
    ("rule", "fields", "canonical"),
    [
        ("a text:b", ("title",), "title:a text:b"),
        ("a", ("summary", "title"), "title,summary:a"),
        ("a", ("content", "title", "summary", "categories"), "a"),
        ("/a/", ("url", "author"), "author,url:/a/"),
        ('"a b"', ("summary", "content", "author"), 'text,author:"a b"'),
    ],
)
def test_default_fields(rule: str, fields: tuple[str, ...], canonical: str) -> None:
    """Where a topic looks is part of its rule, so that the fingerprint changes with it."""
    assert str(parse(rule, fields)) == canonical
    assert parse(canonical) == parse(rule, fields)


def test_case_of_a_term_is_kept() -> None:
    """Terms are stored as they were written, so a rule that differs only in case is another rule."""
    assert parse("Russia") != parse("russia")
    assert len({parse("a b"), parse(" a  b "), parse("(a) AND b")}) == 1


def test_rules_and_errors_can_be_pickled() -> None:
    """A configuration can be handed to a worker process, and a worker's errors come back."""
    rule = parse('a "b c" -/x/i title:C++ lang:en 金利*')
    assert pickle.loads(pickle.dumps(rule)) == rule
    error = pickle.loads(pickle.dumps(RuleError("what", 3)))
    assert (error.message, error.position) == ("what", 3)
