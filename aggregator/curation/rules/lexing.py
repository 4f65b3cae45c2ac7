"""Cuts the text of a `match` rule into tokens and says what is wrong with a piece of it; knows no grammar."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aggregator.curation.rules.errors import RuleError
from aggregator.curation.rules.scopes import NAME_FIELDS, PREFIXES, in_order
from aggregator.curation.rules.tree import KEYWORDS

_MINUS = "-–−"  # a word processor makes a dash of the hyphen
_QUOTES = {'"': '"', "“": '"“”', "”": '"“”', "„": '"“”'}  # what may close a phrase that each opens
_BARE = re.compile(r'[^\s()"“”„]+')
_REGEX = re.compile(r"/(?P<body>(?:\\.|[^\\/\n])*)/(?P<flags>[^\s()]*)")
_FIELD = re.compile(r"(?P<names>[^\W\d_]+(?:,[^\W\d_]+)*):(?!//)")
_COMMA = re.compile(r"[,;]$|(?<=[^\W\d_])[,;](?=[^\W\d_])")
_ADVICE = {"body": "text", "by": "author", "feed": "source", "intitle": "title", "inurl": "url", "language": "lang",
           "link": "url", "site": "url", "tag": "category", "tags": "category"}  # fmt: skip
_PREFIXES = "title: text: author: category: source: lang: url:"
_EXCERPT = 24


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a rule. `text` is what it says, without its quotes or slashes, and starts at `start` in the rule.

    A regex has its slashes unescaped in `text` and its flags in `flags`; a field has the names that it stands for.
    """

    kind: Literal["(", ")", "AND", "OR", "NOT", "field", "term", "regex", "end"]
    position: int
    text: str = ""
    start: int = 0
    flags: str = ""
    fields: tuple[str, ...] = ()


