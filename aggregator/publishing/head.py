"""What a topic's documents say of the feed itself: the same in every format and in the archive."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.config.values import Site, Topic
from aggregator.publishing import links
from aggregator.publishing.wording import language_tag, one_line


@dataclass(frozen=True, slots=True)
class Head:
    """A feed's own fields. `id` never changes; `page` is its web page; `updated` is that of its latest item.

    `closed` marks an archive document of RFC 5005 that will not change again.
    """

    id: str
    title: str
    description: str
    language: str
    page: str
    author: str
    author_url: str
    updated: datetime
    closed: bool = False


def head(site: Site, topic: Topic, updated: datetime, *, closed: bool = False) -> Head:
    """The head of a topic's feed; its archive has the same id, because RFC 5005 makes them parts of one feed."""
    return Head(
        id=links.topic_url(site, topic.name, "atom"),
        title=one_line(topic.title) or topic.name,
        description=one_line(topic.description),
        language=language_tag(site.language) or "en",
        page=links.topic_url(site, topic.name, "html"),
        author=one_line(site.title),
        author_url=site.base_url,
        updated=updated,
        closed=closed,
    )
