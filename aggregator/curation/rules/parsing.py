"""Reads the `match` language into the tree of a rule: recursive descent over its tokens.

either := both (OR both)*
both   := one (AND? one)*
one    := (- | NOT) one | field: one | "(" either ")" | word | word* | "a phrase" | /regex/i
"""

from aggregator.curation.rules.errors import RuleError
from aggregator.curation.rules.lexing import Token, fault, tokens
from aggregator.curation.rules.matching import holds
from aggregator.curation.rules.patterns import check_pattern
from aggregator.curation.rules.scopes import DEFAULT_FIELDS, in_order
from aggregator.curation.rules.tree import Leaf, Node, Pattern, Rule, conjunction, disjunction, negation, term

_UNCLOSED = 'This "(" is never closed: put a ")" after the group'
_UNOPENED = 'This ")" closes nothing: take it away, or put a "(" before the group'
_EXAMPLE = 40  # characters of a rule that may be repeated in a message about it
NESTING_LIMIT = 16  # SQLite's full-text parser gives up at 19


def parse(text: str, fields: tuple[str, ...] = DEFAULT_FIELDS) -> Rule:
    """Return the rule that `text` writes; its terms look in `fields` where they name no field. RuleError."""
    root = parse_tree(text, fields)
    if not asks(root):
        raise only_excludes(text)
    return Rule(root)


def parse_tree(text: str, fields: tuple[str, ...], nesting: int = NESTING_LIMIT) -> Node:
    """Return the tree of a rule, or of a part of one, which may do nothing but exclude. RuleError."""
    return _Parser(text, nesting).whole(in_order(fields) or DEFAULT_FIELDS)


def asks(root: Node) -> bool:
    """Whether a rule leaves an item in which none of its terms is found: all others would flood a topic."""
    return not holds(root, lambda _: False)


def only_excludes(text: str) -> RuleError:
    """Return the error of a rule that asks for nothing."""
    example = text.strip() if text.strip().startswith("-") and len(text) <= _EXAMPLE else "-football"
    what = "This rule only excludes, so it would take nearly every item"
    return RuleError(f"{what}: add a term that must be there, as in russia {example}")


class _Parser:
    """One reading of one text; `scope` is what a term without a field of its own looks in."""

    def __init__(self, text: str, nesting: int) -> None:
        self._text = text
        self._nesting = nesting
        self._rest = tokens(text)
        self._next = next(self._rest)

    def whole(self, scope: tuple[str, ...]) -> Node:
        if self._at("end"):
            raise RuleError("The rule is empty: write at least one term")
        root = self._either(scope)
        if self._at(")"):
            raise fault(self._text, self._next.position, _UNOPENED)
        return root

    def _either(self, scope: tuple[str, ...]) -> Node:
        nodes = [self._both(scope)]
        while self._at("OR"):
            operator = self._advance()
            self._check_operand(operator)
            nodes.append(self._both(scope))
        return disjunction(tuple(nodes))

    def _both(self, scope: tuple[str, ...]) -> Node:
        nodes = [self._one(scope)]
        while not self._at("OR", ")", "end"):
            if self._at("AND"):
                operator = self._advance()
                self._check_operand(operator)
            nodes.append(self._one(scope))
        return conjunction(tuple(nodes))

    def _one(self, scope: tuple[str, ...]) -> Node:
        token = self._advance()
        match token.kind:
            case "NOT":
                return self._excluded(token, scope)
            case "field":
                return self._fielded(token)
            case "(":
                return self._group(token, scope)
            case "term" | "regex":
                return self._leaf(token, scope)
            case ")":
                raise fault(self._text, token.position, _UNOPENED)
            case _:
                what = f"{token.text} needs a term on both its sides, as in russia {token.text} ukraine"
                raise fault(self._text, token.position, what)

    def _excluded(self, minus: Token, scope: tuple[str, ...]) -> Node:
        if self._at("NOT"):
            what = "Two exclusions cancel each other: write the term alone, or one minus"
            raise fault(self._text, minus.position, what)
        self._check_operand(minus)
        return negation(self._one(scope))

    def _fielded(self, field: Token) -> Node:
        adjacent = self._next.position == field.start
        if not adjacent or not self._at("(", "term", "regex"):
            what = f"{field.text}: needs its term right after it, without a space, as in {field.text}:word"
            raise fault(self._text, field.position, what)
        return self._one(field.fields)

    def _group(self, opening: Token, scope: tuple[str, ...]) -> Node:
        if self._at(")"):
            raise fault(self._text, opening.position, "These parentheses are empty: write terms between them")
        if self._at("end"):
            raise fault(self._text, opening.position, _UNCLOSED)
        if not self._nesting:
            raise fault(self._text, opening.position, "The parentheses are nested too deeply: divide the rule")
        self._nesting -= 1
        inner = self._either(scope)
        self._nesting += 1
        if not self._at(")"):
            raise fault(self._text, opening.position, _UNCLOSED)
        self._advance()
        return inner

    def _leaf(self, token: Token, scope: tuple[str, ...]) -> Leaf:
        try:
            if token.kind == "term":
                return term(token.text, scope)
            check_pattern(token.text)
        except RuleError as error:
            raise fault(self._text, token.start + error.position, error.message) from error
        return Pattern(token.text, ignore_case=token.flags == "i", scope=scope)

    def _check_operand(self, operator: Token) -> None:
        if self._at("AND", "OR", ")", "end"):
            raise fault(self._text, operator.position, f"{operator.text} needs a term after it")

    def _at(self, *kinds: str) -> bool:
        return self._next.kind in kinds

    def _advance(self) -> Token:
        token = self._next
        self._next = next(self._rest, token)
        return token
