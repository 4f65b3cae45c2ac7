"""One HTTP/1.1 exchange on a connection of its own, behind httpx's transport interface.

It knows no redirects, cookies, proxies, pools or content codings, and reads nothing from the environment.
"""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx

from aggregator.polling.addresses import AllowPrivate
from aggregator.polling.connecting import Resolve, UnreachableError, connect, reason_of
from aggregator.polling.messages import Incoming, MalformedError, written
from aggregator.polling.resolving import Resolver
from aggregator.polling.wire import Wire

_READ_HEAD, _READ_BODY = 16 * 1024, 64 * 1024


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
        return httpx.Response(answer.status, headers=answer.headers, stream=exchange)

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
        self._incoming = Incoming()

    async def send(self, request: httpx.Request) -> Incoming:
        """Send the request and return the answer once its head is there."""
        try:
            message = written(request.method, request.url.raw_path, request.headers.raw, request.read())
        except ValueError as error:
            raise httpx.LocalProtocolError(f"the request cannot be sent ({error})") from error
        with self._told_of():
            await self._wire.send(message)
            while not self._incoming.headed:
                await self._receive(_READ_HEAD)
        return self._incoming

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._told_of():
            while not self._incoming.complete:
                if piece := self._incoming.take():
                    yield piece
                await self._receive(_READ_BODY)
            yield self._incoming.take()

    async def aclose(self) -> None:
        self.abort()

    def abort(self) -> None:
        """End the connection at once: all that matters was read."""
        self._wire.close()

    async def _receive(self, most: int) -> None:
        if data := await self._wire.receive(most):
            self._incoming.feed(data)
        else:
            self._incoming.end()

    @contextmanager
    def _told_of(self) -> Iterator[None]:
        """Say what goes wrong as httpx does, with the host's name."""
        try:
            yield
        except MalformedError as error:
            raise httpx.RemoteProtocolError(f"{self._host} {error}") from error
        except OSError as error:
            raise httpx.ReadError(reason_of(error, self._host)) from error


def _tls_context() -> ssl.SSLContext:
    """Return a context that trusts certifi's authorities and the system's own; 40 ms of work, so one for all."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context
