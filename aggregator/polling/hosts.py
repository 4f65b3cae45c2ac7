"""Who may talk to which host when: one request in flight per host, a delay between starts, pauses, and a limit for all.

It knows names and times only; nothing here sends anything. A host that waits costs an entry in a heap, not a task.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

PATIENCE = 5.0  # seconds: a host that asks for a longer pause is not waited for within a run
LONGEST_PAUSE = 3600.0  # seconds: one URL may be told to wait for days, and its neighbours did nothing wrong
_PAUSE = 60.0  # seconds: where a server that answers 429 does not say for how long


class PausedError(Exception):
    """The host asked, by a 429 to another poll, not to be asked anything for so many `seconds` more."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"paused for {seconds:.0f} s")
        self.seconds = seconds


@dataclass(slots=True, eq=False)
class Ticket:
    """A place in a host's queue: one of the two is called, once, unless the ticket is cancelled; it must not block.

    `granted` is given a turn that must be released, `paused` the seconds for which the host wants to be left alone.
    """

    host: str
    granted: Callable[["Ticket", "Turn"], None]
    paused: Callable[["Ticket", float], None]


@dataclass(slots=True, eq=False)
class _Host:
    waiting: deque[Ticket] = field(default_factory=deque)
    ready_at: float = 0.0
    paused_until: float = 0.0
    busy: bool = False
    queued: bool = False


