"""Whether one rule holds for one item, by which terms, and if not, why not."""

from collections.abc import Callable
from dataclasses import dataclass

from aggregator.curation.rules.tree import And, Leaf, Node, Not, Or, Pattern, Rule, Term, shown
from aggregator.curation.rules.view import View
from aggregator.model import Fields

Found = Callable[[Leaf], bool]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item is in a topic, or why not; terms are as their author wrote them, in the order of the rule.

    `terms` are those by which it matched. Where it did not: of each group in `missing` one term would have been
    needed, and `excluded` are the unwanted terms that the item holds. str() makes a sentence of it.
    """

    matched: bool
    terms: tuple[str, ...] = ()
    missing: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.matched:
            return f"matches by {_listed(self.terms)}"
        reasons = [
            f"{group[0]} is missing" if len(group) == 1 else f"none of {_listed(group)}" for group in self.missing
        ]
        if self.excluded:
            reasons.append(f"excluded by {_listed(self.excluded)}")
        return f"does not match: {'; '.join(reasons)}"


def explain(rule: Rule, fields: Fields) -> Explanation:
    """Return whether `rule` takes the item, by which terms, or what was missing or in the way."""
    found = View(fields).holds
    leaves = reasons(rule.root, found)
    if leaves is not None:
        return Explanation(matched=True, terms=terms(leaves))
    return Explanation(
        matched=False,
        missing=tuple(dict.fromkeys(_missing(rule.root, found))),
        excluded=tuple(dict.fromkeys(_excluding(rule.root, found))),
    )


def holds(node: Node, found: Found) -> bool:
    """Whether the tree holds where `found` tells of each leaf."""
    return reasons(node, found) is not None


def reasons(node: Node, found: Found) -> list[Leaf] | None:
    """Return the leaves that make the tree hold, in its order and of branches that hold; None where it does not."""
    if isinstance(node, Term | Pattern):
        return [node] if found(node) else None
    if isinstance(node, Not):
        return None if found(node.leaf) else []
    if isinstance(node, Or):
        groups = [group for part in node.parts if (group := reasons(part, found)) is not None]
        return [leaf for group in groups for leaf in group] if groups else None
    leaves: list[Leaf] = []
    for part in node.parts:
        group = reasons(part, found)
        if group is None:
            return None
        leaves += group
    return leaves


def terms(leaves: list[Leaf]) -> tuple[str, ...]:
    """Return each of the leaves once, as its author wrote it."""
    return tuple(dict.fromkeys(map(shown, leaves)))


def _missing(node: Node, found: Found) -> list[tuple[str, ...]]:
    if isinstance(node, Not) or holds(node, found):
        return []
    if isinstance(node, And):
        return [group for part in node.parts for group in _missing(part, found)]
    parts = node.parts if isinstance(node, Or) else (node,)
    group = tuple(_named(part) for part in parts if not isinstance(part, Not))
    return [group] if group else []


def _excluding(node: Node, found: Found) -> list[str]:
    if isinstance(node, Not):
        return [shown(node.leaf)] if found(node.leaf) else []
    if isinstance(node, Term | Pattern) or holds(node, found):
        return []
    return [term for part in node.parts for term in _excluding(part, found)]


def _named(node: Node) -> str:
    return shown(node) if isinstance(node, Term | Pattern) else str(node)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
