"""Articles of a topic on one event, linked under the newest of them; each stays an entry of its own."""

from dataclasses import replace

from aggregator.config.values import Site
from aggregator.curation.stories import Account, stories
from aggregator.model import Copy, Entry
from aggregator.publishing.links import entry_url
from aggregator.reading.html import plain_text


def with_stories(entries: tuple[Entry, ...], site: Site) -> tuple[Entry, ...]:
    """Return the entries, the newest of each story with the others of it."""
    accounts = (
        Account(number, int(entry.published.timestamp()), entry.title, plain_text(entry.content))
        for number, entry in enumerate(entries)
    )
    others = {newest: tuple(_link(entries[number], site) for number in rest) for newest, *rest in stories(accounts)}
    return tuple(
        replace(entry, story=others[number]) if number in others else entry for number, entry in enumerate(entries)
    )


def _link(entry: Entry, site: Site) -> Copy:
    return Copy(entry.source, entry.title, entry_url(site, entry))
