"""The HTTP server: listens, and cuts off who is slow or says too much; what is answered, the app decides.

The only module that imports uvicorn. Its own time-out is for idle connections alone; a client that sends its request
a byte a minute, or takes the answer so, would be kept for ever. Here whoever brings nothing to an end for PATIENCE
seconds is cut off, and where there are too many, the one who has brought nothing to an end for longest makes room.
"""

import errno
import logging
import resource
import socket
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aggregator.errors import UserError
from aggregator.serving.files import App

PATIENCE = 20.0  # seconds in which a request, an answer, or 64 KB of one must come to its end
MOST = 4096  # connections at once, as far as the limit on open files allows
_PIECE = 65_536  # bytes of a body that must come within PATIENCE
_CALLBACKS = b"/websub/"
_IDLE = 10  # seconds between two requests
_ADDRESS_BYTES = 8_000
_HEAD_BYTES = 32_000
_CLOSING = 5  # seconds for answers under way when the server stops
_BACKLOG = 2048
_SYSTEM_BYTES = 128 * 1024
_REFUSALS = {400: "Bad Request", 414: "URI Too Long", 431: "Request Header Fields Too Large"}
_HINTS = {
    errno.EADDRINUSE: "another program has the port; stop it, or choose another with --port",
    errno.EACCES: "ports below 1024 are not for everybody; choose a higher --port and put a proxy in front",
    errno.EADDRNOTAVAIL: "this machine has no such address; choose another --host",
}


class ListenError(UserError):
    """The address cannot be listened on; the message says why and what to do."""


class _TooLargeError(Exception):
    """A head beyond our bounds."""


class _Connection(HttpToolsProtocol):
    """One client. `since` is when it last brought something to an end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.since = self.loop.time()
        self._unread = 0  # bytes since the last whole head
        self._fields = 0  # bytes of this head's fields
        self._taken = 0  # bytes of a body since it last counted as progress
        self._status = 400

    def cut_off(self) -> None:
        """End the connection at once, whatever it was about."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > _HEAD_BYTES and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self._status = 431
                self.send_400_response("")
            else:
                self.cut_off()  # in the middle of an answer nothing else can be said

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._fields = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > _ADDRESS_BYTES:
            self._status = 414
            raise _TooLargeError

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._fields += len(name) + len(value) + 4
        if self._fields > _HEAD_BYTES:
            self._status = 431
            raise _TooLargeError

    def on_headers_complete(self) -> None:
        self._unread = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Only a hub's request has one that is read; what else comes is passed over."""
        if not self.url.startswith(_CALLBACKS):
            return
        self._unread = 0
        self._taken += len(body)
        if self._taken >= _PIECE:
            self._taken = 0
            self.since = self.loop.time()
        super().on_body(body)

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        super().on_response_complete()

    def resume_writing(self) -> None:
        self.since = self.loop.time()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are for a developer
        """Answer what is no request of ours, and close."""
        phrase = _REFUSALS[self._status]
        body = f"{phrase}.\n"
        lines = (
            f"HTTP/1.1 {self._status} {phrase}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(body)}",
            "connection: close",
        )
        self.transport.write("\r\n".join((*lines, "", body)).encode("ascii"))
        self.transport.close()


class _Server(uvicorn.Server):
    """Leaves signals to whoever started it, and makes room: for `most` connections, none slower than `patience`."""

    most = MOST
    patience = PATIENCE

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # it is used as no more
        return nullcontext()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if counter % 10 == 0 or len(self.server_state.connections) > self.most:
            self._make_room()
        return await super().on_tick(counter)

    def _make_room(self) -> None:
        ours = [one for one in self.server_state.connections if isinstance(one, _Connection)]
        slowest = sorted(ours, key=lambda one: one.since)
        too_many = max(len(slowest) - self.most, 0)
        for place, one in enumerate(slowest):
            if place >= too_many and one.loop.time() - one.since <= self.patience:
                break
            one.cut_off()


class Listener:
    """A socket, and the server that answers on it."""

    def __init__(self, app: App, listening: socket.socket, patience: float = PATIENCE, most: int | None = None) -> None:
        # Whatever goes wrong in an answer the app has told already, in a line; uvicorn would add a traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        config = uvicorn.Config(
            app,
            http=_Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=_CLOSING,
        )
        self._server = _Server(config)
        self._server.most = min(_affordable(), MOST if most is None else most)
        self._server.patience = patience
        self._socket = listening

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._server.server_state.connections)

    async def run(self) -> None:
        """Answer until `stop` is called, and then whatever is still asked."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Take no further connection."""
        self._server.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections from now on; port 0 is any free one. Raises ListenError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListenError(f"cannot listen on {host}: {error.strerror or error}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it. The system would let a client that reads nothing fill some megabytes of its memory.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SYSTEM_BYTES)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        hint = _HINTS.get(error.errno or 0, "choose another --host or --port")
        raise ListenError(f"cannot listen on {host} port {port} ({error.strerror}): {hint}") from error
    listening.setblocking(False)
    return listening


def _affordable() -> int:
    """How many connections the limit on open files allows, where polls need some too; it is raised as far as may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return MOST if hard == resource.RLIM_INFINITY else hard // 4
