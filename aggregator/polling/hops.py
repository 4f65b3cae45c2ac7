"""Where a poll goes: which URLs it may ask, where a redirect leads, what may be kept of it; pure.

Of httpx only the URL is used here.
"""

from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

import httpx

from aggregator.model import Failed

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_MOST_REDIRECTS = 5
_LONGEST_URL = 8192


class RefusedError(Exception):
    """The poll goes no further; holds what it came to."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.reason)
        self.failed = failed


@dataclass(frozen=True, slots=True)
class Hop:
    """One URL on the way of a poll, without userinfo and fragment, and what is known of the way so far.

    `credentials` are the configured URL's userinfo, as long as the origin is its own. `settled` is true while every
    redirect was permanent, and `moved_to` the target of the last of those.
    """

    url: httpx.URL
    credentials: bytes = b""
    settled: bool = True
    moved_to: str = ""
    seen: frozenset[str] = frozenset()

    @property
    def who(self) -> str:
        """Who answers, as a reason names it."""
        return self.url.host if self.seen else "the server"

    def answered(self, status: int) -> str:
        """Return the beginning of a reason: who answered, and what."""
        try:
            return f"{self.who} answered {status} {HTTPStatus(status).phrase}"
        except ValueError:
            return f"{self.who} answered {status}"

    @property
    def basic(self) -> bytes:
        """What Basic authentication sends, before base64; empty where there is none."""
        user, _, password = self.credentials.partition(b":")
        return unquote_to_bytes(user) + b":" + unquote_to_bytes(password) if self.credentials else b""


@lru_cache(maxsize=1024)
def first_hop(url: str) -> Hop:
    """Return the hop that is the configured URL itself. Raises RefusedError where it is none that can be polled.

    Remembered for a moment: a job's URL is read once for its host's queue and once for its poll.
    """
    try:
        target = _target(url, "the address")
    except ValueError as error:
        raise RefusedError(Failed(str(error))) from error
    return Hop(_plain(target), target.userinfo)


def next_hop(hop: Hop, status: int, location: str) -> Hop:
    """Return where the redirect leads; `location` holds the header's bytes as latin-1. Raises RefusedError."""
    if len(hop.seen) >= _MOST_REDIRECTS:
        raise RefusedError(Failed(f"the server redirects more than {_MOST_REDIRECTS} times", status))
    if not location:
        raise RefusedError(Failed(f"{hop.answered(status)} without saying where to", status))
    try:
        url = _plain(_target(_text(location), "the target of a redirect", hop.url))
    except ValueError as error:
        raise RefusedError(Failed(str(error), status)) from error
    seen = hop.seen | {str(hop.url)}
    if str(url) in seen:
        raise RefusedError(Failed("the server redirects in a circle", status))
    kept = hop.credentials if _same_origin(hop.url, url) else b""
    # A permanent redirect from https to http is followed but not kept: that would give up TLS silently.
    settled = hop.settled and status in _PERMANENT and (hop.url.scheme, url.scheme) != ("https", "http")
    moved_to = str(url.copy_with(userinfo=kept)) if settled else hop.moved_to
    return Hop(url, kept, settled, moved_to, seen)


def _target(text: str, what: str, base: httpx.URL | None = None) -> httpx.URL:
    """Return the URL that may be asked. Raises ValueError with a sentence on `what` it is."""
    invalid = f"{what} is not a valid URL"
    if len(text) > _LONGEST_URL or "\\" in text:  # in front of a backslash parsers disagree on what the host is
        raise ValueError(invalid)
    try:
        url = base.join(text) if base is not None else httpx.URL(text)
        host = url.host
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(invalid) from error
    if url.scheme not in {"http", "https"}:
        raise ValueError(f"{what} is not an http or https URL")
    if not 0 < len(host) < 254 or "%" in host or not 0 < (80 if url.port is None else url.port) < 65536:
        raise ValueError(f"{what} has no valid host and port")
    return url


def _text(location: str) -> str:
    """Return the header as text: it should be ASCII, is often UTF-8, and arrives as latin-1."""
    try:
        return location.strip().encode("latin-1").decode()
    except UnicodeError:
        return location.strip()


def _plain(url: httpx.URL) -> httpx.URL:
    return url.copy_with(userinfo=b"", fragment=None) if url.userinfo or url.fragment else url


def _same_origin(old: httpx.URL, new: httpx.URL) -> bool:
    """Whether credentials may go on: to the same origin, or to the same host's default port once it has TLS."""
    if (old.scheme, old.host, old.port) == (new.scheme, new.host, new.port):
        return True
    return (old.scheme, new.scheme) == ("http", "https") and old.host == new.host and old.port is new.port is None
