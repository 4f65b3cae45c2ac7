"""`aggregator init`: a commented feeds.toml where there is none."""

from argparse import Namespace
from importlib.resources import files

from aggregator.errors import UserError


def run(options: Namespace) -> int:
    """Write the file; one that is there is never touched."""
    text = files("aggregator.config").joinpath("template.toml").read_bytes()
    try:
        with options.config.open("xb") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{options.config} is there already, and stays as it is") from None
    except OSError as error:
        raise UserError(f"{options.config} cannot be written: {error.strerror}") from error
    if not options.quiet:
        print(f"{options.config} written; it says in its comments what can be in it. Now add what you read:")
        print("  aggregator add https://example.org/        finds the feed of a site")
        print("  aggregator import subscriptions.opml       what another reader has")
        print("A folder of articles, pasted as text, can be a source too: see [sources.seeds] in it.")
    return 0
