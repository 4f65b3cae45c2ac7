"""From a host name to its addresses, in threads of our own; whether they may be used is not decided here."""

import asyncio
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address

_THREADS = 256  # as many as there are polls at once, and those that still hang in dead name servers besides

Lookup = Callable[[str], Sequence[str]]


class UnresolvedError(Exception):
    """The name has no address; the message is for a person."""


class Resolver:
    """Looks names up without ever holding up the loop, or one name another.

    asyncio's own threads are six on two cores, which a few dead names occupy for everybody; and they are waited for at
    the end of the program. These are started where none is idle, and are daemons.
    """

    def __init__(self, lookup: Lookup | None = None) -> None:
        """`lookup` blocks and returns numeric addresses; by default it is the system's."""
        self._lookup = lookup or system_lookup
        self._work: queue.SimpleQueue[tuple[str, asyncio.Future[Sequence[str]]]] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads = 0

    async def __call__(self, host: str) -> Sequence[str]:
        """Return the numeric addresses of `host`, best first. Raises UnresolvedError."""
        if literal := _literal(host):
            return (literal,)
        addresses: asyncio.Future[Sequence[str]] = asyncio.get_running_loop().create_future()
        self._work.put((host, addresses))
        if not self._idle.acquire(blocking=False) and self._threads < _THREADS:
            self._threads += 1
            threading.Thread(target=self._run, name=f"resolver-{self._threads}", daemon=True).start()
        return await addresses

    def _run(self) -> None:
        while True:
            host, waiting = self._work.get()
            if not waiting.cancelled():
                self._answer(host, waiting)
            self._idle.release()

    def _answer(self, host: str, waiting: asyncio.Future[Sequence[str]]) -> None:
        found: Sequence[str] = ()
        trouble: Exception | None = None
        try:
            found = self._lookup(host)
        except Exception as error:  # noqa: BLE001  # whatever it is, whoever waits must be told
            trouble = UnresolvedError(_reason(error, host))
        try:
            waiting.get_loop().call_soon_threadsafe(_settle, waiting, found, trouble)
        except RuntimeError:
            return  # the loop was closed meanwhile: nobody waits


@lru_cache(maxsize=4096)
def _literal(host: str) -> str:
    """Return the address that `host` itself is, or ""."""
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


def system_lookup(host: str) -> Sequence[str]:
    """Return what the system's resolver says, in its order (RFC 6724). Blocks; raises OSError or UnicodeError."""
    infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for _, _, _, _, address in infos))


def _settle(waiting: asyncio.Future[Sequence[str]], found: Sequence[str], trouble: Exception | None) -> None:
    if waiting.done():
        return
    if trouble is not None:
        waiting.set_exception(trouble)
    else:
        waiting.set_result(found)


def _reason(error: Exception, host: str) -> str:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return f"the name server did not answer for {host}"
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"there is no host of the name {host}"
    return f"looking {host} up failed ({error})"
