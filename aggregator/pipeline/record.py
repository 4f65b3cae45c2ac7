"""What a poll brought, into the database: items, validators and schedule stand or fall in one transaction.

What takes items in is imported with the first of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.model import (
    Answer,
    Failed,
    FeedInfo,
    Fetched,
    Gone,
    NotModified,
    Postponed,
    Reading,
    Response,
    Validators,
)
from aggregator.pipeline.batch import Outcome
from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.own import REFUSAL, is_own
from aggregator.pipeline.routing import Router
from aggregator.polling import cadence
from aggregator.polling.cadence import History, Wish
from aggregator.polling.moves import Move, after_failure, after_poll
from aggregator.storage import polled, subscriptions, topics
from aggregator.storage import sources as store
from aggregator.storage.files import save_files, unreadable_files
from aggregator.storage.polled import Logged, Together
from aggregator.storage.sources import SourceState
from aggregator.websub.discovery import discover
from aggregator.websub.subscription import trust_after

if TYPE_CHECKING:
    from aggregator.pipeline.marks import Marks
    from aggregator.pipeline.seeds import SeedReading


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one source's poll, for the summary; `error` is "" where all went well.

    `postponed` says why it was not made, "" where it was.
    `hub_changed` is true where it is to be subscribed to at another hub than before, or at none.
    """

    source: str
    state: str
    status: int | None
    took: Ingested
    milliseconds: int
    next_poll: datetime
    error: str = ""
    warnings: tuple[str, ...] = ()
    postponed: str = ""
    hub_changed: bool = False


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes what polls brought. Its methods are called inside a transaction.

    Where `together` is given, polls that found nothing new are added to it instead.
    """

    db: Database
    config: Config
    router: Router
    together: Together | None = None

    def record(self, outcome: Outcome, state: SourceState, chance: float) -> Result:
        """Write one poll of a feed; `chance` (0 to 1) spreads the next ones."""
        source = self.config.sources[state.name]
        outcome = _without_own(outcome, self.config)
        if isinstance(outcome.response, Postponed):
            return self._postpone(source, state, outcome.response, outcome.at, chance)
        took = Ingested()
        if outcome.reading is not None:
            took = self._take(source, outcome.reading, outcome.marks, outcome.at, first=state.last_polled is None)
        history = _history(state, outcome, took)
        kept = _as_kept(outcome.response, outcome.reading)
        when, why = self._next_poll(source, kept, outcome, state, history, took.new + took.folded, chance)
        if outcome.shared_with:
            why += f"; asked once for {', '.join(outcome.shared_with)} as well"
        error = _error(outcome.response)
        columns = {
            **_schedule(outcome, history, when, why),
            **_state(outcome.response, error),
            **_contents(outcome, state),
            "claimed_by": None,
        }
        status = outcome.response.status
        logged = Logged(state.name, outcome.at, status, outcome.milliseconds, outcome.size, took.new, error or None)
        if self.together is not None and isinstance(outcome.response, NotModified):
            self.together.add(columns, logged)
        else:
            # At a first poll every topic that its items are in has changed anyway.
            known = outcome.reading is not None and state.last_polled is not None
            before = store.named_as(self.db, state.name) if known else None
            polled.write(self.db, columns, logged)
            if before is not None and store.named_as(self.db, state.name) != before:
                topics.touch_topics_of_source(self.db, state.name, outcome.at)
        warnings = outcome.reading.warnings if outcome.reading else ()
        return Result(
            state.name, str(columns["state"]), status, took, outcome.milliseconds, when, error, warnings,
            hub_changed=_hub_changed(columns, state),
        )  # fmt: skip

    def _take(self, source: Source, reading: Reading, marks: "Marks", at: datetime, *, first: bool = False) -> Ingested:
        from aggregator.pipeline.ingest import Ingest

        return Ingest(self.db, self.config, self.router, at).take(source, reading, marks, first=first)

    def _next_poll(
        self,
        source: Source,
        kept: Answer,
        outcome: Outcome,
        state: SourceState,
        history: History,
        new: int,
        chance: float,
    ) -> tuple[datetime, str]:
        """When to come again and why; once a day is enough where a hub tells of what is new."""
        rhythm, at = outcome.reading.feed.rhythm if outcome.reading else state.rhythm, outcome.at
        first = state.last_polled is None
        usual = cadence.next_poll(kept, history, Wish(source.every), at, chance, rhythm, first=first)
        subscription = subscriptions.of_source(self.db, source.name) if state.subscribed else None
        if subscription is None:
            return usual
        trust = trust_after(subscription, state.last_polled, new, at)
        otherwise = usual[0] if trust.live else None
        subscriptions.update(self.db, subscription.token, {"missed": trust.missed, "otherwise": otherwise})
        wish = Wish(source.every, pushed=trust.live)
        return cadence.next_poll(kept, history, wish, at, chance, rhythm, first=first)

    def _postpone(self, source: Source, state: SourceState, response: Postponed, at: datetime, chance: float) -> Result:
        """Write that a poll was not made: nothing is known but when to come again, which is not sooner than it was."""
        when, why = cadence.postponed(response, Wish(source.every), at, chance)
        columns: dict[str, object] = {"not_before": cadence.not_before(response, at), "claimed_by": None}
        if state.next_poll is None or state.next_poll < when:
            columns |= {"next_poll": when, "next_poll_reason": why}
        store.update(self.db, state.name, columns)
        return Result(state.name, state.state, None, Ingested(), 0, when, postponed=why)

    def record_files(
        self, source: Source, read: "SeedReading", present: int, at: datetime, milliseconds: int
    ) -> Result:
        """Write one visit to a path source. What could be read is taken; the rest is named."""
        took = self._take(source, read.reading, read.marks, at)
        save_files(self.db, source.name, read.files, read.renamed)
        unreadable = unreadable_files(self.db, source.name)
        error = "; ".join(f"{path}: {reason}" for path, reason in unreadable.items())
        failed = bool(unreadable) and len(unreadable) >= present
        return self._files_done(source, at, milliseconds, took, error, failed=failed)

    def record_no_files(self, source: Source, reason: str, at: datetime) -> Result:
        """Write a visit to a path source that is not there."""
        return self._files_done(source, at, 0, Ingested(), reason, failed=True)

    def _files_done(
        self, source: Source, at: datetime, milliseconds: int, took: Ingested, error: str, *, failed: bool
    ) -> Result:
        state = "failing" if failed else "ok"
        columns = {
            "state": state,
            "last_polled": at,
            "next_poll": at + source.every,
            "next_poll_reason": "files are looked at this often",
            "last_error": error or None,
            "failures": int(failed),
            "title": source.title,
            "format": "files",
            "claimed_by": None,
        }
        polled.write(self.db, columns, Logged(source.name, at, None, milliseconds, 0, took.new, error or None))
        warnings = (error,) if error and not failed else ()
        return Result(
            source.name, state, None, took, milliseconds, at + source.every, error if failed else "", warnings
        )


def _without_own(outcome: Outcome, config: Config) -> Outcome:
    """The outcome, as a failure where the source turns out to be what we publish ourselves."""
    response = outcome.response
    if not isinstance(response, Fetched) or not outcome.reading:
        return outcome
    if not is_own(config, outcome.reading.feed, response.url, outcome.job.configured_url):
        return outcome
    return replace(outcome, response=Failed(REFUSAL, response.status, response.caching), reading=None)


def _as_kept(response: Answer, reading: Reading | None) -> Answer:
    """The answer as the next poll builds on it: of a body that broke off no validators, they would hide its rest."""
    if isinstance(response, Fetched) and reading and not reading.complete:
        return replace(response, validators=Validators())
    return response


def _history(state: SourceState, outcome: Outcome, took: Ingested) -> History:
    before = History(state.failures, state.failing_since, state.last_new, state.gap)
    if isinstance(outcome.response, Failed | Gone):
        return cadence.remember_failure(before, outcome.at)
    items = outcome.reading.items if outcome.reading else ()
    dates = [item.published for item in items if item.published]
    return cadence.remember_success(before, outcome.at, took.new + took.folded, dates)


def _schedule(outcome: Outcome, history: History, when: datetime, why: str) -> dict[str, object]:
    return {
        "last_polled": outcome.at,
        "next_poll": when,
        "next_poll_reason": why,
        "not_before": cadence.not_before(outcome.response, outcome.at),
        "failures": history.failures,
        "failing_since": history.failing_since,
        "last_new": history.last_new,
        "gap": history.gap.total_seconds(),
    }


def _error(response: Response) -> str:
    if isinstance(response, Gone):
        return f"the server says that the feed is gone for good ({response.status})"
    return response.reason if isinstance(response, Failed) else ""


def _state(response: Response, error: str) -> dict[str, object]:
    state = "gone" if isinstance(response, Gone) else "failing" if error else "ok"
    return {"state": state, "last_status": response.status, "last_error": error or None}


def _contents(outcome: Outcome, state: SourceState) -> dict[str, object]:
    """What is known of the feed from now on."""
    response = outcome.response
    if isinstance(response, NotModified):
        hub = _hub(response.link, response.validators.url, FeedInfo(self_url=state.hub_topic)) if response.link else {}
        return {
            **hub,
            **_validators(response.validators),
            **_move(state, response.moved_to, outcome.at),
        }
    if not isinstance(response, Fetched) or outcome.reading is None:
        return _columns(after_failure(_move_before(state)))
    feed = outcome.reading.feed
    described = {**store.describe(feed), "hub": "", "hub_topic": "", **_hub(response.link, response.url, feed)}
    if not outcome.reading.complete:
        return {**described, **_columns(after_failure(_move_before(state)))}
    return {
        **described,
        **_validators(response.validators),
        **_move(state, response.moved_to, outcome.at),
        "body_digest": response.digest,
        "known": b"".join(sorted(outcome.reading.digests)),
    }


def _hub(link: str, url: str, feed: FeedInfo) -> dict[str, object]:
    """What is known of the hub from now on; a document that has not changed names the one that it named."""
    hub, topic = discover(link, url, feed)
    return {"hub": hub, "hub_topic": topic} if hub else {}


def _hub_changed(columns: Mapping[str, object], state: SourceState) -> bool:
    before = (("hub", state.hub), ("hub_topic", state.hub_topic))
    return columns["state"] == "gone" or any(columns.get(name, known) != known for name, known in before)


def _validators(validators: Validators) -> dict[str, object]:
    return {
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "validators_url": validators.url,
    }


def _move(state: SourceState, moved_to: str, now: datetime) -> dict[str, object]:
    return _columns(after_poll(_move_before(state), moved_to, now))


def _move_before(state: SourceState) -> Move:
    return Move(state.poll_url, state.moved_to, state.moved_since, state.moved_polls)


def _columns(move: Move) -> dict[str, object]:
    return {
        "poll_url": move.poll_url,
        "moved_to": move.moved_to,
        "moved_since": move.since,
        "moved_polls": move.polls,
    }
