"""What a rule takes and what it leaves, one line a case, and what explain says of it."""

import pytest

from aggregator.curation.rules import Explanation, RuleIndex, compile_rule, explain, parse
from aggregator.model import Fields

# (rule, title of the item, whether it is taken)
WORDS = [
    ("russia", "Russia and the US talk", True),
    ("RUSSIA", "russia", True),
    ("russia", "The Prussian army", False),
    ("russia", "russian", False),
    ("russia", "Russia's envoy", True),
    ("russia", "Russia’s envoy", True),
    ("Russia's", "Russia’s envoy", True),
    ("Russia’s", "Russia's envoy", True),
    ("Russia's", "Russia is", False),
    ("élection", "Election day", True),
    ("election", "L’ÉLECTION", True),
    ("election", "e\u0301lection", True),
    ("naive", "naïveté", False),
    ("US", "Just us", True),
    ("2024", "In 2024, a vote", True),
    ("2024", "20245", False),
    ("10", "10,000 people", True),
    ("co2", "Less CO₂ in the air", True),
    ("news_room", "the news_room team", True),
    ("news", "the news_room team", True),
    ("windows", "Windows™ is out", True),
    ("international", "inter\u00adnational", True),
    ("russia", "\u200fRussia\u200b", True),
    ("putin", "Putin: «no»", True),
    ("finance", "ﬁnance", True),
    ("abc", "ＡＢＣ", True),
]
LETTERS = [
    ("Strasse", "Die Straße", True),
    ("straße", "STRASSE", True),
    ("Muller", "Müller", True),
    ("Mueller", "Müller", False),
    ("Lodz", "Łódź", True),
    ("Walesa", "Lech Wałęsa", True),
    ("Soren", "Søren", True),
    ("Encyclopaedia", "Encyclopædia", True),
    ("istanbul", "İSTANBUL", True),
    ("Istanbul", "istanbul", True),
    ("Diyarbakir", "Diyarbakır", True),
    ("ΟΔΟΣ", "οδός", True),
    ("οδος", "ΟΔΌΣ", True),
    ("елка", "Ёлка", True),
    ("мой", "мои", False),
    ("мой", "МОИ\u0306", True),
    ("замок", "за\u0301мок", True),
    ("київ", "Киів", False),
    ("شرطه", "شُرْطَه", True),
    ("احمد", "أحمد", True),
    ("سلام", "ســـلام", True),
    ("שלום", "שָׁלוֹם עולם", True),
    ('צה"ל'.replace('"', "״"), "צה״ל הודיע", True),
    ("हिन्दी", "हिन्दी समाचार", True),
    ("हद", "हिन्दी समाचार", False),
]
UNSPACED = [
    ("金利", "日銀が金利を上げた", True),
    ("金利", "金 利", False),
    ("日本", "毎日、本を読む", False),
    ("パリ", "パリの空", True),
    ("パリ", "バリの海", False),
    ("ﾊﾟﾘ", "パリの空", True),
    ("러시아", "러시아는 말했다", True),
    ("ไทย", "ประเทศไทยวันนี้", True),
    ("ខ្មែរ", "ភាសាខ្មែរ", True),
    ("AI", "日本のAI技術", True),
    ("AI", "日本のOpenAI技術", False),
    ("AI技術", "日本のAI技術者", True),
    ("2024", "2024年", True),
    ("C++", "C++入門", True),
    ('"OpenAI 金利"', "OpenAIの話", False),
    ('"OpenAI 金利"', "OpenAI、金利", True),
    ('"foo bar"', "foo 金利 bar", False),
    ("金利*", "金利差", True),
]
SYMBOLS = [
    ("C++", "Learn C++ now", True),
    ("C++", "C++, again", True),
    ("C++", "Vitamin C", False),
    ("C++", "C++20", False),
    ("C++*", "C++20", True),
    ("C#", "c# and F#", True),
    (".NET", "on .NET 9", True),
    (".NET", "ASP.NET", False),
    (".NET", "the net", False),
    ("AT&T", "AT&T's network", True),
    ("AT&T", "at t", False),
    ("covid-19", "Covid‑19 again", True),
    ("covid-19", "covid 19", False),
    ("covid-1*", "COVID-19", True),
    ("covid-19", "covid-190", False),
    ("12:30", "at 12:30 today", True),
    ("12:30", "at 12:305", False),
    ("U.S.", "U.S. troops", True),
    ("U.S.", "the U.S.", True),
    ("Yahoo!", "Yahoo buys", True),
    ("#AI", "on #AI today", True),
    ("€", "€100", True),
    ("🚀", "go🚀now", True),
    ("❤️", "I ❤ it", True),
    ("10,000", "10,000 people", True),
    ("http://x.org/a", "see http://x.org/a now", True),
    ("Inc.*", "income", False),
    ("Mother’s", "mother's day", True),
]
PHRASES = [
    ('"united states"', "The United  States", True),
    ('"united states"', "united, states", True),
    ('"united states"', "united\nstates", True),
    ('"united states"', "United-States", True),
    ('"united states"', "united other states", False),
    ('"united states"', "disunited states", False),
    ('"climate chang*"', "climate changes", True),
    ('"climate chang*"', "climate and changes", False),
    ('"AT&T merger"', "the AT&T-merger", True),
    ('"C++ & Rust"', "C++ and Rust", False),
    ('"C++ & Rust"', "C++ & Rust", True),
    ('"Johnson & Johnson"', "Johnson&Johnson", True),
    ('"Washington, D.C."', "in Washington D.C. today", True),
    ("“united states”", "united states", True),
    ('"OR"', "this or that", True),
    ('"-x"', "a -x b", True),
    ("diplomat*", "diplomatic", True),
    ("diplomat*", "a diplomat", True),
    ("diplomat*", "undiplomatic", False),
    ("élec*", "Election", True),
]
LOGIC = [
    ("a b", "b and a", True),
    ("a b", "a", False),
    ("a AND b", "b a", True),
    ("a OR b", "b", True),
    ("a or b", "b", False),
    ("a b OR c d", "a d", False),
    ("a b OR c d", "c d", True),
    ("a (b OR c) d", "a d c", True),
    ("a (b OR c) d", "a d", False),
    ("a -b", "a", True),
    ("a -b", "a b", False),
    ("a NOT b", "a b", False),
    ("a –b", "a b", False),
    ("a -(b c)", "a b", True),
    ("a -(b c)", "a b c", False),
    ("a -(b OR -c)", "a", False),
    ("a -(b OR -c)", "a c", True),
    ('a -"b c"', "a c b", True),
    ("a -/b+/", "a bb", False),
    ("a NOT(b)", "a b", False),
]
PATTERNS = [
    (r"/\b(rc|beta)\d*/", "beta2", True),
    (r"/\b(rc|beta)\d*/", "BETA2", False),
    (r"/\b(rc|beta)\d*/i", "BETA2", True),
    ("/é/", "e", False),
    (r"/and\/or/", "and/or", True),
    ("/^Re:/", "Re: all", True),
    ("/^Re:/", "All Re:", False),
    ("title:/[A-Z]{4}/", "NATO", True),
]


