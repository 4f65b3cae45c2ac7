"""The language of topic rules: reading it, matching items, routing them to many topics, narrowing a search."""

from aggregator.curation.rules.errors import RuleError, RuleErrors
from aggregator.curation.rules.fulltext import Indexed, candidates, index_text, indexed
from aggregator.curation.rules.index import RuleIndex
from aggregator.curation.rules.lists import compile_rule
from aggregator.curation.rules.matching import Explanation, explain
from aggregator.curation.rules.parsing import parse
from aggregator.curation.rules.scopes import DEFAULT_FIELDS, TEXT_FIELDS
from aggregator.curation.rules.tree import Rule

__all__ = [
    "DEFAULT_FIELDS",
    "TEXT_FIELDS",
    "Explanation",
    "Indexed",
    "Rule",
    "RuleError",
    "RuleErrors",
    "RuleIndex",
    "candidates",
    "compile_rule",
    "explain",
    "index_text",
    "indexed",
    "parse",
]
