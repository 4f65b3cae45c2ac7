"""One poll over HTTP: a conditional GET, its redirects, and what came of it as a value; bodies are not read here.

Whatever a server does becomes a Response; only cancellation passes through.
"""

import asyncio
import base64
import logging
from collections.abc import Iterable
from datetime import UTC, datetime

import httpx

from aggregator.digest import digest
from aggregator.model import Caching, Failed, Fetched, Gone, NotModified, PollJob, Postponed, Response, Validators
from aggregator.polling import headers as reading
from aggregator.polling.decoding import Decoder, UndecodableError
from aggregator.polling.headers import Headers
from aggregator.polling.hops import REDIRECTS, Hop, RefusedError, first_hop, next_hop
from aggregator.polling.hosts import PausedError, Turn
from aggregator.polling.web import Web

_ACCEPT = (
    b"application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    b"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_ACCEPT_ENCODING = b"gzip, deflate, br, zstd"  # what decoding.py decodes within bounds
_LONGEST_LINK = 8_000  # characters of all Link headers together
_SHORT_WAIT = 5  # seconds: a redirect that asks for so much is waited for; for more, the poll ends and comes again

_log = logging.getLogger(__name__)


async def poll(web: Web, job: PollJob, turn: Turn) -> Response:
    """Visit `job.url` once. `turn` is one at that URL's host; afterwards it may be at another host or at none.

    `job.timeout` seconds are for everything but the waiting for turns at the hosts of redirects. Raises nothing but
    cancellation. No reason that it returns holds a URL, because a URL may hold a password or a token.
    """
    clock = asyncio.timeout(job.timeout)
    try:
        async with clock:
            return await _visit(web, job, turn, clock)
    except RefusedError as error:
        return error.failed
    except PausedError as error:
        return paused(error.seconds, asked=True)
    except TimeoutError:
        return Failed(f"no complete answer within {job.timeout:g} s")
    except httpx.TransportError as error:
        return Failed(str(error))
    except Exception as error:  # noqa: BLE001  # a server that finds a hole in us must not stop the other polls
        _log.debug("the poll of %s failed unexpectedly", job.source, exc_info=True)
        return Failed(f"the poll failed unexpectedly ({type(error).__name__})")


def paused(seconds: float, *, asked: bool = False) -> Postponed:
    """Return what a poll comes to that is not made, or not to its end, because a host asked to be left alone."""
    host = "the host that it redirects to" if asked else "the host"
    return Postponed(f"not asked: {host} answered 429 Too Many Requests to another poll", int(seconds) + 1, asked)


def host_of(url: str) -> str:
    """Return the host that a poll of `url` asks first, or "" where it cannot be polled at all."""
    try:
        return first_hop(url).url.host
    except RefusedError:
        return ""


async def _visit(web: Web, job: PollJob, turn: Turn, clock: asyncio.Timeout) -> Response:
    hop = first_hop(job.url)
    while True:
        asked = _validators(job, hop)
        answer = await web.transport.handle_async_request(request(web, hop, "GET", _conditional(asked)))
        try:
            headers = reading.collect(answer.headers.raw)
            if answer.status_code not in REDIRECTS:
                return await _receive(answer, headers, job, hop, asked, turn)
        finally:
            await answer.aclose()
        hop = await _follow(hop, answer.status_code, headers)
        await _next_turn(turn, hop.url.host, clock)


def _validators(job: PollJob, hop: Hop) -> Validators | None:
    """Return what may be sent to this URL: validators are the property of the URL that gave them."""
    known = job.validators
    mine = known.url == str(hop.url) or (not hop.seen and known.url == job.url)
    sent = Validators(reading.sendable(known.etag), reading.sendable(known.last_modified), known.url)
    return sent if mine and (sent.etag or sent.last_modified) else None


def request(web: Web, hop: Hop, method: str, own: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> httpx.Request:
    """Return a request for a hop: with our name, the credentials for it, and the headers of its `own`."""
    headers = [
        (b"Host", hop.url.netloc),
        (b"User-Agent", web.user_agent.encode("ascii")),
        *own,
        (b"Connection", b"close"),
    ]
    if hop.credentials:
        headers.append((b"Authorization", b"Basic " + base64.b64encode(hop.basic)))
    # Given a stream, httpx adds nothing itself.
    return httpx.Request(method, hop.url, headers=headers, stream=httpx.ByteStream(body))


def _conditional(validators: Validators | None) -> list[tuple[bytes, bytes]]:
    headers = [(b"Accept", _ACCEPT), (b"Accept-Encoding", _ACCEPT_ENCODING)]
    if validators and validators.etag:
        headers.append((b"If-None-Match", validators.etag.encode("latin-1")))
    if validators and validators.last_modified:
        headers.append((b"If-Modified-Since", validators.last_modified.encode("latin-1")))
    return headers


async def _receive(
    answer: httpx.Response, headers: Headers, job: PollJob, hop: Hop, asked: Validators | None, turn: Turn
) -> Response:
    status, url = answer.status_code, str(hop.url)
    caching = reading.caching(headers, datetime.now(UTC))
    link = headers.get("link", "")[:_LONGEST_LINK]
    if "challenge" in headers.get("cf-mitigated", "").lower():
        return Failed(f"{hop.who} answered with a challenge that only a browser can pass", status, caching)
    if status == 304 and asked is not None:
        return NotModified(reading.validators(headers, url, asked), caching, moved_to=hop.moved_to, link=link)
    if status in {200, 203, 226}:
        try:
            body = await _body(answer, headers, job.max_bytes)
        except (UndecodableError, httpx.TransportError) as error:
            return Failed(str(error), status)  # its max-age is not honoured: what it speaks of did not arrive
        validators = reading.validators(headers, url)
        digested = digest(body)
        if digested == job.body_digest:
            return NotModified(validators, caching, status=200, moved_to=hop.moved_to, link=link)
        delta = status == 226 and "feed" in headers.get("im", "").lower()  # RFC 3229: what is missing is not deleted
        content_type = headers.get("content-type", "")[:200]
        code = 226 if delta else 200
        return Fetched(url, code, body, content_type, validators, caching, hop.moved_to, link, digested)
    if status in {410, 451} and hop.settled:
        return Gone(status)
    if status == 429:
        turn.pause(caching.retry_after)
    return Failed(_reason(hop, status, caching), status, caching)


async def _body(answer: httpx.Response, headers: Headers, max_bytes: int) -> bytes:
    length = headers.get("content-length", "")
    decoder = Decoder(headers.get("content-encoding", ""), max_bytes, int(length) if length.isdecimal() else 0)
    if not isinstance(answer.stream, httpx.AsyncByteStream):
        raise TypeError("the transport must give an asynchronous body")
    async for wire in answer.stream:
        for number, _ in enumerate(decoder.feed(wire)):
            if number:
                await asyncio.sleep(0)  # without it no deadline fires while 10 MB come out of one read
    return decoder.result()


async def _follow(hop: Hop, status: int, headers: Headers) -> Hop:
    """Return the next hop, once the redirect allows it to be asked (RFC 9110 §10.2.3)."""
    caching = reading.caching(headers, datetime.now(UTC))
    if (caching.retry_after or 0) > _SHORT_WAIT:
        raise RefusedError(Failed(_reason(hop, status, caching), status, caching))
    onward = next_hop(hop, status, headers.get("location", ""))
    await asyncio.sleep(caching.retry_after or 0)
    return onward


async def _next_turn(turn: Turn, host: str, clock: asyncio.Timeout) -> None:
    """Wait for a turn at the next hop's host; the deadline stands still meanwhile."""
    loop = asyncio.get_running_loop()
    left = (clock.when() or 0.0) - loop.time()
    if clock.expired():
        raise TimeoutError
    clock.reschedule(None)
    await turn.move_to(host)
    clock.reschedule(loop.time() + left)


def _reason(hop: Hop, status: int, caching: Caching) -> str:
    unasked = " to a request without conditions" if status == 304 else ""
    wait = f"; asked to wait {caching.retry_after} s" if caching.retry_after else ""
    return f"{hop.answered(status)}{unasked}{wait}"
