"""Which hub tells of a feed's news, and under which name: Link headers first, then the feed's own links; pure."""

from urllib.parse import urlsplit

from aggregator.model import FeedInfo
from aggregator.reading.linkheader import header_links
from aggregator.reading.urls import web_url


def discover(link: str, url: str, feed: FeedInfo) -> tuple[str, str]:
    """Return (hub, topic) of a feed that was read from `url`, or ("", "") where one of the two is not named.

    `link` holds the answer's Link headers, joined. For each of the two they go before what the document says (WebSub
    section 4). A feed that does not say which URL is its own has no topic: the one we know may hold a token that is
    no hub's business.
    """
    hubs, selves = [], []
    for one in header_links(link):
        address = web_url(one.target, url)
        if "hub" in one.rel and _is_usable(address):
            hubs.append(address)
        if "self" in one.rel and address:
            selves.append(address)
    hub = next((one for one in hubs if one.startswith("https:")), hubs[0] if hubs else feed.hub)
    topic = (selves[0] if selves else feed.self_url).partition("#")[0]
    return (hub, topic) if topic and _is_usable(hub) else ("", "")


def _is_usable(hub: str) -> bool:
    return bool(hub) and "@" not in urlsplit(hub).netloc  # whoever wrote the feed has no password of ours to give
