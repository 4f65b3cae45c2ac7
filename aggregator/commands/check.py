"""`aggregator check`: whether feeds.toml is right."""

from argparse import Namespace

from aggregator.config.load import load


def run(options: Namespace) -> int:
    """Read feeds.toml, which tells what is wrong with it by failing."""
    config = load(options.config)
    if not options.quiet:
        sources, topics = len(config.sources), len(config.topics)
        print(f"{options.config}: right, with {sources} sources and {topics} topics")
    return 0
