"""One HTTP/1.1 exchange on a connection of its own, behind httpx's transport interface; only this file uses h11.

It knows no redirects, cookies, proxies, pools or content codings, and reads nothing from the environment.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator

import h11
import httpx

from aggregator.polling.addresses import AllowPrivate
from aggregator.polling.connecting import Resolve, UnreachableError, connect, reason_of
from aggregator.polling.resolving import Resolver
from aggregator.polling.wire import Wire

_HEADER_BYTES = 256 * 1024
_HEADER_LINES = 500  # and what one read may hold: tens of thousands would hold the loop up
_INFORMATIONAL = 10  # 1xx answers before the real one
_READ_HEAD, _READ_BODY = 16 * 1024, 64 * 1024
_BREATH = 1_000  # chunks handled at a stretch: 4 ms
_CHUNKS = 20_000  # and then they must hold 64 bytes each: a MB in chunks of one byte costs four seconds of CPU


class Transport(httpx.AsyncBaseTransport):
    """Sends a request and returns the response as soon as its headers are there; the body is read from its stream.

    Every response must be closed (`aclose`), which ends the connection. Raises httpx.TransportError, whose message is
    a sentence for a person.
    """

    def __init__(
        self,
        *,
        allow_private: AllowPrivate = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`resolve` and `tls` are by default the system's resolver and authorities; tests have their own."""
        self._allow_private = allow_private
        self._resolve = resolve or Resolver()
        self._tls = tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connect, send, and wait for the headers."""
        host = request.url.raw_host.decode("ascii")
        try:
            wire = await self._connect(request.url, host)
        except UnreachableError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        exchange = _Exchange(wire, host)
        try:
            answer = await exchange.send(request)
        except BaseException:
            exchange.abort()
            raise
        return httpx.Response(
            answer.status_code,
            headers=list(answer.headers),
            stream=exchange,
            extensions={"reason_phrase": answer.reason},
        )

    async def _connect(self, url: httpx.URL, host: str) -> Wire:
        secure = url.scheme == "https"
        if secure and self._tls is None:
            self._tls = _tls_context()
        port = url.port or (443 if secure else 80)
        return await connect(host, port, self._tls if secure else None, self._resolve, self._allow_private)


class _Exchange(httpx.AsyncByteStream):
    """A request and its response on one connection; as a stream it is the response's body, still encoded."""

    def __init__(self, wire: Wire, host: str) -> None:
        self._wire = wire
        self._host = host
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEADER_BYTES)
        self._counted = False  # whether Content-Length says where the body ends

    async def send(self, request: httpx.Request) -> h11.Response:
        """Send the request and return the final answer's head."""
        try:
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            body = request.read()
            events = (head, h11.Data(data=body), h11.EndOfMessage()) if body else (head, h11.EndOfMessage())
            await self._wire.send(b"".join(self._http.send(event) or b"" for event in events))
            return await self._head()
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(f"the request cannot be sent ({error})") from error
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(_reason(error, self._host)) from error
        except OSError as error:
            raise httpx.ReadError(reason_of(error, self._host)) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks():
                yield chunk
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(_reason(error, self._host)) from error
        except OSError as error:
            raise httpx.ReadError(reason_of(error, self._host)) from error

    async def aclose(self) -> None:
        self.abort()

    def abort(self) -> None:
        """End the connection at once: all that matters was read."""
        self._wire.close()

    async def _head(self) -> h11.Response:
        lines = informational = 0
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                if lines > _HEADER_LINES:
                    raise httpx.RemoteProtocolError(f"{self._host} answers with more than {_HEADER_LINES} header lines")
                data = await self._wire.receive(_READ_HEAD)
                if not data:
                    when = "in the middle of its answer" if self._http.trailing_data[0] else "without an answer"
                    raise httpx.RemoteProtocolError(f"{self._host} closed the connection {when}")
                lines += data.count(b"\n")
                self._http.receive_data(data)
            elif isinstance(event, h11.Response):
                names = {name for name, _ in event.headers}
                self._counted = b"content-length" in names and b"transfer-encoding" not in names
                return event
            elif isinstance(event, h11.InformationalResponse) and informational < _INFORMATIONAL:
                informational += 1
                lines = 0
            elif isinstance(event, h11.InformationalResponse):
                raise httpx.RemoteProtocolError(
                    f"{self._host} answers with more than {_INFORMATIONAL} interim responses"
                )
            else:
                raise httpx.RemoteProtocolError(f"{self._host} wants to speak another protocol than HTTP/1.1")

    async def _chunks(self) -> AsyncIterator[bytes]:
        count = size = 0
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._wire.receive(_READ_BODY))
            elif isinstance(event, h11.Data):
                count += 1
                size += len(event.data)
                if count > _CHUNKS and size < 64 * count:
                    raise httpx.RemoteProtocolError(f"{self._host} sends the body in absurdly small pieces")
                if count % _BREATH == 0:
                    await asyncio.sleep(0)
                yield bytes(event.data)
            else:
                self._end()
                return

    def _end(self) -> None:
        rest, _ = self._http.trailing_data
        if self._counted and rest.strip(b"\r\n"):
            raise httpx.RemoteProtocolError(f"{self._host} sends more than its Content-Length says")


def _reason(error: h11.RemoteProtocolError, host: str) -> str:
    what, _, _ = str(error).partition(":")  # after it h11 quotes what the server sent, however much that is
    if "closed connection" in what:
        return f"{host} closed the connection in the middle of its answer"
    return f"{host} does not answer in valid HTTP ({what[:100]})"


def _tls_context() -> ssl.SSLContext:
    """Return a context that trusts certifi's authorities and the system's own; 40 ms of work, so one for all."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context
