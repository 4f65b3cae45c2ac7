"""The published files over HTTP, as an ASGI app of its own: the very bytes on the disk, and no framework in between.

Conditional requests, codings, HEAD and OPTIONS (RFC 9110); names that were renamed or retired. What is no file is
handed on to the app behind. A Range is politely ignored: these files are small, and a feed is read whole.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from aggregator.config.values import Site
from aggregator.serving.conditions import Coding, codings, matching, unchanged_since
from aggregator.serving.names import Names, kind
from aggregator.serving.published import LARGE, PublishedFiles, Served, full_headers
from aggregator.serving.shelf import Headers
from aggregator.websub.subscription import token_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SEARCHES = ("search.atom", "search.rss", "search.json")
_BEHIND = ("healthz", "metrics")
_METHODS = b"GET, HEAD, OPTIONS"
_PIECE = 65_536  # bytes given to a connection at once, so that a slow client costs no more memory than that
_READ = 1_000_000
SHARED = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"etag, link"))
SAFE = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_PREFLIGHT = (
    *SHARED,
    (b"access-control-allow-methods", _METHODS),
    (b"access-control-allow-headers", b"accept, cache-control, if-modified-since, if-none-match"),
    (b"access-control-max-age", b"86400"),
    (b"allow", _METHODS),
)
_PLAIN = ((b"content-type", b"text/plain; charset=utf-8"), *SAFE, *SHARED)
_DAY = (b"cache-control", b"public, max-age=86400")
_NEVER = (b"cache-control", b"no-store")
_MINUTE = (b"cache-control", b"public, max-age=60")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Front:
    """What is served: the files below `output`, and the names of topics. `base_url` and `hub` go into Link headers."""

    output: Path
    base_url: str
    hub: str
    names: Names

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
    """The app; `behind` answers `/search.*`, `/healthz`, `/metrics`, hubs. `answered` counts answers by status."""

    def __init__(self, front: Front, behind: App) -> None:
        self._behind = behind
        self.answered: Counter[int] = Counter()
        self.show(front)

    def show(self, front: Front) -> None:
        """Serve this from now on."""
        self._front = front
        self._published = PublishedFiles(front.output, front.link)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path, method = scope["path"][1:] or "index.html", scope["method"]
        try:
            if path in _BEHIND or token_of(path) or (path in SEARCHES and scope["query_string"]):
                await self._hand_on(scope, receive, send)
            elif method in ("GET", "HEAD"):
                await self._get(path, scope, receive, send)
            elif method == "OPTIONS":
                await self._answer(send, 204, _PREFLIGHT)
            else:
                await self._refuse(send, 405, "This is to be read: GET or HEAD", (b"allow", _METHODS))
        except Exception as error:  # noqa: BLE001 - one answer that fails is no reason to fail the others
            _log.error("no answer to %s /%s (%s: %s)", method, path, type(error).__name__, error)
            _log.debug("here", exc_info=error)
            with suppress(RuntimeError):  # an answer that has begun cannot become another: it is broken off
                await self._refuse(send, 500, "Something is wrong with this server")

    async def _get(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        served = await self._published.find(path)
        if served is None:
            await self._absent(path, scope, receive, send)
            return
        none_match, since, accepted = _asked(scope["headers"])
        welcome = [coding for coding in codings(accepted) if coding in served.codings]
        tag = _known_tag(served, welcome, none_match, since)
        if tag is not None:
            await self._answer(send, 304, served.unchanged[tag])
        elif not welcome:
            await self._refuse(send, 406, "There is this as it is, in br and in gzip", (b"vary", b"accept-encoding"))
        elif not await self._full(served, welcome[0], scope["method"], send):
            await self._get(path, scope, receive, send)  # it has changed since it was found

    async def _full(self, served: Served, coding: Coding, method: str, send: Send) -> bool:
        """Send the whole file; whether it is still what was found."""
        if served.size > LARGE:
            file = await self._published.open(served)
            if file is None:
                return False
            with file:
                await self._stream(served, file if method == "GET" else None, send)
            return True
        body = await self._published.body(served, coding)
        if body is None:
            return False
        await self._answer(send, 200, body.headers, body.data if method == "GET" else b"")
        return True

    async def _absent(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        names = self._front.names
        target = names.moved_to(path)
        if path in SEARCHES:
            await self._hand_on(scope, receive, send)
        elif target:
            await self._refuse(send, 301, f"This is now at {target}", (b"location", target.encode()), _DAY)
        elif names.is_gone(path):
            await self._refuse(send, 410, "This feed is no longer published; please unsubscribe", _DAY)
        elif names.is_coming(path):
            await self._refuse(send, 503, "This is about to be published", (b"retry-after", b"5"), _NEVER)
        else:
            await self._refuse(send, 404, "There is no such page or feed", _MINUTE)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answered[message["status"]] += 1
            await send(message)

        await self._behind(scope, receive, counted)

    async def _refuse(self, send: Send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
        """Answer with a sentence. A connection that misbehaves is not kept: the rest of its request is not read."""
        body = f"{text}.\n".encode()
        closing = ((b"connection", b"close"),) if status in (405, 500) else ()
        await self._answer(send, status, (*_PLAIN, *headers, *closing, (b"content-length", b"%d" % len(body))), body)

    async def _answer(self, send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
        self.answered[status] += 1
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in _pieces(body):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _stream(self, served: Served, file: BinaryIO | None, send: Send) -> None:
        """Send a large file from the disk as it is; once begun it is sent to its end, whatever takes its place."""
        self.answered[200] += 1
        headers = full_headers(served, "identity", served.size)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while file is not None and (data := await asyncio.to_thread(file.read, _READ)):
            for piece in _pieces(data):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))


def _asked(headers: list[tuple[bytes, bytes]]) -> tuple[bytes | None, bytes | None, bytes | None]:
    """If-None-Match, If-Modified-Since and Accept-Encoding; those that may be given twice are joined."""
    none_match = since = accepted = None
    for name, value in headers:
        if name == b"if-none-match":
            none_match = value if none_match is None else none_match + b", " + value
        elif name == b"accept-encoding":
            accepted = value if accepted is None else accepted + b", " + value
        elif name == b"if-modified-since":
            since = value
    return none_match, since, accepted


def _known_tag(served: Served, welcome: list[Coding], none_match: bytes | None, since: bytes | None) -> bytes | None:
    """The tag of what the client has already, or None. If-None-Match decides alone where it is given.

    The tag of another coding will do: it stands for the same bytes, which is what a reader keeps.
    """
    wanted = [served.tags[coding] for coding in welcome]
    if none_match is not None:
        return matching(none_match, [*wanted, *served.tags.values()])
    if since is not None and unchanged_since(since, served.modified):
        return wanted[0] if wanted else served.tags["identity"]
    return None
