"""`aggregator check`: whether feeds.toml is right."""

import sys
from argparse import Namespace
from collections import defaultdict

from aggregator.config.load import load
from aggregator.config.values import Config


def run(options: Namespace) -> int:
    """Read feeds.toml, which tells what is wrong with it by failing."""
    config = load(options.config)
    if not options.quiet:
        sources, topics = len(config.sources), len(config.topics)
        print(f"{options.config}: right, with {sources} sources and {topics} topics")
        _tell_twins(config)
    return 0


def _tell_twins(config: Config) -> None:
    """Name sources with one URL, which is allowed, and mostly an oversight."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, source in config.sources.items():
        if source.url:
            names[source.url].append(name)
    for shared in filter(lambda found: len(found) > 1, names.values()):
        print(f"these sources have one url, which is asked once for all of them: {', '.join(shared)}", file=sys.stderr)