def fault(text: str, position: int, what: str) -> RuleError:
    """Return the error `what`, a sentence without its stop, with the place in `text` shown at its end."""
    if not text.strip():
        return RuleError(what, position)
    rest = _excerpt(text[position:])
    where = f"character {position + 1}: {rest}" if rest else "at the end"
    return RuleError(f"{what} – {where}", position)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of `text` and one that marks its end; RuleError at the first piece that makes no sense."""
    at, last = 0, Token("end", 0)
    while (at := _after_space(text, at)) < len(text):
        last, at = _token(text, at, last)
        yield last
    yield Token("end", len(text))


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _EXCERPT else f"{flat[:_EXCERPT]}…"


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _token(text: str, at: int, last: Token) -> tuple[Token, int]:
    """Return the token at `at` and where the next may start; `last` is the token before it."""
    first = text[at]
    if first in "()":
        return Token("(" if first == "(" else ")", at), at + 1
    if first in _QUOTES:
        return _phrase(text, at)
    if first == "/":
        return _regex(text, at)
    if first in _MINUS:
        return _minus(text, at, last)
    return _bare(text, at, last)


def _phrase(text: str, at: int) -> tuple[Token, int]:
    body = re.compile(rf"(?:\\[\\\"]|[^{_QUOTES[text[at]]}])*").match(text, at + 1)
    end = body.end() if body else at + 1
    if body is None or end == len(text):
        raise fault(text, at, 'This quote is never closed: put a " after the last word of the phrase')
    if not body[0].strip():
        raise fault(text, at, "This phrase is empty: write words between the quotes")
    if text[end + 1 : end + 2] == "*":
        raise fault(text, end + 1, 'The * belongs inside the quotes, as in "climate chang*"')
    if _after_space(text, end + 1) == end + 1 < len(text) and text[end + 1] != ")":
        raise fault(text, end + 1, "Put a space after the closing quote")
    return Token("term", at, re.sub(r"\\([\\\"])", r"\1", body[0]), at + 1), end + 1


def _regex(text: str, at: int) -> tuple[Token, int]:
    found = _REGEX.match(text, at)
    if found is None:
        what = 'This regular expression is never closed: put a / after it, or quotes round a path, as in "/news"'
        raise fault(text, at, what)
    if not found["body"]:
        raise fault(text, at, "This regular expression is empty: write it between the slashes, as in /rc[0-9]+/i")
    if found["flags"] not in ("", "i"):
        what = (
            r"Only i, for any case, may follow a regular expression; write \/ for a slash in it, or quotes round a path"
        )
        raise fault(text, found.start("flags"), what)
    body = re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], found["body"])
    return Token("regex", at, body, at + 1, found["flags"]), found.end()


def _minus(text: str, at: int, last: Token) -> tuple[Token, int]:
    if last.kind == "field" and last.start == at:
        raise fault(text, last.position, f"Put the minus before the field: write -{last.text}: and then the term")
    if at + 1 == len(text) or text[at + 1].isspace() or text[at + 1] == ")":
        raise fault(text, at, "A minus must stand right before what it excludes, as in -football")
    return Token("NOT", at, "-"), at + 1


def _bare(text: str, at: int, last: Token) -> tuple[Token, int]:
    found = _BARE.match(text, at)
    word = found[0] if found else text[at]
    end = at + len(word)
    if word in KEYWORDS:
        return Token("AND" if word == "AND" else "OR" if word == "OR" else "NOT", at, word), end
    field = _FIELD.match(word)
    if field and (scope := _scope(text, at, field["names"], follows_field=last.kind == "field")):
        return Token("field", at, field["names"].lower(), at + field.end(), fields=scope), at + field.end()
    _check_bare(text, at, word)
    if end < len(text) and text[end] in '("“”„':
        what = "parenthesis" if text[end] == "(" else 'quote, or write \\" for one within a "phrase"'
        raise fault(text, end, f"Put a space before this {what}")
    return Token("term", at, word, at), end


def _scope(text: str, at: int, names: str, *, follows_field: bool) -> tuple[str, ...]:
    """Return the fields that a prefix stands for; () where it is part of a value, as in `url:mailto:x`."""
    unknown = [name for name in names.split(",") if name.lower() not in PREFIXES]
    if follows_field:
        if unknown:
            return ()
        what = "Two fields stand before one term: write one, or join them with a comma, as in title,url:x"
        raise fault(text, at, what)
    if unknown:
        raise fault(text, at, _no_field(unknown[0]))
    scope = in_order(tuple(field for name in names.lower().split(",") for field in PREFIXES[name]))
    if "," in names and not set(NAME_FIELDS).isdisjoint(scope):
        raise fault(text, at, "source: and lang: hold names, not text: write them on their own, as in lang:en title:x")
    return scope


def _no_field(name: str) -> str:
    near = _ADVICE.get(name.lower()) or next(iter(difflib.get_close_matches(name.lower(), PREFIXES, 1)), "")
    if near:
        return f'There is no field "{name}": did you mean {near}:, or is it text, to be put into quotes?'
    return f'There is no field "{name}" among {_PREFIXES}; if it is text, put it into quotes'


def _check_bare(text: str, at: int, word: str) -> None:
    """Refuse what other search languages mean something by, and here would only find nothing, silently."""
    if not word.strip("|"):
        raise fault(text, at, "For one or the other, write OR, as in russia OR ukraine")
    if not word.strip("&"):
        raise fault(text, at, "No sign is needed here: terms with a space between them must all be there")
    if word[0] == "+" and word[1:2].isalpha():
        raise fault(text, at, f"No + is needed here: every term must be there; write {word[1:]}")
    if word[0] == "!" and len(word) > 1:
        raise fault(text, at, f"To exclude a term, write a minus: -{word[1:]}")
    if comma := _COMMA.search(word):
        advice = "write OR for one of the terms, a space for all, or quotes round it if it is text"
        sign = "comma" if comma[0] == "," else "semicolon"
        raise fault(text, at + comma.start(), f"A {sign} divides nothing here: {advice}")
