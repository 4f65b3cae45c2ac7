"""Published files served on loopback, in a thread, and clients that may say anything."""

import asyncio
import http.client
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aggregator.serving.connections import PATIENCE, Listener, listen
from aggregator.serving.files import App, Files, Front, Receive, Scope, Send
from aggregator.serving.names import Names

BASE = "https://feeds.example.org/"


@dataclass(frozen=True)
class Answer:
    """What a server answered: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Server:
    """Files in a folder, with `names` for topics; what is behind them says only that it was asked."""

    def __init__(
        self,
        folder: Path,
        names: Names | None = None,
        hub: str = "",
        patience: float = PATIENCE,
        most: int = 4096,
        behind: App | None = None,
    ) -> None:
        self.files = Files(Front(folder, BASE, hub, names or Names()), behind or _behind)
        self._socket = listen("127.0.0.1", 0)
        self.port = self._socket.getsockname()[1]
        self._listener = Listener(self.files, self._socket, patience, most)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listener.run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def ask(self, target: str, method: str = "GET", **headers: str) -> Answer:
        """One request; `If_None_Match="..."` makes the header If-None-Match."""
        return ask(self.port, target, method, **headers)

    def get(self, target: str, **headers: str) -> bytes:
        """The body of a 200."""
        answer = self.ask(target, **headers)
        assert answer.status == 200, answer
        return answer.body

    def connect(self, seconds: float = 10.0) -> socket.socket:
        """A connection to say anything on."""
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def say(self, *said: bytes) -> bytes:
        """Send these bytes on a connection, and return all that comes back until it is closed."""
        with self.connect() as connection:
            for one in said:
                connection.sendall(one)
            return everything(connection)

    @property
    def connections(self) -> int:
        """How many are open."""
        return self._listener.connections


def ask(port: int, target: str, method: str = "GET", **headers: str) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, target, skip_host="Host" in named, skip_accept_encoding=True)
        for name, value in named.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def everything(connection: socket.socket) -> bytes:
    """All bytes until the other side closes; a reset is an end as well."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionError:
        pass
    return data


async def _behind(scope: Scope, receive: Receive, send: Send) -> None:
    body = f"behind: {scope['path']}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
