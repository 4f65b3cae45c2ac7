"""How the server is doing: what it counts, whether it is well, and both as text for `/healthz` and `/metrics`.

The text is Prometheus's exposition format 0.0.4; docs/serving.md says what each figure means.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.record import Result
from aggregator.pipeline.where import Standing
from aggregator.publishing.links import without_addresses
from aggregator.storage.figures import Figures
from aggregator.websub.subscription import STANDING

STALLED = 60.0  # seconds without a tick, which comes twice a second
_GRAVE = ("polling", "database")  # troubles with which there is no use in going on asking this server

Sample = tuple[Mapping[str, str], float]
Family = tuple[str, str, str, list[Sample]]


@dataclass(slots=True)
class Vitals:
    """What a server has seen since its start; times are epoch seconds, 0 for what has not been yet."""

    started: float
    ticked: float = 0.0
    polls: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    published_at: float = 0.0
    files_written: int = 0
    files_refused: int = 0

    def note(self, result: Result) -> None:
        """Count a poll; one that was postponed is none."""
        if result.postponed:
            return
        self.polls[_outcome(result)] += 1
        self.note_items(result.took)

    def note_items(self, took: Ingested) -> None:
        """Count what a poll or a push has brought."""
        self.items["new"] += took.new
        self.items["changed"] += took.changed
        self.items["folded"] += took.folded


@dataclass(frozen=True, slots=True)
class Present:
    """What is so at this moment: answers by status, connections, polls; `figures` None where no database answers.

    `cluster` is None where polls are made in this process.
    `pushes` counts what hubs have sent, by what came of it.
    """

    now: datetime
    troubles: Mapping[str, str]
    answered: Mapping[int, int]
    connections: int
    under_way: int
    figures: Figures | None
    cluster: Standing | None = None
    pushes: Mapping[str, int] = field(default_factory=dict)


def _outcome(result: Result) -> str:
    if result.state == "gone":
        return "gone"
    if result.error:
        return "failed"
    return "not_modified" if result.status == 304 else "read"


def health(vitals: Vitals, troubles: Mapping[str, str], now: float) -> tuple[int, str]:
    """Return the status and the text of `/healthz`: "ok" or not, then a line for whatever a person should know."""
    silent = now - vitals.ticked if vitals.ticked else 0.0
    stalled = {"polling": f"the scheduler has not ticked for {silent:.0f} seconds"} if silent > STALLED else {}
    wrong = {**troubles, **stalled}
    grave = any(name in wrong for name in _GRAVE)
    lines = ["not well" if grave else "ok", *(f"{name}: {without_addresses(text)}" for name, text in wrong.items())]
    return (503 if grave else 200), "\n".join(lines) + "\n"


def metrics(vitals: Vitals, present: Present) -> str:
    """Return the text of `/metrics`."""
    lines: list[str] = []
    for name, kind, meaning, samples in (*_counted(vitals), *_present(present)):
        lines += [f"# HELP aggregator_{name} {meaning}", f"# TYPE aggregator_{name} {kind}"]
        lines += [f"aggregator_{name}{_labels(labels)} {_number(value)}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _counted(vitals: Vitals) -> Iterator[Family]:
    yield "info", "gauge", "Always 1; says which version runs.", [({"version": version("aggregator")}, 1)]
    yield "start_time_seconds", "gauge", "When the server was started.", _one(vitals.started)
    yield "last_tick_time_seconds", "gauge", "When the scheduler last ticked.", _one(vitals.ticked)
    yield "polls_total", "counter", "Polls written, by what came of them.", _by("outcome", vitals.polls, _OUTCOMES)
    yield "items_total", "counter", "Items written, by what was new in them.", _by("kind", vitals.items, _KINDS)
    yield "last_publish_time_seconds", "gauge", "When published files were last looked over.", _one(vitals.published_at)
    yield "files_written_total", "counter", "Published files whose bytes were new.", _one(vitals.files_written)
    yield "files_refused_total", "counter", "Files that did not pass our own check.", _one(vitals.files_refused)


def _present(present: Present) -> Iterator[Family]:
    statuses = {str(status): count for status, count in sorted(present.answered.items())}
    yield "http_requests_total", "counter", "Requests, by the status of their answer.", _by("status", statuses)
    yield "http_connections", "gauge", "Open connections.", _one(present.connections)
    waiting = _one(present.under_way)
    yield "polls_under_way", "gauge", "Feeds that wait for their host, an answer, or to be read.", waiting
    pushes = _by("outcome", present.pushes, _PUSHES)
    yield "pushes_total", "counter", "What hubs have sent, by what came of it.", pushes
    yield "troubles", "gauge", "How much is wrong now; /healthz says what.", _one(len(present.troubles))
    yield from _cluster(present.cluster)
    figures = present.figures
    if figures is not None:
        lag = (present.now - figures.due_since).total_seconds() if figures.due_since else 0.0
        yield "sources", "gauge", "Sources of feeds.toml, by their state.", _by("state", figures.sources)
        yield "sources_due", "gauge", "Sources that are due and that nobody polls yet.", _one(figures.due)
        yield "due_lag_seconds", "gauge", "For how long the first of them has been due.", _one(max(lag, 0.0))
        states = _by("state", figures.subscriptions, STANDING)
        yield "subscriptions", "gauge", "Subscriptions at hubs, by their state.", states
        yield "items_stored", "gauge", "Items in the database.", _one(figures.items)


def _cluster(standing: Standing | None) -> Iterator[Family]:
    if standing is not None:
        yield "cluster_workers", "gauge", "Worker processes that can poll.", _one(standing.workers)
        yield "cluster_batches", "gauge", "Batches of polls that are with workers.", _one(standing.batches)
        yield "cluster_polls_total", "counter", "Polls that workers have made.", _one(standing.polls)
        yield "cluster_polls_per_second", "gauge", "The same a second, of late.", _one(standing.per_second)


_OUTCOMES = ("read", "not_modified", "failed", "gone")
_PUSHES = ("received", "taken", "unreadable", "forged", "refused")
_KINDS = ("new", "changed", "folded")


def _one(value: float) -> list[Sample]:
    return [({}, value)]


def _by(label: str, values: Mapping[str, float], always: tuple[str, ...] = ()) -> list[Sample]:
    return [({label: name}, values.get(name, 0)) for name in dict.fromkeys((*always, *values))]


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.3f}"
