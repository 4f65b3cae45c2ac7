"""A scripted web on loopback, raw to the byte: what it answers is data, and what it was asked is kept.

    script = {"/feed": [answer(200, b"<rss/>", ETag='"1"'), answer(304)]}
    with FakeWeb(script) as web:
        ...poll web.url("/feed") twice...
        assert web.requests[1].header("if-none-match") == b'"1"'

A script gives for each path the replies in order, the last one again and again; "host/path" goes before "/path". A
reply is a step or several: bytes are sent, a number is waited for in seconds, HANG stays silent, RESET breaks the
connection off, Repeat sends the same bytes for long, a function is called with the request and gives the reply. After
the last step the connection is closed.
"""

import asyncio
import ssl
import struct
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Repeat:
    """Send `data` so many times, or for ever, pausing `every` seconds in between."""

    data: bytes
    times: int | None = None
    every: float = 0.0


HANG = object()
RESET = object()

Step = bytes | float | Repeat | object
Reply = Step | Sequence[Step]


@dataclass(frozen=True)
class Request:
    """What was asked: header names in lower case, values to the byte; `at` is monotonic."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    at: float = field(default_factory=time.monotonic)

    def header(self, name: str) -> bytes | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key == name.encode()), None)

    @property
    def host(self) -> str:
        """The host that was asked, without its port."""
        return (self.header("host") or b"").decode("latin-1").rsplit(":", 1)[0]


def answer(status: int = 200, body: bytes = b"", /, **headers: str | bytes) -> bytes:
    """A whole, correct HTTP answer; `Retry_After="5"` makes the header `Retry-After: 5`."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Odd"
    lines = [f"HTTP/1.1 {status} {phrase}".encode()]
    for name, value in headers.items():
        raw = value.encode("latin-1") if isinstance(value, str) else value
        lines.append(name.replace("_", "-").encode() + b": " + raw)
    if status not in {204, 304} and "Content_Length" not in headers:
        lines.append(b"Content-Length: " + str(len(body)).encode())
    return b"\r\n".join([*lines, b"", body])


class FakeWeb:
    """The server, in a thread of its own, so that what runs beside it may be synchronous or another program."""

    def __init__(
        self, script: Mapping[str, Sequence[Reply]], tls: ssl.SSLContext | None = None, address: str = "127.0.0.1"
    ) -> None:
        """`address` is where it listens: at "0.0.0.0" every 127.x.y.z is a host of its own."""
        self.script = dict(script)
        self._tls = tls
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._serving: set[asyncio.Task[None] | None] = set()
        self._served: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.connections = 0
        self.most_at_once: dict[str, int] = defaultdict(int)
        self.port = 0

    def url(self, path: str, host: str = "127.0.0.1", user: str = "") -> str:
        """The URL of a path; a `host` by name needs a resolver that leads it here."""
        return f"{'https' if self._tls else 'http'}://{user}{host}:{self.port}{path}"

    def asked(self, path: str) -> list[Request]:
        """The requests for a path, in order."""
        return [request for request in self.requests if request.target == path]

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, self._address, 0, ssl=self._tls, backlog=1000), self._loop
        )
        self._server = starting.result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for _ in range(5):  # connections that were being accepted become tasks a moment later
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._serving.add(asyncio.current_task())  # the loop itself would let one that only waits be collected
        try:
            request = await _read(reader)
            self.requests.append(request)
            self._now[request.host] += 1
            self.most_at_once[request.host] = max(self.most_at_once[request.host], self._now[request.host])
            try:
                for step in self._reply(request):
                    await _take(step, writer)
                await writer.drain()
            finally:
                self._now[request.host] -= 1
            writer.close()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()  # the client went away, or the test is over: both are part of the play

    def _reply(self, request: Request) -> Sequence[Step]:
        key = f"{request.host}{request.target}"
        key = key if key in self.script else request.target
        replies = self.script.get(key, [answer(404)])
        number = min(self._served[key], len(replies) - 1)
        self._served[key] += 1
        reply = replies[number]
        if callable(reply):
            reply = reply(request)
        return reply if isinstance(reply, list | tuple) else [reply]


async def _read(reader: asyncio.StreamReader) -> Request:
    head = await reader.readexactly(1)
    if head == b"\x16":
        raise ConnectionError("a client speaks TLS to a server that does not")
    head += await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ")
    headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines))
    length = int(dict(headers).get(b"content-length", b"0"))
    return Request(method, target, headers, await reader.readexactly(length))


async def _take(step: Step, writer: asyncio.StreamWriter) -> None:
    match step:
        case bytes():
            writer.write(step)
        case float() | int():
            await writer.drain()
            await asyncio.sleep(step)
        case Repeat(data, times, every):
            number = 0
            while times is None or number < times:
                writer.write(data)
                await writer.drain()
                await asyncio.sleep(every)
                number += 1
        case _ if step is RESET:
            await writer.drain()
            linger = struct.pack("ii", 1, 0)  # closing sends a reset instead of a goodbye
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
        case _ if step is HANG:
            await writer.drain()
            await asyncio.Event().wait()
