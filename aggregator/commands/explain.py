"""`aggregator explain`: where an item came from, what was folded into it and why, which topics it is in and why."""

from argparse import Namespace

from aggregator.commands.finding import must_find
from aggregator.commands.opening import must_exist
from aggregator.commands.terminal import table, when
from aggregator.commands.wording import shown
from aggregator.config.load import load
from aggregator.pipeline.explain import Explained, ExplainedCopy, explain
from aggregator.storage.database import open_reader


def run(options: Namespace) -> int:
    """Print all that is known of one item."""
    config = load(options.config)
    must_exist(config)
    db = open_reader(config.site.database)
    _print(explain(db, config, must_find(db, options.item)))
    return 0


def _print(found: Explained) -> None:
    rows = [
        ("item", str(found.id)),
        ("title", found.item.title),
        ("id", found.uid),
        ("link", found.item.url or "none: it has a page of ours"),
        ("shown from", found.source),
        ("published", when(found.published)),
        ("updated", when(found.updated)),
        *((f"{field} found by", how) for field, how in found.found),
    ]
    table(("", ""), rows)
    print("\ncopies")
    for copy in found.copies:
        print(_copy_line(copy))
    print("\ntopics")
    for topic in found.topics:
        print(f"  {'in' if topic.inside else 'not in'} {topic.name}: {topic.why}")


def _copy_line(found: ExplainedCopy) -> str:
    copy, evidence = found.copy, found.evidence
    where = shown(copy.url or copy.guid)
    line = f"  {copy.source}: {shown(copy.title)} (first seen {when(copy.first_seen)}, {where})"
    if evidence.rule is None:
        return f"{line}\n    the first"
    return f"{line}\n    folded by the rule “{evidence.rule}”, score {evidence.score or 0:.2f}: {shown(evidence.why)}"
