"""`aggregator restore`: a backup in the place of the database, which is kept beside it."""

from argparse import Namespace

from aggregator.config.load import load
from aggregator.storage.recovery import restore


def run(options: Namespace) -> int:
    """Put the copy in the database's place."""
    database = load(options.config).site.database
    kept = restore(options.file, database)
    if not options.quiet:
        before = f"; the one before is kept as {kept.name}" if kept else ""
        print(f'{database} is now {options.file}{before}. "aggregator fetch" brings it up to date')
    return 0
