"""The W3C feed validator at level AAA over folders of published feeds: what it says, how often, and whether we allow it.

    python tests/validate_feeds.py --validator CHECKOUT PUBLIC [PUBLIC ...]

CHECKOUT is a clone of github.com/w3c/feedvalidator, which is not part of this repository; it needs html5lib and lxml in
the Python that runs this. Each PUBLIC is an output folder of `aggregator publish`. Exit 1 on an error, or on a warning
that SPEC 3 does not allow. pytest does not collect it.
"""

import argparse
import io
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

MEDIA_TYPES = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
}

# The warnings that a source forces on us: the validator's name for it, the element, and why it stands.
ALLOWED = {
    ("DuplicateUpdated", "entry/updated"): "two items of one date, and a date is not moved",
    ("NonCanonicalURI", "entry/id"): "the source's own id, which RFC 4287 4.2.6 forbids to change",
    ("SchemeNotIANARegistered", "entry/id"): "the source's own id, such as YouTube's yt:video:",
    ("NonCanonicalURI", "source/id"): "the source's own id, likewise",
    ("SchemeNotIANARegistered", "source/id"): "the source's own id, likewise",
}


@dataclass(frozen=True)
class Message:
    """One thing the validator says of one document."""

    level: str
    kind: str
    element: str
    text: str
    path: Path

    @property
    def allowed(self) -> bool:
        """Whether SPEC 3 lets it stand."""
        return self.level != "Error" and (self.kind, self.element) in ALLOWED


def main() -> int:
    """Validate every feed, print what was said, and tell whether all of it is allowed."""
    options = _options()
    sys.path.insert(0, str(options.validator / "src"))
    import feedvalidator
    import feedvalidator.compatibility

    documents = [document for folder in options.public for document in _documents(folder)]
    messages = [message for path, url in documents for message in _messages(feedvalidator, path, url)]
    _print(messages)
    refused = [message for message in messages if not message.allowed]
    print(f"{len(documents)} documents, {len(messages)} messages, {len(refused)} of them not allowed")
    return 1 if refused or not documents else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Validates published feeds by the W3C validator, level AAA.")
    parser.add_argument("--validator", type=Path, required=True, metavar="CHECKOUT")
    parser.add_argument("public", type=Path, nargs="+", metavar="PUBLIC")
    return parser.parse_args()


def _documents(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each feed and the URL at which it is served, as topics.opml lists them."""
    outline = next(fromstring((folder / "topics.opml").read_bytes()).iter("outline"))
    addresses = [child.attrib["xmlUrl"] for child in outline]
    base = addresses[0].rpartition("/")[0] if addresses else ""
    for path in sorted(folder.rglob("*")):
        if path.suffix in MEDIA_TYPES:
            yield path, f"{base}/{path.relative_to(folder).as_posix()}"


def _messages(validator: Any, path: Path, url: str) -> Iterator[Message]:
    from feedvalidator.formatter.text_plain import Formatter

    stream = io.BytesIO(path.read_bytes())
    try:
        events = validator.validateStream(stream, contentType=MEDIA_TYPES[path.suffix], base=url)["loggedEvents"]
    except validator.ValidationFailure as failure:
        events = [failure.event]
    for event in validator.compatibility.AAA(events):
        levels = (validator.Error, validator.Warning, validator.Info)
        level = next(level.__name__ for level in levels if isinstance(event, level))
        element = "/".join(str(event.params[name]) for name in ("parent", "element", "attr") if event.params.get(name))
        yield Message(level, type(event).__name__, element, Formatter([event])[0], path)


def _print(messages: list[Message]) -> None:
    """A line for each kind of message at each place, with its count; of those not allowed the first occurrences too."""
    kinds = defaultdict(list)
    for message in messages:
        kinds[message.level, message.kind, message.element].append(message)
    for (level, kind, element), found in sorted(kinds.items()):
        files = len({message.path for message in found})
        why = f"  allowed: {ALLOWED[kind, element]}" if found[0].allowed else ""
        print(f"{level:7} {len(found):6} in {files:4} files  {kind} {element}{why}")
        for message in () if why else found[:3]:
            print(f"{'':17}{message.path}: {message.text}")


if __name__ == "__main__":
    sys.exit(main())
