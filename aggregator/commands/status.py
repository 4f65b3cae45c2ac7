"""`aggregator status`: the health of every source and topic."""

import json
from argparse import Namespace
from datetime import UTC, datetime

from sqlite_utils import Database

from aggregator.commands.opening import must_exist
from aggregator.commands.terminal import table, when
from aggregator.config.load import load
from aggregator.pipeline.reports import hubs, status
from aggregator.publishing.status import status_document
from aggregator.storage import cluster
from aggregator.storage.database import open_reader
from aggregator.storage.figures import figures
from aggregator.storage.times import now


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
    if config.polling.cluster:
        print(f"\ncluster {config.polling.cluster}: {_cluster(db, config.polling.cluster)}")
    return 0


def _cluster(db: Database, address: str) -> str:
    """Say how the cluster was doing when a run last noted it, and how late the polls are by now."""
    now = datetime.now(UTC)
    seen = cluster.last_seen(db, address)
    if seen is None:
        return "nothing was polled on it yet"
    at, standing = seen
    found = figures(db, now)
    late = max(0.0, (now - found.due_since).total_seconds()) if found.due_since else 0.0
    lines = (
        f"{standing['workers']} workers, {standing['batches']} batches under way",
        f"{standing['per_second']:g} polls a second (seen {when(at)})",
        f"{found.due} sources are due, the first of them for {late:.0f} s",
        standing["trouble"],
    )
    return "; ".join(filter(None, lines))
