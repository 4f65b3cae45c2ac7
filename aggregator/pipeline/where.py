"""Where sources are polled: here, in this process, or wherever a command says. What a poll is, batch.py knows."""

from collections.abc import Callable
from dataclasses import dataclass

from aggregator.config.values import Config
from aggregator.pipeline.batch import Polls, poll_batch
from aggregator.polling.web import PollSettings


@dataclass(frozen=True, slots=True)
class Standing:
    """How a cluster is doing: `polls` those it made in all, `per_second` of late; `trouble` "" where all is well."""

    address: str
    workers: int = 0
    batches: int = 0
    polls: int = 0
    per_second: float = 0.0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """What polls, as feeds.toml has it, and how that is doing; None where there is no more to it than this process."""

    polls: Callable[[Config], Polls]
    standing: Callable[[], Standing | None]


HERE = Where(lambda _: poll_batch, lambda: None)


def poll_settings(config: Config) -> PollSettings:
    """Return what of feeds.toml holds for all polls, wherever they are made."""
    polling = config.polling
    return PollSettings(
        concurrency=polling.concurrency,
        host_delay=polling.host_delay.total_seconds(),
        allow_private=polling.allow_private,
        contact=config.site.contact,
    )
