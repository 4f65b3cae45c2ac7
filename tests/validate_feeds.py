"""The W3C feed validator at level AAA over folders of published feeds: what it says, how often, and whether we allow it.

    python tests/validate_feeds.py --validator CHECKOUT PUBLIC [PUBLIC ...]

CHECKOUT is a clone of github.com/w3c/feedvalidator, which is not part of this repository; it needs html5lib and lxml in
the Python that runs this. Each PUBLIC is an output folder of `aggregator publish`. Exit 1 on an error, or on a warning
that SPEC 3 does not allow. pytest does not collect it.
"""

import argparse
import io
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

MEDIA_TYPES = {".atom": "application/atom+xml", ".rss": "application/rss+xml", ".opml": "text/x-opml"}

# What a source forces on us, by the validator's name for it: RFC 4287 4.2.6 forbids to change an id for the better.
ALLOWED = {
    "DuplicateUpdated": "two items with one and the same date: neither may be moved",
}


@dataclass(frozen=True)
class Message:
    """One thing the validator says of one document."""

    level: str
    kind: str
    element: str
    value: str
    path: Path
    line: int

    @property
    def allowed(self) -> bool:
        """Whether SPEC 3 lets it stand."""
        return self.level != "Error" and self.kind in ALLOWED


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
    try:
        found = validator.validateStream(io.BytesIO(path.read_bytes()), contentType=MEDIA_TYPES[path.suffix], base=url)
    except validator.ValidationFailure as failure:
        found = {"loggedEvents": [failure.event]}
    for event in validator.compatibility.AAA(found["loggedEvents"]):
        level = next(kind.__name__ for kind in (validator.Error, validator.Warning, validator.Info) if isinstance(event, kind))
        value = event.params.get("value") or event.params.get("exception") or ""
        yield Message(level, type(event).__name__, _where(event.params), str(value)[:100], path, event.params.get("line", 0))


def _where(params: dict[str, Any]) -> str:
    return "/".join(str(params[name]) for name in ("parent", "element", "attr") if params.get(name))


def _print(messages: list[Message]) -> None:
    """A line for each kind of message at each place, with its count and its first occurrences."""
    counts = Counter((message.level, message.kind, message.element) for message in messages)
    examples = defaultdict(list)
    for message in messages:
        examples[message.level, message.kind, message.element].append(message)
    for kind, count in sorted(counts.items()):
        level, name, element = kind
        files = len({message.path for message in examples[kind]})
        why = ALLOWED.get(name, "") if level != "Error" else ""
        print(f"{level:7} {count:6} in {files:4} files  {name} {element}  {f'(allowed: {why})' if why else ''}".rstrip())
        if not why:
            for message in examples[kind][:3]:
                print(f"          {message.path}:{message.line} {message.value}")


if __name__ == "__main__":
    sys.exit(main())