def is_taken(rule: str, item: Fields) -> bool:
    """Whether a rule takes an item, as both ways to ask must agree."""
    why = explain(parse(rule), item)
    assert RuleIndex({"topic": parse(rule)}).route(item) == ({"topic": why.terms} if why.matched else {})
    return why.matched


@pytest.mark.parametrize(
    ("rule", "title", "taken"), [*WORDS, *LETTERS, *UNSPACED, *SYMBOLS, *PHRASES, *LOGIC, *PATTERNS]
)
def test_match(rule: str, title: str, taken: bool) -> None:
    """A rule takes an item exactly where a reader of the rule would expect it, alone and in an index."""
    assert is_taken(rule, Fields(title=title)) is taken


ITEM = Fields(
    title="Envoys meet x-1",
    summary="A short summary",
    content="The long content",
    categories=("World News", "Arms control"),
    author="Ann Lee",
    source="bbc-world",
    language="en-GB",
    url="https://www.bbc.co.uk/news/world_europe-123?x=1",
)


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        ("envoys short long arms", True),
        ("lee", False),
        ("title:envoys", True),
        ("title:short", False),
        ("text:short text:long", True),
        ("text:envoys", False),
        ("summary:short -summary:long", True),
        ("content:long -content:short", True),
        ("category:arms", True),
        ('category:"world news"', True),
        ('category:"news arms"', False),
        ('"1 a"', False),
        ('"summary the"', False),
        ('"x-1 a short"', False),
        ('author:"ann lee"', True),
        ("author:(bob OR ann)", True),
        ("title,author:lee", True),
        ("title:(envoys author:lee)", True),
        ("Title:envoys", True),
        ("-title:football envoys", True),
        ("-title:envoys arms", False),
        ("source:bbc-world", True),
        ("source:BBC-World", True),
        ("source:bbc", False),
        ("source:world", False),
        ("source:bbc*", True),
        ("source:/world$/", True),
        ("lang:en", True),
        ("lang:en-gb", True),
        ("lang:EN_GB", True),
        ("lang:en-us", False),
        ("lang:e*", True),
        ("lang:de", False),
        ("url:bbc.co.uk", True),
        ("url:co.uk/news", True),
        ("url:europe", True),
        ("url:bbc.co", True),
        ("url:bb", False),
        ("url:https://www.bbc.co.uk/news*", True),
        ("url:/news/", True),
        ("category:/^Arms/", True),
        ("bbc", False),
    ],
)
def test_fields(rule: str, taken: bool) -> None:
    """A field is looked at alone; a phrase lies within one of them, and within one category."""
    assert is_taken(rule, ITEM) is taken


