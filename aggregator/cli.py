"""The command line: what can be typed, which command it means, and how a failure is told. No command's work is here."""

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from aggregator.errors import UserError

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
_MODULES = {"import": "import_"}  # of commands whose name no module can have


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code (SPEC 2): done, not done, wrong arguments or feeds.toml, interrupted."""
    options = parser().parse_args(arguments)
    _log_to_stderr(verbose=options.verbose)
    try:
        command = import_module(f"aggregator.commands.{_MODULES.get(options.command, options.command)}")
        code = int(command.run(options))
        sys.stdout.flush()  # a disk that is full shows here, and not after all is over
    except UserError as error:
        print(f"aggregator: {error}" if error.prefixed else str(error), file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("aggregator: interrupted; what was polled is kept", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
        sys.stderr.close()
        return DONE
    except Exception as error:
        if options.verbose:
            raise
        return _tell(error)
    return code


def _tell(error: Exception) -> int:
    """Say what nobody expected, as well as it can be said, and return the exit code."""
    import sqlite3

    from aggregator.storage.errors import explained

    known = explained(error, Path("the database")) if isinstance(error, sqlite3.Error) else None
    if known is not None:
        print(f"aggregator: {known}", file=sys.stderr)
        return known.code
    if isinstance(error, OSError):
        print(f"aggregator: {error.filename or 'the output'}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    message = f"aggregator: unexpected {type(error).__name__}: {error}\nThis is a fault of ours; -v shows where."
    print(message, file=sys.stderr)
    return FAILED


def parser() -> argparse.ArgumentParser:
    """Return the parser of everything that can be typed."""
    parser = argparse.ArgumentParser(
        prog="aggregator",
        description="Polls the sources of feeds.toml, folds duplicates, and republishes them as topic feeds.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"aggregator {version('aggregator')}")
    parser.add_argument("--config", type=Path, default=Path("feeds.toml"), metavar="FILE", help="default: feeds.toml")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-v", "--verbose", action="store_true", help="say what is done, and show tracebacks")
    loudness.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    fetch = commands.add_parser("fetch", help="poll what is due, read the files, publish what changed")
    fetch.add_argument("sources", nargs="*", metavar="SOURCE", help="only these sources")
    fetch.add_argument("--force", action="store_true", help="poll what is not due too; a server's own wish still holds")

    serve = commands.add_parser("serve", help="poll and publish all the time, and serve what is published over HTTP")
    serve.add_argument("--host", default="127.0.0.1", metavar="HOST", help="default: 127.0.0.1, this machine alone")
    serve.add_argument("--port", type=int, default=8080, metavar="PORT", help="default: 8080; 0 takes any free one")

    commands.add_parser("publish", help="rebuild every output from the database; touches no network")
    commands.add_parser("check", help="say whether feeds.toml is right, and if not, every place where it is wrong")

    status = commands.add_parser("status", help="each source's and topic's health")
    status.add_argument("--json", action="store_true", help="print one JSON document")

    search = commands.add_parser("search", help="search what is stored, in the language of `match`")
    search.add_argument("query", nargs="+", metavar="QUERY", help="such as: title:russia washington -football")
    search.add_argument("--json", action="store_true", help="print one JSON document")
    search.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many, the newest (default: 50)")
    _add_questions(commands)
    _add_movers(commands)
    _add_copiers(commands)
    return parser


def _add_questions(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands that say why, and what if."""
    explain = commands.add_parser("explain", help="where an item came from, and why it is in a topic")
    explain.add_argument("item", metavar="ITEM", help="its number, id or URL")

    preview = commands.add_parser("preview", help="what a topic would gain and lose with the present feeds.toml")
    preview.add_argument("topic", metavar="TOPIC")

    split = commands.add_parser("split", help="tear a wrongly folded copy off, for good")
    split.add_argument("item", metavar="ITEM", help="the copy's id or URL, or its item's number")

    backtest = commands.add_parser("backtest", help="what the duplicate finder would fold; changes nothing")
    among = backtest.add_mutually_exclusive_group()
    among.add_argument("--sets", type=Path, metavar="DIR", help="score it on the labelled sets of this folder")
    among.add_argument("--days", type=int, default=7, metavar="N", help="on what was stored in N days (default: 7)")


def _add_movers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands that write feeds.toml, or write it out."""
    commands.add_parser("init", help="write a feeds.toml to start from, where there is none")

    add = commands.add_parser("add", help="find the feed of a site and make it a source")
    add.add_argument("url", metavar="URL", help="the site's address, or its feed's")
    add.add_argument("--name", metavar="NAME", help="what the source is called; default: made from the feed's title")
    add.add_argument("--topic", metavar="TOPIC", help="a topic that takes all its items; made where there is none")

    imported = commands.add_parser("import", help="make sources of another program's subscriptions")
    imported.add_argument("file", metavar="FILE", help="OPML, or a planet's config.ini; - reads standard input")

    export = commands.add_parser("export", help="print the sources as OPML")
    export.add_argument("--topics", action="store_true", help="the combined feeds instead, for import into a reader")


def _add_copiers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands for the database as a whole."""
    backup = commands.add_parser("backup", help="a consistent copy of the database, while others use it")
    backup.add_argument("file", type=Path, metavar="FILE", help="a new file, or an older backup to be replaced")

    restore = commands.add_parser("restore", help="put a backup in the place of the database, which is kept beside it")
    restore.add_argument("file", type=Path, metavar="FILE", help="what backup has written")


def _log_to_stderr(*, verbose: bool) -> None:
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr, force=True
    )
    logging.getLogger("aggregator").setLevel(logging.DEBUG if verbose else logging.ERROR)
