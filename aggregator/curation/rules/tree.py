"""A rule as a tree of frozen values, and the canonical text of it; no reading, no matching."""

import re
from dataclasses import dataclass, field

from aggregator.curation.rules.needles import Needle, check_star, needle
from aggregator.curation.rules.scopes import DEFAULT_FIELDS, PREFIXES, prefix

KEYWORDS = frozenset({"AND", "OR", "NOT"})

_NEEDS_NO_QUOTES = re.compile(r"\w[\w.'’&#+/-]*\*?")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase as its author wrote it; a `*` at its end makes it a beginning. Made by `term`.

    `needle` is what is looked for, worked out once since terms outlive the items: no part of what the term is.
    """

    text: str
    scope: tuple[str, ...] = DEFAULT_FIELDS
    needle: Needle = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "needle", needle(self.text, self.scope))

    def __str__(self) -> str:
        return prefix(self.scope) + _quoted(self.text)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression: what stands between the slashes, where a slash of its own is no longer escaped."""

    text: str
    ignore_case: bool = False
    scope: tuple[str, ...] = DEFAULT_FIELDS

    def __str__(self) -> str:
        slashed = re.sub(r"\\.|/", lambda found: "\\/" if found[0] == "/" else found[0], self.text, flags=re.DOTALL)
        return f"{prefix(self.scope)}/{slashed}/{'i' if self.ignore_case else ''}"


@dataclass(frozen=True, slots=True)
class And:
    """Every part must hold. Made by `conjunction`, so that no part is itself an And."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """One part must hold. Made by `disjunction`, so that no part is itself an Or."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """The leaf must not be found. Made by `negation`, which takes every minus down to the leaves."""

    leaf: "Leaf"

    def __str__(self) -> str:
        return f"-{self.leaf}"


Leaf = Term | Pattern
Node = Leaf | And | Or | Not


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a topic or a search. `str(rule)` is its canonical text, which `parse` reads back to an equal rule."""

    root: Node

    def __str__(self) -> str:
        return str(self.root)


def term(text: str, scope: tuple[str, ...]) -> Term:
    """Return the term that `text` writes; RuleError, its position in `text`, where it could find nothing."""
    check_star(text)
    return Term(" ".join(text.split()), scope)


def conjunction(nodes: tuple[Node, ...]) -> Node:
    """Return the tree in which all of `nodes` (at least one) must hold.

    Regular expressions come last: they take longest, and need not be asked where anything else fails.
    """
    flat = (part for node in nodes for part in (node.parts if isinstance(node, And) else (node,)))
    parts = tuple(sorted(flat, key=lambda part: isinstance(part.leaf if isinstance(part, Not) else part, Pattern)))
    return parts[0] if len(parts) == 1 else And(parts)


def disjunction(nodes: tuple[Node, ...]) -> Node:
    """Return the tree in which one of `nodes` (at least one) must hold."""
    flat = tuple(part for node in nodes for part in (node.parts if isinstance(node, Or) else (node,)))
    return flat[0] if len(flat) == 1 else Or(flat)


def negation(node: Node) -> Node:
    """Return the tree that holds where `node` does not."""
    match node:
        case Not(leaf):
            return leaf
        case And(parts):
            return disjunction(tuple(map(negation, parts)))
        case Or(parts):
            return conjunction(tuple(map(negation, parts)))
        case Term() | Pattern():
            return Not(node)


def shown(leaf: Leaf) -> str:
    """Return a leaf as its author knows it: a list's phrase has no quotes, and its `in` is not repeated before it."""
    named = leaf.scope in PREFIXES.values()
    if isinstance(leaf, Term):
        return str(leaf) if named else leaf.text
    return str(leaf) if named else str(Pattern(leaf.text, leaf.ignore_case))


def _quoted(text: str) -> str:
    if _NEEDS_NO_QUOTES.fullmatch(text) and text not in KEYWORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
