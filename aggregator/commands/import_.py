"""`aggregator import`: the subscriptions of another program, from its OPML or a planet's INI file, become sources."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from aggregator.commands.wording import shown
from aggregator.config.editing import editing
from aggregator.config.load import load
from aggregator.errors import ArgumentError, UserError
from aggregator.lists.opml import read_opml
from aggregator.lists.plan import Plan, plan
from aggregator.lists.planet import is_planet, read_planet
from aggregator.lists.values import Remark

_MAX_BYTES = 10_000_000
_TOLD = 20


def run(options: Namespace) -> int:
    """Read the list, add what is new, and say what was left out and why."""
    load(options.config)  # its faults are told before the list's
    body = _body(options.file)
    listing = read_planet(body) if is_planet(body) else read_opml(body)
    _tell(options.file, listing.warnings)
    if not listing.subscriptions and not listing.skipped:
        raise UserError(f"{options.file}: no subscriptions in it; wanted is OPML, or a planet's INI file")
    with editing(options.config) as edit:
        found = plan(listing, edit.config.sources)
        edit.add(found.new)
        edit.write()
    _tell(options.file, found.left_out)
    if not options.quiet:
        print(_summary(found, options))
    return 0


def _body(file: str) -> bytes:
    try:
        if file == "-":
            body = sys.stdin.buffer.read(_MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as source:
                body = source.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ArgumentError(f"{file}: cannot be read: {error.strerror}") from error
    if len(body) > _MAX_BYTES:
        raise UserError(f"{file}: larger than {_MAX_BYTES / 1_000_000:g} MB, which no list of subscriptions is")
    return body


def _tell(file: str, remarks: Sequence[Remark]) -> None:
    for remark in remarks[:_TOLD]:
        print(f"{file}:{remark.line}: {shown(remark.text, 400)}", file=sys.stderr)
    if len(remarks) > _TOLD:
        print(f"{file}: and {len(remarks) - _TOLD} more like these", file=sys.stderr)


def _summary(found: Plan, options: Namespace) -> str:
    tags = sorted({tag for source in found.new for tag in source.tags})
    counts = (
        (found.known, "there already"),
        (found.repeated, "on the list more than once"),
        (len(found.left_out), "left out"),
    )
    words = [f"{len(found.new)} added to {options.config}", *(f"{number} {what}" for number, what in counts if number)]
    tagged = f"\ntags, from its folders: {', '.join(shown(tag, 40) for tag in tags[:_TOLD])}" if tags else ""
    return ", ".join(words) + tagged
