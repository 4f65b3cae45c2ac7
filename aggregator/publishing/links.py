"""The addresses of what we publish, and which addresses of others may be linked at all; fetches nothing."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from aggregator.config.values import Site
from aggregator.model import Entry, SourceInfo

_PORT = "(?::(?:[0-9]{1,4}|[1-5][0-9]{4}))?"
_CLEAN = re.compile(rf"https?://[A-Za-z0-9.-]+{_PORT}(?:[/?#][A-Za-z0-9;/?:@&=+$.\-_!~*'(),#]*)?")
# What is escaped already, and would be left to the letter: encoding is slow.
_PATH_PART = r"(?:[A-Za-z0-9;/:@&=+$.\-_!~*'(),]|%[0-9A-Fa-f]{2})"
_LATER_PART = _PATH_PART.replace("[", "[?", 1)
_ENCODED = re.compile(rf"https?://[a-z0-9.-]+/{_PATH_PART}*+(?:\?{_LATER_PART}++)?(?:#{_LATER_PART}++)?")
_ESCAPES_ONLY = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f]")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_IRI = re.compile(
    r"(?!(?i:javascript|vbscript|data|file):)[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f-\x9f\"<>\\^`{|}\ufffd]+"
)
_BARE_HOST = re.compile(r"^(https?://[^/?#]+)(?=$|[?#])")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@]*@)*([A-Za-z0-9._-]*)[^\s\"'<>]*")
# RFC 2396's characters, which is as far as RSS readers and the W3C validator go: no brackets, no bars.
_SAFE = ";/?:@&=+$.-_!~*'(),%"


@dataclass(frozen=True, slots=True)
class Link:
    """An Atom link (RFC 4287 section 4.2.7)."""

    rel: str
    href: str
    type: str = ""
    title: str = ""
    length: int | None = None


def web_url(url: str) -> str:
    """`url` fit for an href anywhere, or "" where it must not be linked.

    Only http and https with a host pass, so that no `javascript:` or `file:` reaches a reader; an address that carries
    a user name or a password does not pass either. Characters outside RFC 2396 are percent-encoded, the rest is left
    to the letter.
    """
    url = url.strip()
    if not url or _CLEAN.fullmatch(url) or _ENCODED.fullmatch(url):
        return url
    try:
        return _encoded(url)
    except ValueError:  # a port that is no number, a bracket that is never closed, a host IDNA refuses
        return ""


def _encoded(url: str) -> str:
    parts = urlsplit(_UNSEEN.sub(lambda found: "%20" if found[0] == " " else "", url))
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    where = f"[{host}]" if ":" in host else host
    port = "" if parts.port is None else f":{parts.port}"
    query = f"?{_quoted(parts.query)}" if parts.query else ""
    fragment = f"#{_quoted(parts.fragment)}" if parts.fragment else ""
    return f"{parts.scheme}://{where}{port}{_quoted(parts.path)}{query}{fragment}"


def _quoted(part: str) -> str:
    return quote(_ESCAPES_ONLY.sub("%25", part), safe=_SAFE)


def is_iri(text: str) -> bool:
    """Whether `text` is an absolute IRI as RFC 3987 means it, near enough to be an Atom id."""
    return _IRI.fullmatch(text) is not None


def topic_url(site: Site, name: str, form: str) -> str:
    """Where a topic's document is served; `form` is its suffix: atom, rss, json or html."""
    return f"{site.base_url}{name}.{form}"


def item_path(entry: Entry) -> str:
    """The page of an entry that has no address of its own, below the output folder."""
    return f"items/{entry.id}.html"


def needs_page(entry: Entry) -> bool:
    """Whether the entry has no address that may be linked, so that we must give it a page."""
    return not web_url(entry.url)


def entry_url(site: Site, entry: Entry) -> str:
    """The one address of an entry in every format: its own, else that of its page with us."""
    return web_url(entry.url) or page_url(site, entry)


def page_url(site: Site, entry: Entry) -> str:
    """Where the page of an entry is served that has no address of its own."""
    return site.base_url + item_path(entry)


def source_id(site: Site, source: SourceInfo) -> str:
    """What names a source in `atom:source`: its own id to the letter, else its address, else a tag: IRI (RFC 4151).

    The year in the tag is that of the scheme, not of the build: it never changes. An address becomes an id in canonical
    form (RFC 4287 4.2.6.1): that of a host has its slash.
    """
    if is_iri(own := source.feed_id.strip()):
        return own
    for address in (web_url(source.feed_url), web_url(source.url)):
        if is_iri(address):
            return _BARE_HOST.sub(r"\1/", address)
    return f"tag:{urlsplit(site.base_url).hostname or 'localhost'},2026:sources/{source.name}"


def without_addresses(text: str) -> str:
    """`text` with each URL in it cut to its host: an error message may quote a fetch URL, and with it a token."""
    return _ADDRESS.sub(lambda found: found[1], text)