def test_unknown_language_is_no_language() -> None:
    """An item of which no language is known has none of those that a rule asks for."""
    assert not explain(parse("lang:en"), Fields(title="x")).matched
    assert explain(parse("x -lang:en"), Fields(title="x")).matched


def test_text_beyond_the_limit_is_not_searched_by_a_regex() -> None:
    """A regular expression sees 20,000 characters of a field, so that no text can make it slow."""
    assert explain(parse("/needle/"), Fields(content="x" * 19_990 + "needle")).matched
    assert not explain(parse("/needle/"), Fields(content="x" * 19_995 + "needle")).matched


@pytest.mark.parametrize("rule", [r"/(a+)+$/", r"/(a|a)*b/", r"/(.*)(.*)(.*)c/", r"/(\w+\s?)+!/"])
def test_no_regex_hangs(rule: str) -> None:
    """An expression that would keep a backtracking engine busy for years is answered at once."""
    assert not explain(parse(rule), Fields(content="a" * 19_999 + "?")).matched


@pytest.mark.parametrize(
    ("rule", "title", "explanation"),
    [
        ("Russia washington", "Washington, Russia", Explanation(True, ("Russia", "washington"))),
        ("a OR b OR c", "c a", Explanation(True, ("a", "c"))),
        ("(a b) OR c", "a c", Explanation(True, ("c",))),
        ("a title:a a", "a", Explanation(True, ("a", "title:a"))),
        ('"united states" -x', "United States", Explanation(True, ("united states",))),
        ('title:"united states"', "United States", Explanation(True, ('title:"united states"',))),
        ("/A+/ a OR c", "a A", Explanation(True, ("a", "/A+/"))),
        ("a b c", "b", Explanation(False, missing=(("a",), ("c",)))),
        ("(a OR b) c", "c", Explanation(False, missing=(("a", "b"),))),
        ("a b OR c", "x", Explanation(False, missing=(("a b", "c"),))),
        ("a -b -c", "a c", Explanation(False, excluded=("c",))),
        ("a -(b c)", "a b c", Explanation(False, excluded=("b", "c"))),
        ("a z -(b OR c)", "a b c", Explanation(False, missing=(("z",),), excluded=("b", "c"))),
        ("a (b OR -c)", "a c", Explanation(False, missing=(("b",),), excluded=("c",))),
    ],
)
def test_explain(rule: str, title: str, explanation: Explanation) -> None:
    """An explanation names what matched, or what was missing and what was in the way."""
    assert explain(parse(rule), Fields(title=title)) == explanation


@pytest.mark.parametrize(
    ("explanation", "sentence"),
    [
        (Explanation(True, ("a", "b c")), "matches by a, b c"),
        (Explanation(False, missing=(("a",), ("b", "c"))), "does not match: a is missing; none of b, c"),
        (Explanation(False, excluded=("x", "y")), "does not match: excluded by x, y"),
    ],
)
def test_explanation_as_a_sentence(explanation: Explanation, sentence: str) -> None:
    """An explanation can be printed as it is."""
    assert str(explanation) == sentence


def test_terms_are_shown_as_the_lists_write_them() -> None:
    """Neither `in` nor the quotes that a phrase would need in `match` are added to what the author wrote."""
    rule = compile_rule(any=["Prisoner  exchange", "diplomat*"], fields=("summary", "title"))
    assert rule is not None
    assert explain(rule, Fields(title="Diplomats on the prisoner exchange")).terms == ("Prisoner exchange", "diplomat*")
