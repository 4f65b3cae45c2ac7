"""From a host name to an open connection: every address checked, both families tried, TLS verified; no HTTP here."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain, zip_longest

from aggregator.polling.addresses import AllowPrivate, refusal
from aggregator.polling.resolving import UnresolvedError
from aggregator.polling.wire import Wire

CONNECT_SECONDS = 10.0  # for the name, the connection and the TLS handshake together
_HEAD_START = 0.25  # seconds which one address has before the next is tried beside it (RFC 8305 §5)
_TRIED = 6  # addresses of one name

Resolve = Callable[[str], Awaitable[Sequence[str]]]

_REASONS = {
    errno.ECONNREFUSED: "{host} refused the connection",
    errno.ECONNRESET: "{host} broke the connection off",
    errno.EHOSTUNREACH: "{host} cannot be reached from here",
    errno.ENETUNREACH: "{host} cannot be reached from here",
    errno.EMFILE: "this process has as many files and connections open as it may",
    errno.ENFILE: "this machine has as many files and connections open as it may",
}


class UnreachableError(Exception):
    """No connection came about; the message is for a person."""


async def connect(
    host: str, port: int, tls: ssl.SSLContext | None, resolve: Resolve, allow_private: AllowPrivate
) -> Wire:
    """Return an open connection to an address of `host` that may be used, verified where `tls` is given.

    What is checked is what is connected to, so a name that changes its mind in between (DNS rebinding) gains nothing.
    Raises UnreachableError.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            addresses = await resolve(host)
            if not addresses:
                raise UnreachableError(f"{host} has no address")
            if problem := refusal(addresses, allow_private):
                raise UnreachableError(f"{host} has {problem}, which is not let through")
            wire = Wire(await _first(_in_turn(addresses), port))
            if tls is not None:
                await _secure(wire, tls, host.removesuffix("."))
            return wire
    except UnresolvedError as error:
        raise UnreachableError(str(error)) from error
    except TimeoutError as error:
        raise UnreachableError(f"no connection to {host} within {CONNECT_SECONDS:g} s") from error
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(f"the certificate of {host} is not valid: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise UnreachableError(f"no encrypted connection to {host}: {error.reason or error}") from error
    except OSError as error:
        raise UnreachableError(reason_of(error, host)) from error


async def _secure(wire: Wire, tls: ssl.SSLContext, host: str) -> None:
    try:
        await wire.secure(tls, host)
    except BaseException:
        wire.close()
        raise


def reason_of(error: OSError, host: str) -> str:
    """Return what the operating system's error means, as a sentence."""
    known = _REASONS.get(error.errno or 0)
    if known is None and isinstance(error, ConnectionError):
        known = _REASONS[errno.ECONNRESET]
    return known.format(host=host) if known else f"the connection to {host} failed ({error.strerror or error})"


def _in_turn(addresses: Sequence[str]) -> Sequence[str]:
    """Return the addresses, the families alternating and the resolver's first choice first (RFC 8305 §4)."""
    if len(addresses) == 1:
        return addresses
    six = [address for address in addresses if ":" in address]
    four = [address for address in addresses if ":" not in address]
    pairs = zip_longest(six, four) if ":" in addresses[0] else zip_longest(four, six)
    return [address for address in chain.from_iterable(pairs) if address is not None][:_TRIED]


async def _first(addresses: Sequence[str], port: int) -> socket.socket:
    """Return a socket to the address that answers first, each one started a little after the one before."""
    if len(addresses) == 1:
        return await _open(addresses[0], port)
    attempts: list[asyncio.Task[socket.socket]] = []
    running: set[asyncio.Task[socket.socket]] = set()
    winner: asyncio.Task[socket.socket] | None = None
    try:
        while winner is None and (running or len(attempts) < len(addresses)):
            if len(attempts) < len(addresses):
                attempts.append(asyncio.create_task(_open(addresses[len(attempts)], port)))
                running.add(attempts[-1])
            more = len(attempts) < len(addresses)
            done, running = await asyncio.wait(
                running, timeout=_HEAD_START if more else None, return_when=asyncio.FIRST_COMPLETED
            )
            winner = next((task for task in done if task.exception() is None), None)
    finally:
        await _drop([task for task in attempts if task is not winner])
    return (winner or attempts[0]).result()


async def _drop(attempts: Sequence[asyncio.Task[socket.socket]]) -> None:
    for attempt in attempts:
        attempt.cancel()
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(outcome, socket.socket):
            outcome.close()


async def _open(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock
