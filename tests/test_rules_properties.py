"""What must hold for every rule and every item: the canonical text, the index and the full-text expression."""

import pickle
import sqlite3
from contextlib import closing

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.curation.rules import Rule, RuleError, RuleIndex, candidates, explain, index_text, parse
from aggregator.curation.rules.matching import holds
from aggregator.curation.rules.patterns import check_pattern
from aggregator.curation.rules.scopes import PREFIXES, in_order
from aggregator.curation.rules.tree import And, Node, Not, Or, Pattern, conjunction, disjunction, negation, term
from aggregator.model import Fields

# Few words, so that rules and items meet often: each stands for a kind of trouble.
WORDS = [
    *(
        "russia",
        "Russia's",
        "Russian",
        "élection",
        "ELECTION",
        "Straße",
        "strasse",
        "Łódź",
        "Lodz",
        "мой",
        "мои",
        "ёлка",
    ),
    *("C++", "C", "C++20", ".NET", "net", "AT&T", "at", "t", "covid-19", "covid", "19", "U.S.", "snake_case", "case"),
    *(
        "金利",
        "日本の",
        "AI",
        "AI技術",
        "パリ",
        "バリ",
        "ไทย",
        "러시아는",
        "러시아",
        "हिन्दी",
        "हिन",
        "שָׁלוֹם",
        "שלום",
        "أحمد",
        "احمد",
    ),
    *(
        "🚀",
        "€",
        "½",
        "№5",
        "Windows™",
        "ﬁnance",
        "inter\u00adnational",
        "𞤀𞤁",
        "\ue000x",
        "a\u0332b",
        "10,000",
        "in",
        "c",
    ),
]
GAPS = [" ", "  ", "\n", ", ", "-", ". ", "/", "、", "・", "' ", "_", "\x1f", "", "\u200b", " 金 ", ". A. "]
ANY_TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)

steady = settings(derandomize=True, max_examples=200)


def items(words: list[str]) -> st.SearchStrategy[Fields]:
    """Return items that hold some of `words`, and other text between them."""
    word = st.one_of(st.sampled_from(words), st.sampled_from(WORDS), ANY_TEXT)
    values = st.lists(st.tuples(word, st.sampled_from(GAPS)), max_size=6).map(
        lambda pairs: "".join(word + gap for word, gap in pairs)
    )
    return st.builds(
        Fields,
        title=values,
        summary=values,
        content=values,
        categories=st.lists(values, max_size=3).map(tuple),
        author=values,
        source=st.sampled_from(["", "bbc", "bbc-world"]),
        language=st.sampled_from(["", "en", "en-GB", "de"]),
        url=st.sampled_from(["", "https://www.bbc.co.uk/russia_c", "https://x.org/?q=C++"]),
    )


scopes = st.one_of(
    st.just(PREFIXES["title"] + PREFIXES["text"] + PREFIXES["category"]),
    st.sampled_from([scope for name, scope in PREFIXES.items() if name not in ("source", "lang")]),
    st.sets(st.sampled_from(["title", "summary", "content", "categories", "author", "url"]), min_size=1).map(
        lambda names: in_order(tuple(names))
    ),
)


def readable(text: str, scope: tuple[str, ...]) -> bool:
    """Whether a term can be made of `text`."""
    try:
        return bool(term(text, scope))
    except RuleError:
        return False


def usable(text: str) -> bool:
    """Whether a regular expression can be made of `text`."""
    try:
        check_pattern(text)
    except RuleError:
        return False
    return "/" not in text or "\\/" not in text


written = st.builds(
    lambda words, star: " ".join(words) + star,
    st.lists(st.one_of(st.sampled_from(WORDS), ANY_TEXT), min_size=1, max_size=3),
    st.sampled_from(["", "", "*"]),
)
named = st.sampled_from([("bbc", "source"), ("bbc*", "source"), ("en", "lang"), ("EN-gb", "lang")])
leaves = st.one_of(
    st.tuples(written, scopes).filter(lambda pair: readable(*pair)).map(lambda pair: term(*pair)),
    named.map(lambda pair: term(pair[0], PREFIXES[pair[1]])),
    st.builds(Pattern, st.sampled_from(["[a-z]+[0-9]", "C\\+", "利|и", "^R", "a/b", r"\\x"]), st.booleans(), scopes),
)
nodes: st.SearchStrategy[Node] = st.recursive(
    st.one_of(leaves, leaves.map(negation)),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: conjunction(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: disjunction(tuple(parts))),
        inner.map(negation),
    ),
    max_leaves=8,
)
rules = nodes.filter(lambda node: not holds(node, lambda _: False)).map(Rule)


def leaf_texts(node: Node) -> list[str]:
    """Return what the leaves of a tree would have to find."""
    match node:
        case And(parts) | Or(parts):
            return [text for part in parts for text in leaf_texts(part)]
        case Not(leaf):
            return leaf_texts(leaf)
        case _:
            return [node.text.rstrip("*"), node.text.replace("*", "nt")]  # a beginning is to meet longer words too


def meeting(several: st.SearchStrategy[list[Rule]]) -> st.SearchStrategy[tuple[list[Rule], Fields]]:
    """Return rules with an item that holds some of their terms."""
    return several.flatmap(
        lambda chosen: st.tuples(st.just(chosen), items([text for rule in chosen for text in leaf_texts(rule.root)]))
    )


one_rule = meeting(rules.map(lambda rule: [rule]))
many_rules = meeting(st.lists(rules, min_size=1, max_size=8))


@steady
@given(rules)
def test_canonical_text_is_read_back(rule: Rule) -> None:
    """The canonical text of a rule is that rule: equal, and equally written."""
    assert parse(str(rule)) == rule
    assert str(parse(str(rule))) == str(rule)
    assert pickle.loads(pickle.dumps(rule)) == rule


@steady
@given(st.text(alphabet='ab"*-()/\\ORANDNT:,“ é金.+title', max_size=25))
def test_any_text_is_a_rule_or_a_rule_error(text: str) -> None:
    """Whatever is typed is read, and read back, or refused with a place within it."""
    try:
        rule = parse(text)
    except RuleError as error:
        inside = 0 <= error.position <= len(text)
        assert inside, error.message  # noqa: PT017 - most texts are refused, but not all
    else:
        assert parse(str(rule)) == rule


@steady
@given(many_rules)
def test_index_routes_as_each_rule_would(met: tuple[list[Rule], Fields]) -> None:
    """The index takes no short cut that changes what a topic gets, or why, or in which order."""
    several, item = met
    named_rules = {f"topic-{number}": rule for number, rule in enumerate(several)}
    alone = {name: explain(rule, item) for name, rule in named_rules.items()}
    expected = [(name, why.terms) for name, why in alone.items() if why.matched]
    assert list(RuleIndex(named_rules).route(item).items()) == expected


@steady
@given(one_rule)
def test_explanation_always_has_a_reason(met: tuple[list[Rule], Fields]) -> None:
    """Taken means by some term; not taken means that something was missing or in the way."""
    (rule,), item = met
    why = explain(rule, item)
    assert bool(why.terms) is why.matched
    assert bool(why.missing or why.excluded) is not why.matched


def finds(expression: str, item: Fields) -> bool:
    """Whether SQLite finds the item by a MATCH expression."""
    values = (item.title, item.author, "\n".join(item.categories), f"{item.summary}\n{item.content}")
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE VIRTUAL TABLE items_fts USING fts5"
            "(title, author, categories, content, tokenize = 'unicode61 remove_diacritics 2')"
        )
        database.execute("INSERT INTO items_fts VALUES (?, ?, ?, ?)", [index_text(value) for value in values])
        return bool(database.execute("SELECT 1 FROM items_fts WHERE items_fts MATCH ?", [expression]).fetchone())


@steady
@given(one_rule)
def test_no_match_is_lost_to_full_text(met: tuple[list[Rule], Fields]) -> None:
    """What a rule takes is among its candidates, and every expression is one that SQLite understands."""
    (rule,), item = met
    expression = candidates(rule)
    if expression is not None:
        assert finds(expression, item) or not explain(rule, item).matched
