"""A few jobs at fixed intervals, in UTC. The only module that imports APScheduler, version 3.

The schedule of the sources is not here: that is `next_poll` in the database, and one of these jobs looks at it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

Job = Callable[[], Awaitable[None]]

_LOOK = 5.0  # seconds
_SLACK = timedelta(seconds=2)


class Schedule:
    """Jobs by name, each with its seconds between two starts; the first comes at once. Started within a running loop.

    A job that is still running is not started again, and one that was missed is started once. Jobs raise nothing.
    """

    def __init__(self, jobs: Mapping[str, tuple[float, Job]]) -> None:
        # It would say at each tick that a job which takes longer than its interval is not started twice: that is meant.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        now = datetime.now(UTC)
        for name, (seconds, job) in jobs.items():
            self._scheduler.add_job(job, "interval", seconds=seconds, id=name, name=name, next_run_time=now)
        self._look: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start the jobs."""
        self._scheduler.start()
        self._look_again()

    def stop(self) -> None:
        """Start none any more; those that run are cancelled."""
        if self._look is not None:
            self._look.cancel()
        self._scheduler.shutdown(wait=False)

    def _look_again(self) -> None:
        """Bring forward what a clock that was set back has put off: by an hour, the jobs would rest for an hour."""
        self._look = asyncio.get_running_loop().call_later(_LOOK, self._look_again)
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            if job.next_run_time is not None and job.next_run_time - now > job.trigger.interval + _SLACK:
                job.modify(next_run_time=now)
