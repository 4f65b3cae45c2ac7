"""Regular expressions, in an engine whose time grows only linearly with the text; owns pydantic_core.

Python's own `re` backtracks: `(a+)+$` would hold the program for ever on a text that its author never thought of, and
no check of the expression finds every such case. pydantic's core, which comes with pydantic, carries Rust's regex
crate, which gives up look-around and back-references for that guarantee.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

from aggregator.curation.rules.errors import RuleError
from aggregator.curation.rules.tree import Pattern

TEXT_LIMIT = 20_000  # characters of a field that are looked at
_PATTERN_LIMIT = 1_000
# The engine shows the expression indented by four, carets below it, and then what is wrong.
_COMPLAINT = re.compile(r"\n    .*\n    (?P<before> *)\^+\nerror: (?P<what>.+)")


def check_pattern(text: str) -> None:
    """Raise RuleError, with its position in `text`, for an expression that cannot be used."""
    if len(text) > _PATTERN_LIMIT:
        raise RuleError(f"This regular expression is longer than {_PATTERN_LIMIT} characters: divide it")
    try:
        matches_nothing = _compiled(text).isinstance_python("")
    except SchemaError as error:
        raise _explained(str(error)) from error
    if matches_nothing:
        raise RuleError(
            "This regular expression fits even an empty text, so it would take every item: ask for at least one"
            " character, as with + in place of *"
        )


def occurs(pattern: Pattern, texts: Iterable[str]) -> bool:
    """Whether `pattern` fits somewhere in one of the texts, which are cut at TEXT_LIMIT already."""
    whole = f"(?i){pattern.text}" if pattern.ignore_case else pattern.text
    return any(map(_compiled(whole).isinstance_python, texts))


@lru_cache(maxsize=4096)
def _compiled(text: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=text, regex_engine="rust-regex"))


def _explained(complaint: str) -> RuleError:
    found = _COMPLAINT.search(complaint)
    if found is None:
        return RuleError("This regular expression is too large: repeat less, as in {1,20}")
    what, position = found["what"], len(found["before"])
    if "look-around" in what:
        what += "; write -term for what must not be there"
    return RuleError(f"This regular expression cannot be read: {what}", position)
