"""A form sent to a hub, under the same terms as a poll: guarded addresses, the host's own pace, our name, a deadline.

Nothing of the answer but its status is read.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx

from aggregator.model import Failed
from aggregator.polling import headers as reading
from aggregator.polling.hops import Hop, RefusedError, first_hop, next_hop
from aggregator.polling.hosts import PausedError, Turn
from aggregator.polling.http import host_of, request
from aggregator.polling.web import Web

_KEEPS_METHOD = frozenset({307, 308})  # of the redirects, those that WebSub has (section 5.2): the same again, there
_TIMEOUT = 15.0  # seconds

Form = Iterable[tuple[str, str]]


async def post(web: Web, url: str, form: Form) -> Failed | None:
    """Send `form` to `url`, once it is its host's turn. None where it was accepted (2xx).

    No reason that it returns holds a URL or a field of the form. Raises nothing but cancellation.
    """
    body = urlencode(list(form)).encode("ascii")
    try:
        turn = await web.hosts.turn(host_of(url) or url)
    except PausedError as error:
        return _paused(error)
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await _send(web, first_hop(url), body, turn)
    except RefusedError as error:
        return error.failed
    except PausedError as error:
        return _paused(error)
    except TimeoutError:
        return Failed(f"no answer within {_TIMEOUT:g} s")
    except httpx.TransportError as error:
        return Failed(str(error))
    finally:
        turn.release()


async def _send(web: Web, hop: Hop, body: bytes, turn: Turn) -> Failed | None:
    while True:
        answer = await web.transport.handle_async_request(request(web, hop, "POST", _headers(body), body))
        headers = reading.collect(answer.headers.raw)
        await answer.aclose()
        status = answer.status_code
        if status not in _KEEPS_METHOD:
            return None if 200 <= status < 300 else _failed(hop, status, headers, turn)
        onward = next_hop(hop, status, headers.get("location", ""))
        if (hop.url.scheme, onward.url.scheme) == ("https", "http"):
            return Failed(f"{hop.who} redirects to an address without TLS, which is not given what was meant for it")
        hop = onward
        await turn.move_to(hop.url.host)


def _headers(body: bytes) -> tuple[tuple[bytes, bytes], ...]:
    length = str(len(body)).encode("ascii")
    return (b"Content-Type", b"application/x-www-form-urlencoded"), (b"Content-Length", length), (b"Accept", b"*/*")


def _paused(error: PausedError) -> Failed:
    return Failed(f"not asked: the host wants to be left alone for {error.seconds:.0f} s", 429)


def _failed(hop: Hop, status: int, headers: reading.Headers, turn: Turn) -> Failed:
    caching = reading.caching(headers, datetime.now(UTC))
    if status == 429:
        turn.pause(caching.retry_after)
    return Failed(hop.answered(status), status, caching)
