"""Which sources may be asked next: those whose hosts nobody asks now. The queues are polling's; this groups the jobs.

A batch holds the turns at its hosts (see polling/hosts.py) until it is back, whoever polls it. So no two batches share
a host, nor does a batch share one with a poll that is made here.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aggregator.model import PollJob
from aggregator.pipeline.batch import Outcome
from aggregator.polling.hosts import Hosts, Ticket, Turn
from aggregator.polling.http import host_of


@dataclass(frozen=True, slots=True)
class Taken:
    """Jobs that may be polled at once, and the turns at all their hosts."""

    jobs: tuple[PollJob, ...]
    turns: tuple[Turn, ...]


class Flight:
    """What is still out of a batch: jobs by their source, and the turns at the hosts that those may be asking."""

    def __init__(self, taken: Taken) -> None:
        self.jobs = {job.source: job for job in taken.jobs}
        self.turns = {turn.host: turn for turn in taken.turns}

    def land(self, outcomes: Iterable[Outcome]) -> list[Turn]:
        """Take note of outcomes, and return the turns that are not needed any more."""
        for outcome in outcomes:
            del self.jobs[outcome.job.source]
        needed = {host for job in self.jobs.values() for host in hosts_of(job)}
        return [self.turns.pop(host) for host in [*self.turns] if host not in needed]


@dataclass(slots=True, eq=False)
class _Group:
    """Jobs that ask the same hosts, with the turns that are theirs already, and the place in the next one's queue."""

    hosts: tuple[str, ...]
    jobs: deque[PollJob] = field(default_factory=deque)
    turns: list[Turn] = field(default_factory=list)
    ticket: Ticket | None = None


class Plan:
    """The jobs that wait. Turns are taken in the order of the hosts' names: no two groups wait for each other."""

    def __init__(self, hosts: Hosts, most: int, ready: Callable[[], None], paused: Callable[[PollJob], None]) -> None:
        """At `most` so many jobs of a host are taken at once. `ready` is called when there is something to take.

        `paused` is given each job whose host does not want to be asked for some time.
        """
        self._hosts, self._most, self._on_ready, self._on_paused = hosts, most, ready, paused
        self._groups: dict[tuple[str, ...], _Group] = {}
        self._ready: deque[_Group] = deque()
        self._waiting = 0

    def __len__(self) -> int:
        """How many jobs wait, for their hosts or to be taken."""
        return self._waiting

    @property
    def ready(self) -> int:
        """How many hosts could be asked now."""
        return len(self._ready)

    def add(self, job: PollJob) -> None:
        """Have it polled when its hosts can be asked."""
        hosts = hosts_of(job)
        group = self._groups.get(hosts)
        self._waiting += 1
        if group is not None:
            group.jobs.append(job)
            return
        self._groups[hosts] = group = _Group(hosts, deque([job]))
        self._ask(group)

    def take(self, most: int) -> Taken:
        """Take about so many jobs of those that are ready, in the order in which they became so."""
        jobs: list[PollJob] = []
        turns: list[Turn] = []
        while self._ready and len(jobs) < most:
            group = self._ready.popleft()
            jobs += [group.jobs.popleft() for _ in range(min(len(group.jobs), self._most))]
            turns += group.turns
            group.turns = []
            self._go_on(group)
        self._waiting -= len(jobs)
        return Taken(tuple(jobs), tuple(turns))

    def clear(self) -> None:
        """Forget all jobs and give their turns back."""
        groups = [*self._groups.values()]
        self._groups.clear()
        self._ready.clear()
        self._waiting = 0
        for group in groups:
            group.jobs.clear()
            if group.ticket is not None:
                self._hosts.cancel(group.ticket)
        for group in groups:
            _release(group)

    def _ask(self, group: _Group) -> None:
        group.ticket = Ticket(
            group.hosts[len(group.turns)],
            lambda _, turn: self._granted(group, turn),
            lambda _ticket, _seconds: self._paused(group),
        )
        self._hosts.join(group.ticket)

    def _granted(self, group: _Group, turn: Turn) -> None:
        group.ticket = None
        turn.keep_host()
        group.turns.append(turn)
        if len(group.turns) < len(group.hosts):
            self._ask(group)
        else:
            self._ready.append(group)
            self._on_ready()

    def _paused(self, group: _Group) -> None:
        group.ticket = None
        _release(group)
        jobs, group.jobs = group.jobs, deque()
        self._waiting -= len(jobs)
        del self._groups[group.hosts]
        for job in jobs:
            self._on_paused(job)

    def _go_on(self, group: _Group) -> None:
        if group.jobs:
            self._ask(group)
        else:
            del self._groups[group.hosts]


def hosts_of(job: PollJob) -> tuple[str, ...]:
    """Return the hosts that a poll will ask, as far as that is known: its own, and where the last one was led to."""
    return tuple(sorted({host_of(job.url) or job.source, *_known_target(job)}))


def hand_back(turns: Iterable[Turn]) -> None:
    """Give turns back that a worker has used."""
    for turn in turns:
        turn.hand_back()


def _known_target(job: PollJob) -> Iterable[str]:
    target = job.validators.url and host_of(job.validators.url)
    return (target,) if target else ()


def _release(group: _Group) -> None:
    turns, group.turns = group.turns, []
    for turn in turns:
        turn.release()
