"""Routes an item to the rules that take it, asking only those of which it holds a rare word (a percolator)."""

from collections.abc import Iterator, Mapping

from aggregator.curation.rules.matching import reasons, terms
from aggregator.curation.rules.needles import Key
from aggregator.curation.rules.scopes import in_order
from aggregator.curation.rules.tree import And, Leaf, Node, Or, Pattern, Rule, Term
from aggregator.curation.rules.view import View
from aggregator.model import Fields

_HEAD = 3  # letters by which a beginning is filed
_COSTS = {"word": 1, "beginning": 4, "character": 16, "pattern": 64}
_SHORT = 3  # words up to this length are common: filing under one costs about as much as under a beginning


_Filed = tuple[Leaf, list[int]]  # and the numbers of the rules that are filed under it


class RuleIndex:
    """Many rules ready for many items; it routes exactly as each rule on its own would.

    A rule is filed under leaves of which at least one is found wherever it matches, and each of these under something
    that an item must hold for that: a word, the head of a word, a character. Only a regular expression is looked for in
    every item, once for all rules that have it. A rule that has no such leaves is always asked.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = tuple(rules.items())
        self._always: list[int] = []
        filed: dict[Leaf, list[int]] = {}
        for number, (_, rule) in enumerate(self._rules):
            leaves = _anchors(rule.root)
            if leaves is None:
                self._always.append(number)
            for leaf in leaves or ():
                filed.setdefault(leaf, []).append(number)
        self._scope = in_order(tuple({name for leaf in filed if isinstance(leaf, Term) for name in leaf.scope}))
        self._words: dict[str, list[_Filed]] = {}
        self._heads: dict[int, dict[str, list[_Filed]]] = {}
        self._characters: dict[str, list[_Filed]] = {}
        self._patterns: list[_Filed] = []
        for leaf, numbers in filed.items():
            self._file(leaf, numbers)

    def route(self, fields: Fields) -> dict[str, tuple[str, ...]]:
        """Return the rules that take the item, in their order, each with the terms by which it does."""
        view = View(fields)
        known: dict[int, bool] = {}

        def found(leaf: Leaf) -> bool:
            key = id(leaf)  # the rules keep their leaves alive, and hashing one takes longer than looking for it
            if key not in known:
                known[key] = view.holds(leaf)
            return known[key]

        numbers = set(self._always)
        for leaf, takers in self._likely(view):
            if found(leaf):
                numbers.update(takers)
        asked = (self._rules[number] for number in sorted(numbers))
        return {name: terms(why) for name, rule in asked if (why := reasons(rule.root, found)) is not None}

    def _file(self, leaf: Leaf, numbers: list[int]) -> None:
        key = _key(leaf)
        if key is None:
            self._patterns.append((leaf, numbers))
        elif key.kind == "word":
            self._words.setdefault(key.text, []).append((leaf, numbers))
        elif key.kind == "beginning":
            head = key.text[:_HEAD]
            self._heads.setdefault(len(head), {}).setdefault(head, []).append((leaf, numbers))
        else:
            self._characters.setdefault(key.text, []).append((leaf, numbers))

    def _likely(self, view: View) -> Iterator[_Filed]:
        """Yield the filed leaves that the item may hold."""
        words = set(view.words(self._scope).split()) if self._words or self._heads else set()
        for word in self._words.keys() & words:
            yield from self._words[word]
        for length, heads in self._heads.items():
            for head in heads.keys() & {word[:length] for word in words}:
                yield from heads[head]
        for character in self._characters.keys() & set(view.folded(self._scope)) if self._characters else ():
            yield from self._characters[character]
        yield from self._patterns


def _anchors(node: Node) -> tuple[Leaf, ...] | None:
    """Return leaves of which one at least is found wherever `node` holds; None where there are none to be filed."""
    match node:
        case Or(parts):
            groups = [_anchors(part) for part in parts]
            return None if None in groups else tuple(leaf for group in groups for leaf in group or ())
        case And(parts):
            return min((group for part in parts if (group := _anchors(part)) is not None), key=_cost, default=None)
        case Pattern():
            return (node,)
        case Term() if _key(node):
            return (node,)
    return None


def _key(leaf: Leaf) -> Key | None:
    return leaf.needle.key if isinstance(leaf, Term) else None


def _cost(leaves: tuple[Leaf, ...]) -> int:
    return sum(map(_cost_of, leaves))


def _cost_of(leaf: Leaf) -> int:
    key = _key(leaf)
    if key is None:
        return _COSTS["pattern"]
    return _COSTS["beginning" if key.kind == "word" and len(key.text) <= _SHORT else key.kind]
