"""`aggregator backup`: a consistent copy of the live database, while others write."""

from argparse import Namespace

from aggregator.commands.opening import must_exist
from aggregator.config.load import load
from aggregator.storage.backup import back_up


def run(options: Namespace) -> int:
    """Copy the database to a file of its own."""
    config = load(options.config)
    must_exist(config)
    back_up(config.site.database, options.file)
    if not options.quiet:
        print(f"{options.file}: {options.file.stat().st_size:,} bytes")
    return 0
