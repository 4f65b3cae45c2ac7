"""The keys of a topic as one rule: how they combine, and every fault of them told at once with its key and index."""

import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from aggregator.curation.rules import RuleErrors, compile_rule, explain, parse
from aggregator.model import Fields


@pytest.mark.parametrize(
    ("keys", "canonical"),
    [
        ({"any": ["prisoner exchange", "Antonov", "diplomat*"]}, '"prisoner exchange" OR Antonov OR diplomat*'),
        ({"any": ["a", "b"], "all": ["c", "d"]}, "(a OR b) c d"),
        ({"any": ["a"], "all": ["b"], "none": ["c d", "e"], "match": "f OR g"}, 'a b (f OR g) -"c d" -e'),
        ({"match": "a (b OR c)"}, "a (b OR c)"),
        ({"any": ["a"], "match": "-b"}, "a -b"),
        ({"any": ["a"], "match": "-(b c)"}, "a (-b OR -c)"),
        ({"all": ["AT&T", "C++", "-5", "a:b", "(c)", "10,000"]}, 'AT&T C++ "-5" "a:b" "(c)" "10,000"'),
        ({"all": ['5" disk', '"new york"', "  los \n angeles "]}, '"5\\" disk" "new york" "los angeles"'),
        ({"all": ["OR", "TRICK OR TREAT", "and", "/usr/bin"]}, '"OR" "TRICK OR TREAT" and "/usr/bin"'),
        (
            {"any": ["a"], "match": "title:b c", "fields": ("title", "summary")},
            "title,summary:a title:b title,summary:c",
        ),
        ({"match": "(" * 15 + "a OR b" + ")" * 15, "none": ["c"]}, "(a OR b) -c"),
    ],
)
def test_combination(keys: Mapping[str, Any], canonical: str) -> None:
    """Lists and line become one tree, joined by AND, that `match` alone could have written."""
    rule = compile_rule(**keys)
    assert str(rule) == canonical
    assert rule == parse(canonical)


@pytest.mark.parametrize("keys", [{}, {"any": [], "all": [], "none": [], "match": ""}, {"match": " \n"}])
def test_no_rule(keys: Mapping[str, Any]) -> None:
    """A topic that says nothing has no rule, and takes everything."""
    assert compile_rule(**keys) is None


FAULTS = [
    ({"any": ["a", "", " "]}, "any", 1, "This term is empty: write a word or take it away"),
    (
        {"any": ["*foo"]},
        "any",
        0,
        r"A * may stand only at the end of a word: write foo or foo*, or /\w*foo/ in match – character 1: *foo",
    ),
    (
        {"none": ["a", "f*o b"]},
        "none",
        1,
        r"A * may stand only at the end: write f*, or /f\w*o b/ in match – character 2: *o b",
    ),
    (
        {"all": ["*"]},
        "all",
        0,
        "A * alone stands for nothing: put it at the end of a word, as in diplomat* – character 1: *",
    ),
    (
        {"all": ["..."]},
        "all",
        0,
        "There is nothing to look for in this: write at least one letter, digit or symbol – character 1: ...",
    ),
    (
        {"any": ["title:new york"]},
        "any",
        0,
        'A field works only in match: write title:"new york" there – character 1: title:new york',
    ),
    (
        {"any": ["Russia OR Ukraine"]},
        "any",
        0,
        "OR works only in match: in a list, make each term an entry of its own – character 8: OR Ukraine",
    ),
    (
        {"any": ["/rc[0-9]/i"]},
        "any",
        0,
        "A regular expression works only in match: write it there – character 1: /rc[0-9]/i",
    ),
    ({"all": ["-x"]}, "all", 0, "A minus works only in match: put x into the list none – character 1: -x"),
    (
        {"any": ["x"], "match": "(a"},
        "match",
        None,
        'This "(" is never closed: put a ")" after the group – character 1: (a',
    ),
    (
        {"match": "-a", "none": ["b"]},
        "match",
        None,
        "This rule only excludes, so it would take nearly every item: add a term that must be there, as in russia -a",
    ),
    (
        {"none": ["b"]},
        "none",
        None,
        "This topic only excludes, so it would take nearly every item: say in any, all or match what it takes",
    ),
    ({"any": ["a"], "fields": ("title", "titles")}, "in", 1, "There is no field titles: did you mean title?"),
    (
        {"any": ["a"], "fields": ("lang",)},
        "in",
        0,
        "There is no field lang: it can be title, summary, content, categories, author, url",
    ),
    ({"any": ["a"], "fields": ()}, "in", None, "The list is empty, so nothing could be found: name at least title"),
    (
        {"any": ["x"], "match": "(" * 16 + "a OR b" + ")" * 16},
        "match",
        None,
        "The parentheses are nested too deeply: divide the rule – character 16: (a OR b))))))))))))))))",
    ),
]


@pytest.mark.parametrize(("keys", "key", "index", "message"), FAULTS)
def test_fault(keys: Mapping[str, Any], key: str, index: int | None, message: str) -> None:
    """A fault is told with the key and the entry it stands in."""
    with pytest.raises(RuleErrors) as caught:
        compile_rule(**keys)
    where, at, error = caught.value.errors[0]
    assert (where, at, error.message) == (key, index, message)


def test_every_fault_at_once() -> None:
    """All faults are told, in the order in which feeds.toml has its keys."""
    with pytest.raises(RuleErrors) as caught:
        compile_rule(any=["a", "*b", ""], all=["*"], none=["c*d"], match="e OR", fields=("titel",))
    assert [error[:2] for error in caught.value.errors] == [
        ("any", 1),
        ("any", 2),
        ("all", 0),
        ("none", 0),
        ("match", None),
        ("in", 0),
    ]
    assert str(caught.value).startswith("any[1]: A * may stand")
    assert "match: OR needs a term after it" in str(caught.value)
    assert len(pickle.loads(pickle.dumps(caught.value)).errors) == 6


def test_every_key_is_needed() -> None:
    """An item is taken where one of `any`, all of `all`, `match` and none of `none` are in it."""
    rule = compile_rule(any=["a", "b"], all=["c"], none=["d"], match="e OR f")
    assert rule is not None
    for title, taken in [("b c f", True), ("c f", False), ("b f", False), ("b c", False), ("b c f d", False)]:
        assert explain(rule, Fields(title=title)).matched is taken, title
