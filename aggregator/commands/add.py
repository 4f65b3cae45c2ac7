"""`aggregator add`: finds the feed of a site, polls it once, and makes it a source."""

import asyncio
import re
import sys
from argparse import Namespace
from difflib import get_close_matches
from pathlib import Path

from aggregator.commands.opening import opened
from aggregator.commands.publish import describe, tell_refused
from aggregator.commands.wording import shown
from aggregator.config.edit import NewSource, NewTopic
from aggregator.config.editing import editing
from aggregator.config.load import load
from aggregator.config.naming import NAME, RESERVED, feed_key, source_name, subscribed
from aggregator.config.schema import SourceTable
from aggregator.config.values import Config
from aggregator.discovery.candidates import Candidate
from aggregator.discovery.finding import Finding, Found, NotFound, Subscribed
from aggregator.errors import ArgumentError, UserError
from aggregator.pipeline.adding import look_for_feed, record_first_poll
from aggregator.pipeline.publish import Publisher
from aggregator.storage.claims import Owner
from aggregator.storage.times import now
from aggregator.storage.topics import topics_of_source

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LISTED = 8
_LIKE = 0.8  # of difflib's measure: "wrold" was to be "world"


def run(options: Namespace) -> int:
    """Find, poll, write feeds.toml, store what the poll brought, and publish it."""
    config = load(options.config)
    url = _address(options.url)
    _must_be_free(options.name, config)
    _must_be_meant(options.topic, config)
    finding = _find(config, url, options.url)
    if isinstance(finding, NotFound):
        lines = "".join(f"\n  {shown(one.url)}: {shown(one.reason)}" for one in finding.tried)
        raise UserError(f"no feed was found for {shown(url)}; nothing is changed. Tried:{lines}")
    if isinstance(finding, Subscribed):
        return _is_there(finding, options)
    return _subscribe(finding, options)


def _find(config: Config, url: str, typed: str) -> Finding:
    """The feed; where no scheme was typed and there is nothing under https, as a browser does, under http."""
    finding = asyncio.run(look_for_feed(config, url))
    if isinstance(finding, NotFound) and len(finding.tried) == 1 and not _SCHEME.match(typed.strip()):
        plain = asyncio.run(look_for_feed(config, url.replace("https://", "http://", 1)))
        return NotFound((*finding.tried, *plain.tried)) if isinstance(plain, NotFound) else plain
    return finding


def _subscribe(found: Found, options: Namespace) -> int:
    with editing(options.config) as edit:
        known = subscribed(edit.config.sources).get(feed_key(found.url))
        if known is not None:
            return _is_there(Subscribed(known, found.url), options)
        _must_be_free(options.name, edit.config)
        name = options.name or source_name(found.reading.feed.title, found.url, edit.config.sources)
        topic = _new_topic(options.topic, name, edit.config)
        topics = (options.topic,) if options.topic and not topic else ()
        config = edit.add([NewSource(name, found.url, topics=topics)], [topic] if topic else [])
        # First into the database, then into the file: a running server would poll at once what it finds there.
        with opened(config) as db, Owner(config.site.database) as owner:
            result = record_first_poll(db, owner, config, name, found)
            inside = topics_of_source(db, name)
        edit.write()
    if not options.quiet:
        kept = f"{result.took.new + result.took.folded} items" if result else "its items come with the next fetch"
        print(f"added {name}: {shown(found.url)} ({kept})")
        if options.topic:
            print(f"topic {options.topic}: " + ("new, with this source alone" if topic else "takes all its items"))
        elif result and found.reading.items:
            print(
                f"in the topics: {', '.join(inside)}"
                if inside
                else f"no topic takes any of them: see its rules, or write topics = [...] below [sources.{name}]"
            )
        _tell_others(found.others)
    return _publish(options.config, quiet=options.quiet)


def _publish(path: Path, *, quiet: bool) -> int:
    config = load(path)
    with opened(config) as db:
        published = Publisher(db, config, now()).publish()
    if not quiet:
        print(f"{describe(published)} in {config.site.output}")
    return tell_refused(published)


def _is_there(found: Subscribed, options: Namespace) -> int:
    if not options.quiet:
        print(f"{shown(found.url)} is there already, as the source {found.name}; nothing is changed")
    if options.topic:
        hint = f'topics = ["{options.topic}"] below [sources.{found.name}]'
        print(f"to have its items in the topic {options.topic}, write {hint}", file=sys.stderr)
    return 0


def _tell_others(others: tuple[Candidate, ...]) -> None:
    """Name what else the site has, comments last as they stand."""
    if others:
        print("The site has other feeds too; to have one of them, add it by its own address:", file=sys.stderr)
    for other in others[:_LISTED]:
        print(f"  {shown(other.url)}  {shown(other.title, 60)}".rstrip(), file=sys.stderr)
    if len(others) > _LISTED:
        print(f"  and {len(others) - _LISTED} more", file=sys.stderr)


def _address(text: str) -> str:
    """The URL that was typed, or meant. Raises ArgumentError."""
    url = text.strip()
    if url.lower().startswith("feed:"):
        url = url[5:].lstrip("/")
    if not _SCHEME.match(url):
        url = f"https://{url}"
    try:
        SourceTable(url=url)
    except ValueError:
        raise ArgumentError(f"{shown(text)!r} is no web address, such as https://example.org/") from None
    if "@" in url.split("/")[2]:
        raise ArgumentError(
            "a user name or a password does not belong on the command line, which others can see;"
            " write such a source into feeds.toml by hand"
        )
    return url.partition("#")[0]


def _must_be_free(name: str | None, config: Config) -> None:
    if name is None:
        return
    if not NAME.fullmatch(name):
        raise ArgumentError(f"{shown(name)!r} is no name: 1 to 64 of a-z, 0-9 and -")
    if name in config.sources:
        raise ArgumentError(f'there is a source "{name}" already, {shown(config.sources[name].url or "of files")}')


def _must_be_meant(topic: str | None, config: Config) -> None:
    """A topic that there is, or one that is made; not one that was mistyped."""
    if topic is None or topic in config.topics:
        return
    if not NAME.fullmatch(topic) or topic in RESERVED:
        raise ArgumentError(
            f"{shown(topic)!r} is no name of a topic: 1 to 64 of a-z, 0-9 and -, and none of {', '.join(RESERVED)}"
        )
    close = get_close_matches(topic, config.topics, n=1, cutoff=_LIKE)
    if close:
        raise ArgumentError(
            f'there is no topic "{topic}"; did you mean "{close[0]}"? To have both, write [topics.{topic}] first'
        )


def _new_topic(topic: str | None, source: str, config: Config) -> NewTopic | None:
    if topic is None or topic in config.topics:
        return None
    return NewTopic(topic, topic.replace("-", " ").capitalize(), (source,))
