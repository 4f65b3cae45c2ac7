"""`aggregator export`: the sources, or the topics, as OPML for another program."""

import sys
from argparse import Namespace

from aggregator.config.load import load
from aggregator.config.values import Config
from aggregator.model import SourceInfo
from aggregator.pipeline.naming import public_url, source_infos
from aggregator.publishing.opml import render_opml, render_sources
from aggregator.storage.database import open_reader


def run(options: Namespace) -> int:
    """Print the list."""
    config = load(options.config)
    if options.topics:
        document = render_opml(config.site, config.topics.values()).body
    else:
        document = render_sources(config.site, config.sources.values(), _described(config))
        if not options.quiet:
            _warn(config)
    sys.stdout.buffer.write(document)
    sys.stdout.flush()
    return 0


def _described(config: Config) -> dict[str, SourceInfo]:
    """What the feeds call themselves, as far as they were polled."""
    if not config.site.database.exists():
        return {}
    db = open_reader(config.site.database)
    try:
        return source_infos(db, config)
    finally:
        db.close()


def _warn(config: Config) -> None:
    files = [name for name, source in config.sources.items() if not source.url]
    private = [name for name, source in config.sources.items() if source.url and not public_url(source.url)]
    if files:
        print(f"not in the list, because they are files: {', '.join(files)}", file=sys.stderr)
    if private:
        reason = "the addresses of these may hold a password or a token"
        print(f"keep the list to yourself, {reason}: {', '.join(private)}", file=sys.stderr)
