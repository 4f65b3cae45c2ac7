"""Links made absolute and safe: what is no web address becomes "". Which two URLs are one page is not decided here."""

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

MAX_URL = 4000
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# What RFC 3986 allows in a path or a query beside letters and digits; % stays, so that escapes are not escaped again.
_SAFE = "%/:=&?~+!$,;'@()*-._"
# What most links are: nothing in them to resolve, to drop or to encode.
_PLAIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(?:/[%/:=&~+!$,;'@()*._A-Za-z0-9-]*)?"
    r"(?:\?[%/:=&?~+!$,;'@()*._A-Za-z0-9-]+)?(?:#[%/:=&?~+!$,;'@()*._A-Za-z0-9-]+)?"
)


def web_url(url: str, *bases: str) -> str:
    """Return `url` as an absolute http(s) URI, resolved against the first usable base; "" where it cannot be one.

    White space and control characters, which browsers drop from URLs, are dropped before the scheme is judged.
    """
    return _resolve(url, bases, ("http", "https"))


def link_url(url: str, *bases: str) -> str:
    """Like `web_url`, for links inside HTML, where mailto: is welcome too."""
    return _resolve(url, bases, ("http", "https", "mailto"))


def _resolve(url: str, bases: tuple[str, ...], schemes: tuple[str, ...]) -> str:
    if len(url) <= MAX_URL and _PLAIN.fullmatch(url):
        return url
    url = _CONTROL.sub(lambda found: "%20" if found[0] == " " else "", url.strip())
    if not url or len(url) > MAX_URL:
        return ""
    try:
        if not _SCHEME.match(url):
            base = next((base for base in bases if base.startswith(("http://", "https://"))), "")
            url = urljoin(base, url)
        return _encode(url, schemes)
    except ValueError:  # urllib's word for brackets that are no IPv6 address, and for ports that are no number
        return ""


def _encode(url: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    if parts.scheme not in schemes:
        return ""
    if parts.scheme == "mailto":
        return "mailto:" + quote(parts.path, _SAFE) + ("?" + quote(parts.query, _SAFE) if parts.query else "")
    if not parts.hostname or parts.port == 0:
        return ""
    host = parts.netloc if parts.netloc.isascii() else _ascii_host(parts.netloc)
    return urlunsplit(
        (
            parts.scheme,
            host.replace("\\", ""),
            quote(parts.path, _SAFE),
            quote(parts.query, _SAFE),
            _fragment(parts.fragment),
        )
    )


def _fragment(fragment: str) -> str:
    return quote(fragment, _SAFE)


def _ascii_host(netloc: str) -> str:
    user, at, host = netloc.rpartition("@")
    name, colon, port = host.partition(":")
    return quote(user, _SAFE) + at + name.encode("idna").decode("ascii") + colon + port
