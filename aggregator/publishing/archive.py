"""The archive of a topic by month (RFC 5005 section 4), so that a reader can go back past the newest items.

A month is closed as soon as a later one has an entry; then its document has both neighbours, says `fh:archive` and
never changes again, because nothing in it depends on anything newer. The open month's document has no `next-archive`
and makes no such promise. The topic's own feed points at the newest closed month: a reader keeps archive documents for
good, so it must not be led to one that will still grow.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from aggregator.config.values import Share, Site, Topic
from aggregator.model import Document, Entry
from aggregator.publishing import links
from aggregator.publishing.links import Link


class Month(NamedTuple):
    """A calendar month in UTC; `str` gives YYYY-MM. Months are in order of time."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def newest_closed(months: Iterable[Month]) -> Month | None:
    """The last month that will get no further document after it; None where there is only the open one."""
    known = sorted(set(months))
    return known[-2] if len(known) > 1 else None


def neighbours(month: Month, months: Iterable[Month]) -> tuple[Month | None, Month | None]:
    """The months with entries just before and just after this one; gaps are stepped over."""
    known = sorted({*months, month})
    at = known.index(month)
    return known[at - 1] if at else None, known[at + 1] if at + 1 < len(known) else None


def path(topic: Topic, month: Month) -> str:
    """Where a month's document lies, below the output folder."""
    return f"{topic.name}/archive/{month}.atom"


def link(rel: str, site: Site, topic: Topic, month: Month) -> Link:
    """A link to a month's document; `rel` is prev-archive, next-archive or self."""
    return Link(rel, site.base_url + path(topic, month), "application/atom+xml")


def render_archive(
    site: Site,
    topic: Topic,
    month: Month,
    entries: Iterable[Entry],
    *,
    months: Iterable[Month],
    shares: Mapping[str, Share],
) -> Document:
    """`<topic>/archive/YYYY-MM.atom` with the entries of one month, newest first.

    `months` are all months of the topic that have entries. The caller decides once which month an entry belongs to:
    an entry that comes late must not go into a month that is closed.
    """
    from aggregator.publishing import feeds
    from aggregator.publishing.head import head
    from aggregator.publishing.shown import last_change, shown

    before, after = neighbours(month, months)
    items = shown(site, topic.content, entries, shares)
    updated = last_change(items, datetime(month.year, month.month, 1, tzinfo=UTC))
    about = head(site, topic, updated, closed=after is not None)
    return Document(path(topic, month), feeds.atom(about, _links(site, topic, month, before, after), items))


def _links(site: Site, topic: Topic, month: Month, before: Month | None, after: Month | None) -> Iterator[Link]:
    yield link("self", site, topic, month)
    yield Link("current", links.topic_url(site, topic.name, "atom"), "application/atom+xml")
    if before:
        yield link("prev-archive", site, topic, before)
    if after:
        yield link("next-archive", site, topic, after)
