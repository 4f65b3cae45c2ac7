"""`aggregator preview`: what a topic would gain and lose with the present feeds.toml; changes nothing."""

from argparse import Namespace

from aggregator.commands.opening import must_exist
from aggregator.commands.terminal import table
from aggregator.config.load import load
from aggregator.config.problems import suggestion
from aggregator.errors import ArgumentError
from aggregator.pipeline.preview import Change, preview
from aggregator.storage.database import open_reader


def run(options: Namespace) -> int:
    """Print the changes that the next fetch or publish would make to a topic."""
    config = load(options.config)
    if options.topic not in config.topics:
        raise ArgumentError(
            f'feeds.toml has no topic "{options.topic}"{suggestion(options.topic, list(config.topics))}'
        )
    must_exist(config)
    found = preview(open_reader(config.site.database), config, options.topic)
    rows = [*(_row("+", change) for change in found.gained), *(_row("-", change) for change in found.lost)]
    if rows:
        table(("", "item", "published", "source", "title", "by"), rows, numbers=(1,))
    gained, lost = len(found.gained), len(found.lost)
    print(f"{options.topic}: {gained} would be gained, {lost} lost, {found.stays} stay")
    return 0


def _row(sign: str, change: Change) -> tuple[str, ...]:
    return sign, str(change.id), change.published[:10], change.source, change.title, ", ".join(change.terms)
