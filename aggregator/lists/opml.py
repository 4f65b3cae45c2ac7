"""An OPML list of subscriptions, from any reader: folders become tags. It asks nobody and writes nothing."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from aggregator.lists.outlines import CLOSE, Outline, outlines
from aggregator.lists.values import Listing, Remark, Subscription
from aggregator.reading.html import one_line

_MOST_FOLDERS = 8  # of a feed, from the outermost
_LONGEST_TAG, _LONGEST_TITLE, _LONGEST_NOTE = 100, 300, 500
# What readers are told to do with a feed, by the attribute of their export; ours has other means, or none.
_NOTED = {
    "frss:filtersactionread": "FreshRSS marked as read what matched",
    "frss:cssfullcontent": "FreshRSS took the full text from",
    "frss:cssfullcontentfilter": "FreshRSS left out of the full text",
    "miniflux:blocklistrules": "Miniflux dropped what matched",
    "miniflux:keeplistrules": "Miniflux kept only what matched",
    "miniflux:blockfilterentryrules": "Miniflux dropped what matched",
    "miniflux:keepfilterentryrules": "Miniflux kept only what matched",
    "miniflux:scraperrules": "Miniflux took the full text from",
    "miniflux:rewriterules": "Miniflux rewrote items by",
    "miniflux:urlrewriterules": "Miniflux rewrote links by",
}
_FULL_TEXT = ("frss:cssfullcontent", "miniflux:crawler", "miniflux:scraperrules")
_NO = ("", "false", "0")
# FreshRSS's types for pages that it makes a feed of by itself.
_SCRAPED = ("html+xpath", "xml+xpath", "json+dotpath", "json+dotnotation", "html+xpath+json+dotnotation")
_LISTS = ("include", "link")


def read_opml(body: bytes) -> Listing:
    """Read a list. Never raises, for any bytes; what is not as it should be is remarked upon, with its line."""
    found = outlines(body)
    subscriptions: list[Subscription] = []
    skipped: list[Remark] = []
    warnings = [Remark(found.fault_line, f"{found.fault}; read on all the same")] if found.fault else []
    folders: list[str] = []
    for event in found.events:
        if event is CLOSE:
            del folders[-1:]
            continue
        is_feed = bool(event.attributes.get("xmlurl", "").strip())
        folders.append("" if is_feed else _title(event.attributes)[:_LONGEST_TAG])
        if reason := _no_feed(event.attributes):
            skipped.append(Remark(event.line, f"{_title(event.attributes) or 'an entry'}: {reason}"))
        elif is_feed:
            subscriptions.append(_subscription(event, tuple(filter(None, folders[:_MOST_FOLDERS]))))
    return Listing(tuple(subscriptions), tuple(skipped), tuple(warnings))


def _no_feed(attributes: Mapping[str, str]) -> str:
    kind = attributes.get("type", "").lower()
    if kind in _SCRAPED:
        return f"FreshRSS makes a feed of this page ({attributes['type']}); we poll real feeds only"
    address = attributes.get("frss:opmlurl") or (attributes.get("url", "") if kind in _LISTS else "")
    if address and not attributes.get("xmlurl"):
        return f"this names another list, {one_line(address)[:_LONGEST_NOTE]}; fetch it and import it too"
    return ""


def _subscription(outline: Outline, folders: tuple[str, ...]) -> Subscription:
    attributes = outline.attributes
    name = attributes.get("aggregator:name", "")
    return Subscription(
        line=outline.line,
        url=attributes["xmlurl"].strip(),
        title=attributes.get("title", "") if name else _title(attributes),
        tags=tuple(dict.fromkeys((*folders, *_categories(attributes.get("category", ""))))),
        name=name,
        full_text=any(_says_yes(attributes, key) for key in _FULL_TEXT),
        enabled=not _says_yes(attributes, "miniflux:disabled") and attributes.get("aggregator:enabled") != "false",
        notes=tuple(_notes(attributes)),
    )


def _title(attributes: Mapping[str, str]) -> str:
    return one_line(attributes.get("title", "") or attributes.get("text", ""))[:_LONGEST_TITLE]


def _categories(text: str) -> Iterator[str]:
    """The words of a `category` attribute: commas part them, and slashes the levels of one (OPML 2.0)."""
    for path in text[:10_000].split(","):
        for part in path.split("/"):
            tag = one_line(unquote(part))[:_LONGEST_TAG]
            if tag:
                yield tag


def _says_yes(attributes: Mapping[str, str], key: str) -> bool:
    return attributes.get(key, "").strip().lower() not in _NO


def _notes(attributes: Mapping[str, str]) -> Iterator[str]:
    for key, meaning in _NOTED.items():
        for rule in attributes.get(key, "").splitlines():
            if text := one_line(rule):
                yield f"{meaning}: {text[:_LONGEST_NOTE]}"
