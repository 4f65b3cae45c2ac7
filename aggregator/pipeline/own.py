"""Whether a feed is one of those that we publish: taken for a source, it would bring its own items back for ever."""

import re

from aggregator.config.values import Config
from aggregator.model import FeedInfo

REFUSAL = "this is one of the feeds that are published here, and it would only bring back what is in it"
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)
_SEARCH = "search"  # what the server makes of a query is a feed of our items too


def is_own(config: Config, feed: FeedInfo, *addresses: str) -> bool:
    """Whether the feed, by its id, by its link to itself or by any address it was read from, is a topic's.

    Another feed of the same site is a source like any other, so the names of the topics count as well.
    """
    names = {*config.topics, *(old for topic in config.topics.values() for old in topic.renamed_from), _SEARCH}
    topics = "|".join(map(re.escape, sorted(names)))
    base = re.escape(_SCHEME.sub("", config.site.base_url))
    own = re.compile(rf"(?:https?://)?{base}(?:{topics})(?:/archive/[\d-]+)?\.(?:atom|rss|json)(?:[?#].*)?")
    return any(own.fullmatch(address) for address in (feed.id, feed.self_url, *addresses))
