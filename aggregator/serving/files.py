"""The published files over HTTP, as an ASGI app of its own: the very bytes on the disk, and no framework in between.

Conditional requests, codings, HEAD and OPTIONS (RFC 9110); names that were renamed or retired. What is no file is
handed on to the app behind. A Range is politely ignored: these files are small, and a feed is read whole.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aggregator.config.values import Site
from aggregator.serving.conditions import codings, matching, unchanged_since
from aggregator.serving.library import Library, Served
from aggregator.serving.names import Names, kind

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

_METHODS = b"GET, HEAD, OPTIONS"
_PIECE = 65_536  # bytes given to the connection at once, so that a slow client costs no more memory than that
_READ = 1_000_000
_SOON = b"5"  # seconds
_PREFLIGHT = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", _METHODS),
    (b"access-control-allow-headers", b"if-none-match, if-modified-since, cache-control, accept"),
    (b"access-control-max-age", b"86400"),
)
PLAIN: tuple[tuple[bytes, bytes], ...] = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Front:
    """What is served: the files below `output`, and how topics are called. `base_url` and `hub` go into Link headers."""

    output: Path
    base_url: str
    hub: str = ""
    names: Names = Names()

    def link(self, path: str) -> str:
        """Return the Link header of a topic's own feeds, where there is a WebSub hub to name (WebSub section 4)."""
        found = kind(path)
        if not self.hub or found is None or not found.feed:
            return ""
        return f'<{self.hub}>; rel="hub", <{self.base_url}{path}>; rel="self"'


def front(site: Site, names: Names) -> Front:
    """Return what is served of a site."""
    return Front(site.output, site.base_url, site.hub, names)


class Files:
    """The app; `behind` answers `/search.*`, `/healthz` and `/metrics`. `answered` counts what is sent, by status."""

    def __init__(self, behind: App) -> None:
        self._behind = behind
        self._front: Front | None = None
        self._library: Library | None = None
        self.answered: Counter[int] = Counter()

    def show(self, front: Front) -> None:
        """Serve this from now on."""
        if front != self._front:
            self._front = front
            self._library = Library(front.output, front.link)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path, method = scope["path"][1:] or "index.html", scope["method"]
        try:
            if _is_behind(path, scope["query_string"]):
                await self._hand_on(scope, receive, send)
            elif method in ("GET", "HEAD"):
                await self._get(path, scope, send)
            elif method == "OPTIONS":
                await self._answer(send, 204, (*_PREFLIGHT, (b"allow", _METHODS)), b"")
            else:
                await self._refuse(send, 405, "This is for reading: GET or HEAD.", ((b"allow", _METHODS),))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _log.error("an answer to %s %s failed (%s: %s)", method, path, type(error).__name__, error)
            _log.debug("here", exc_info=error)
            await self._refuse(send, 500, "Something is wrong with this server.", ())

    async def _get(self, path: str, scope: Scope, send: Send) -> None:
        assert self._library is not None  # noqa: S101 - `show` is called before the first request
        served = await self._library.find(path)
        if served is None:
            await self._absent(path, send)
            return
        accepted = none_match = since = None
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                none_match = value if none_match is None else none_match + b", " + value
            elif name == b"accept-encoding":
                accepted = value if accepted is None else accepted + b", " + value
            elif name == b"if-modified-since":
                since = value
        welcome = [coding for coding in codings(accepted) if coding in served.codings]
        if none_match is not None:
            # The tag of another coding of the same bytes will do: who has that has what we would send.
            wanted = [served.tags[coding] for coding in welcome]
            tag = matching(none_match, (*wanted, *served.tags.values()))
        else:
            fresh = since is not None and unchanged_since(since, served.modified)
            tag = served.tags[welcome[0] if welcome else "identity"] if fresh else None
        if tag is not None:
            await self._answer(send, 304, served.unchanged[tag], b"")
        elif not welcome:
            await self._refuse(send, 406, "There is this as it is, and in br and gzip.", ((b"vary", b"accept-encoding"),))
        else:
            await self._full(served, welcome, scope, send)
