"""One item's text in the forms that rules look at, each made when first asked for and once."""

from aggregator.curation.rules.folding import BREAK, fold, words
from aggregator.curation.rules.patterns import TEXT_LIMIT, occurs
from aggregator.curation.rules.scopes import NAME_FIELDS
from aggregator.curation.rules.tree import Leaf, Pattern
from aggregator.model import Fields


class View:
    """The fields of one item. A scope is a tuple of field names; its values stand apart by BREAK."""

    __slots__ = ("_fields", "_folded", "_texts", "_words")

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._folded: dict[tuple[str, ...], str] = {}
        self._words: dict[tuple[str, ...], str] = {}
        self._texts: dict[tuple[str, ...], tuple[str, ...]] = {}

    def holds(self, leaf: Leaf) -> bool:
        """Whether a term or regular expression is found in the item."""
        if isinstance(leaf, Pattern):
            return occurs(leaf, self._cut(leaf.scope))
        wanted = leaf.needle
        text = self.words(leaf.scope) if wanted.form == "words" else self.folded(leaf.scope)
        return wanted.text in text and (wanted.around is None or wanted.around.search(text) is not None)

    def folded(self, scope: tuple[str, ...]) -> str:
        """Return the folded text of a scope."""
        if scope not in self._folded:
            if len(scope) == 1:
                text = BREAK.join(map(fold, self._values(scope[0])))
            else:
                text = BREAK.join(self.folded((name,)) for name in scope)
            self._folded[scope] = text
        return self._folded[scope]

    def words(self, scope: tuple[str, ...]) -> str:
        """Return the words of a scope, each between two spaces, so that a phrase is a plain substring of them."""
        if scope not in self._words:
            if len(scope) > 1:
                text = BREAK.join(self.words((name,)) for name in scope)
            elif scope[0] in NAME_FIELDS:
                text = self._name(scope[0])
            else:
                text = BREAK.join(f" {' '.join(words(value))} " for value in self.folded(scope).split(BREAK))
            self._words[scope] = text
        return self._words[scope]

    def _cut(self, scope: tuple[str, ...]) -> tuple[str, ...]:
        """The texts of a scope as regular expressions look at them."""
        if scope not in self._texts:
            self._texts[scope] = tuple(value[:TEXT_LIMIT] for name in scope for value in self._values(name))
        return self._texts[scope]

    def _values(self, name: str) -> tuple[str, ...]:
        value = getattr(self._fields, name)
        return value if isinstance(value, tuple) else (value,)

    def _name(self, name: str) -> str:
        """Frame a name, so that it is found only as a whole; a language also by what stands before a hyphen."""
        folded = self.folded((name,))
        return f"{BREAK}{folded.replace('_', '-')}-" if name == "language" else f"{BREAK}{folded}{BREAK}"
