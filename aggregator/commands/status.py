"""`aggregator status`: the health of every source and topic."""

import json
from argparse import Namespace

from aggregator.commands.opening import must_exist, now
from aggregator.commands.terminal import table, when
from aggregator.config.load import load
from aggregator.pipeline.reports import hubs, status
from aggregator.publishing.status import status_document
from aggregator.storage.database import open_reader


def run(options: Namespace) -> int:
    """Print what is stored of the sources and topics of feeds.toml."""
    config = load(options.config)
    must_exist(config)
    db = open_reader(config.site.database)
    found = status(db, config)
    if options.json:
        print(json.dumps(status_document(found), ensure_ascii=False, indent=2))
        return 0
    standing = hubs(db, now())
    rows = [
        (one.name, one.state, when(one.last_polled), when(one.next_poll), standing.get(one.name, ""),
         str(one.last_status or ""), str(one.items), str(one.failures or ""), one.why_then, one.last_error)
        for one in found.sources
    ]  # fmt: skip
    head = (
        "source", "state", "last poll", "next poll", "hub", "answer", "items", "failures", "why then", "last error"
    )  # fmt: skip
    table(head, rows, numbers=(6, 7))
    print()
    table(
        ("topic", "items", "last change"),
        [(one.name, str(one.items), when(one.updated)) for one in found.topics],
        numbers=(1,),
    )
    return 0