class Hosts:
    """The queues of all hosts. Times are monotonic, as the event loop's; hosts are told apart by name alone."""

    def __init__(self, delay: float = 1.0, slots: int = 64) -> None:
        """`delay` seconds between two starts on a host, `slots` turns at once over all hosts."""
        self._delay = delay
        self._slots = slots
        self._hosts: dict[str, _Host] = {}
        self._due: list[tuple[float, int, str]] = []  # when a host may next be asked; each queued host once
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None
        self._crowd = 0
        self._enough = slots * 4
        self.room = asyncio.Event()  # set while so few hosts wait that more work should be brought
        self.room.set()

    def join(self, ticket: Ticket, *, first: bool = False) -> None:
        """Join the queue of the ticket's host, at its head where `first`; it may be called before this returns."""
        entry = self._hosts.setdefault(ticket.host, _Host())
        rest = entry.paused_until - monotonic()
        if rest > PATIENCE:
            ticket.paused(ticket, rest)
            return
        if not entry.waiting:
            self._count(1)
        (entry.waiting.appendleft if first else entry.waiting.append)(ticket)
        self._queue(ticket.host, entry)
        self._pump()

    def cancel(self, ticket: Ticket) -> None:
        """Leave the queue; nothing happens where the ticket was called already."""
        entry = self._hosts.get(ticket.host)
        if entry is not None and ticket in entry.waiting:
            entry.waiting.remove(ticket)
            if not entry.waiting:
                self._count(-1)

    async def turn(self, host: str) -> "Turn":
        """Wait for a turn at `host`. Raises PausedError."""
        turn = Turn(self, "")
        await turn.move_to(host)
        return turn

    def pause(self, host: str, seconds: float) -> None:
        """Leave the host alone for so long (an hour at most); those who wait for it are told, if it is long."""
        entry = self._hosts.setdefault(host, _Host())
        entry.paused_until = max(entry.paused_until, monotonic() + min(seconds, LONGEST_PAUSE))
        entry.ready_at = max(entry.ready_at, entry.paused_until)
        self._queue(host, entry)
        rest = entry.paused_until - monotonic()
        if rest > PATIENCE and entry.waiting:
            told, entry.waiting = entry.waiting, deque()
            self._count(-1)
            for ticket in told:
                ticket.paused(ticket, rest)

    def leave(self, host: str, *, just_now: bool = False) -> None:
        """Say that the request to `host` is over (see Turn.leave and Turn.hand_back)."""
        entry = self._hosts[host]
        entry.busy = False
        if just_now:
            entry.ready_at = max(entry.ready_at, monotonic() + self._delay)
        self._queue(host, entry)
        self._pump()

    def free(self) -> None:
        """Give a slot back (see Turn.release)."""
        self._slots += 1
        self._pump()

    def pauses(self) -> dict[str, float]:
        """Return the hosts that are paused, each with the seconds that are left."""
        now = monotonic()
        return {host: entry.paused_until - now for host, entry in self._hosts.items() if entry.paused_until > now}

    @property
    def known(self) -> int:
        """How many hosts are remembered: those asked, waited for or paused, and those asked within the last delay."""
        return len(self._hosts)

    def _queue(self, host: str, entry: _Host) -> None:
        if not entry.busy and not entry.queued:
            entry.queued = True
            self._number += 1
            heapq.heappush(self._due, (max(entry.ready_at, monotonic()), self._number, host))

    def _pump(self) -> None:
        now = monotonic()
        while self._slots and self._due and self._due[0][0] <= now:
            _, _, host = heapq.heappop(self._due)
            entry = self._hosts[host]
            entry.queued = False
            if entry.ready_at > now:
                self._queue(host, entry)
            elif entry.waiting:
                self._start(host, entry, now)
            else:
                del self._hosts[host]
        self._wake_at(self._due[0][0] if self._slots and self._due else None)

    def _start(self, host: str, entry: _Host, now: float) -> None:
        ticket = entry.waiting.popleft()
        if not entry.waiting:
            self._count(-1)
        entry.busy = True
        entry.ready_at = now + self._delay
        self._slots -= 1
        ticket.granted(ticket, Turn(self, host))

    def _wake_at(self, when: float | None) -> None:
        if self._timer is not None:
            if when == self._timer.when():
                return
            self._timer.cancel()
            self._timer = None
        if when is not None:
            self._timer = asyncio.get_running_loop().call_at(when, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self._pump()

    def _count(self, change: int) -> None:
        self._crowd += change
        if self._crowd < self._enough:
            self.room.set()
        else:
            self.room.clear()


class Turn:
    """The right to send one request to `host`; it holds one of the slots. `waited` seconds were spent between turns."""

    def __init__(self, hosts: Hosts, host: str) -> None:
        """Hold `host` already, or nothing where it is ""."""
        self.hosts = hosts
        self.host = host
        self.waited = 0.0
        self._slot = bool(host)

    async def move_to(self, host: str) -> None:
        """Give this turn back and wait for one at `host`: the next hop of a redirect. Raises PausedError."""
        self.release()
        loop = asyncio.get_running_loop()
        began = loop.time()
        mine: asyncio.Future[Turn] = loop.create_future()

        def granted(_: Ticket, turn: Turn) -> None:
            if mine.done():  # the waiting task was cancelled and has not yet run
                turn.release()
            else:
                mine.set_result(turn)

        def paused(_: Ticket, seconds: float) -> None:
            if not mine.done():
                mine.set_exception(PausedError(seconds))

        ticket = Ticket(host, granted, paused)
        self.hosts.join(ticket, first=True)
        try:
            turn = await mine
        except asyncio.CancelledError:
            self.hosts.cancel(ticket)
            if mine.done() and not mine.cancelled() and mine.exception() is None:
                mine.result().release()
            raise
        finally:
            self.waited += loop.time() - began
        self.host, self._slot = turn.host, True

    def pause(self, seconds: float | None) -> None:
        """Let nobody else ask this host anything for so long; a minute where it did not say."""
        self.hosts.pause(self.host, _PAUSE if seconds is None else seconds)

    def leave(self) -> None:
        """Let others talk to the host while the slot is kept: for as long as a body waits to be taken."""
        if self.host:
            host, self.host = self.host, ""
            self.hosts.leave(host)

    def keep_host(self) -> None:
        """Give the slot back, a moment later: the host will be asked by another process, which has slots of its own."""
        if self._slot:
            self._slot = False
            asyncio.get_running_loop().call_soon(self.hosts.free)

    def hand_back(self) -> None:
        """Release it after another process has asked the host: nobody here knows when last, so the delay begins now."""
        host, self.host = self.host, ""
        self.hosts.leave(host, just_now=True)
        self.release()

    def release(self) -> None:
        """Give host and slot back; a second time does nothing."""
        self.leave()
        if self._slot:
            self._slot = False
            self.hosts.free()
