"""Compiles the keys of a topic (`any`, `all`, `none`, `match`) into one rule, and finds every fault of them at once."""

import difflib
import re
from collections.abc import Iterator, Sequence

from aggregator.curation.rules.errors import RuleError, RuleErrors
from aggregator.curation.rules.lexing import fault
from aggregator.curation.rules.parsing import NESTING_LIMIT, asks, only_excludes, parse_tree
from aggregator.curation.rules.scopes import DEFAULT_FIELDS, PREFIXES, TEXT_FIELDS, in_order
from aggregator.curation.rules.tree import Node, Rule, conjunction, disjunction, negation, term

_Fault = tuple[str, int | None, RuleError]

_FIELD = re.compile(rf"(?:{'|'.join(PREFIXES)}):(?=\S)")
_OPERATOR = re.compile(r"\s(OR|AND|NOT)\s")
_REGEX = re.compile(r"/.+/i?")


def compile_rule(
    *,
    any: Sequence[str] = (),  # noqa: A002 - these are the keys of feeds.toml
    all: Sequence[str] = (),  # noqa: A002 - likewise
    none: Sequence[str] = (),
    match: str = "",
    fields: tuple[str, ...] = DEFAULT_FIELDS,
) -> Rule | None:
    """Return the four keys as one rule, joined by AND; None where all are empty.

    An entry of a list is a term: a space makes a phrase, a `*` at its end a beginning, every other sign is itself.
    `fields` is the topic's `in`: where terms look that name no field of their own. RuleErrors tells every fault.
    """
    faults: list[_Fault] = []
    scope = in_order(fields) or DEFAULT_FIELDS
    wanted = _terms("any", any, scope, faults)
    needed = _terms("all", all, scope, faults)
    unwanted = _terms("none", none, scope, faults)
    line = _line(match, scope, faults)
    faults.extend(_unknown_fields(fields))
    if faults:
        raise RuleErrors(tuple(faults))
    parts = (disjunction(wanted),) if wanted else ()
    parts = (*parts, *needed, *line, *map(negation, unwanted))
    return _checked(parts, match) if parts else None


def _terms(key: str, entries: Sequence[str], scope: tuple[str, ...], faults: list[_Fault]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for index, entry in enumerate(entries):
        try:
            _check_entry(entry)
            nodes.append(term(_unquoted(entry), scope))
        except RuleError as error:
            faults.append((key, index, fault(entry, error.position, error.message)))
    return tuple(nodes)


def _line(match: str, scope: tuple[str, ...], faults: list[_Fault]) -> tuple[Node, ...]:
    try:
        # Joined to the lists it may need parentheses of its own, and must still be within the limit.
        return (parse_tree(match, scope, NESTING_LIMIT - 1),) if match.strip() else ()
    except RuleError as error:
        faults.append(("match", None, error))
        return ()


def _checked(parts: tuple[Node, ...], match: str) -> Rule:
    root = conjunction(parts)
    if asks(root):
        return Rule(root)
    if match.strip():
        raise RuleErrors((("match", None, only_excludes(match)),))
    what = "This topic only excludes, so it would take nearly every item: say in any, all or match what it takes"
    raise RuleErrors((("none", None, RuleError(what)),))


def _unquoted(entry: str) -> str:
    """Take off quotes put round a phrase out of habit: nobody looks for the quotes themselves."""
    bare = entry.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else entry


def _check_entry(entry: str) -> None:
    """Refuse what only `match` understands: taken to the letter it would find nothing, silently."""
    bare = entry.strip()
    if not bare:
        raise RuleError("This term is empty: write a word or take it away")
    if field := _FIELD.match(bare):
        raise RuleError(f"A field works only in match: write {field[0]}{_as_term(bare[field.end() :])} there")
    if (operator := _OPERATOR.search(entry)) and not entry.isupper():
        what = f"{operator[1]} works only in match: in a list, make each term an entry of its own"
        raise RuleError(what, operator.start(1))
    if _REGEX.fullmatch(bare):
        raise RuleError("A regular expression works only in match: write it there")
    if bare[0] == "-" and bare[1:2].isalpha():
        raise RuleError(f"A minus works only in match: put {bare[1:]} into the list none")


def _as_term(text: str) -> str:
    return f'"{text}"' if " " in text and '"' not in text else text


def _unknown_fields(fields: tuple[str, ...]) -> Iterator[_Fault]:
    if not fields:
        yield "in", None, RuleError("The list is empty, so nothing could be found: name at least title")
    for index, name in enumerate(fields):
        if name not in TEXT_FIELDS:
            near = difflib.get_close_matches(name, TEXT_FIELDS, 1)
            advice = f"did you mean {near[0]}?" if near else f"it can be {', '.join(TEXT_FIELDS)}"
            yield "in", index, RuleError(f"There is no field {name}: {advice}")
