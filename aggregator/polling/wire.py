"""Bytes over a connected socket, in the clear or through TLS; nothing is read but what is asked for."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_RECORDS = 64 * 1024  # bytes read at once from under TLS
_BREATH = 16  # reads at a stretch: who sends faster than we read is not waited for, and the others are to be served too

_T = TypeVar("_T")


class Wire:
    """One connection; `close` ends it at once. Raises OSError, of which ssl.SSLError is one."""

    def __init__(self, sock: socket.socket) -> None:
        """Take over a connected socket that does not block."""
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._tls: ssl.SSLObject | None = None
        self._reads = 0

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Speak TLS from now on, with who proves to be `host`."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        try:
            await self._through_tls(self._tls.do_handshake)
        except ssl.SSLEOFError as error:
            raise ConnectionResetError from error

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        if (tls := self._tls) is None:
            await self._loop.sock_sendall(self._sock, data)
        else:
            await self._through_tls(lambda: tls.write(data))

    async def receive(self, most: int) -> bytes:
        """Wait for bytes, at most so many, and return them; b"" where there are no more."""
        self._reads += 1
        if self._reads % _BREATH == 0:
            await asyncio.sleep(0)
        if (tls := self._tls) is None:
            return await self._loop.sock_recv(self._sock, most)
        try:
            return await self._through_tls(lambda: tls.read(most))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""  # few servers say goodbye; whether something is missing HTTP knows

    def close(self) -> None:
        """End it, without the goodbye of TLS, which may take half a minute."""
        self._sock.close()

    async def _through_tls(self, step: Callable[[], _T]) -> _T:
        """Take a step of TLS, and carry to and fro what it needs."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush()
                if data := await self._loop.sock_recv(self._sock, _RECORDS):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                with suppress(OSError):
                    await self._flush()  # which tells the server why
                raise
            else:
                await self._flush()
                return done

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._sock, self._outgoing.read())
