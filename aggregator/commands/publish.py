"""`aggregator publish`: every output from the database, without a request."""

import sys
from argparse import Namespace

from aggregator.commands.opening import must_exist, opened
from aggregator.config.load import load
from aggregator.pipeline.publish import Published, Publisher
from aggregator.storage.times import now


def run(options: Namespace) -> int:
    """Render everything, and write what differs."""
    config = load(options.config)
    must_exist(config)
    with opened(config) as db:
        published = Publisher(db, config, now(), everything=True).publish()
    if not options.quiet:
        print(f"{describe(published)} in {config.site.output}")
    return tell_refused(published)


def describe(published: Published) -> str:
    """Return in a few words what a publication changed."""
    changed, removed = len(published.changed), len(published.removed)
    words = [f"{changed} {'file' if changed == 1 else 'files'} written" if changed else "nothing to write"]
    if removed:
        words.append(f"{removed} taken away")
    return ", ".join(words)


def tell_refused(published: Published) -> int:
    """Say which documents did not pass our own check, and return the exit code."""
    for refused in published.refused:
        message = f"aggregator: {refused.path} is not replaced, the last good one stays: {refused.reason}"
        print(message, file=sys.stderr)
    return 1 if published.refused else 0
