"""`fetch` with its pulse taken: a task of ours in its event loop measures for how long nothing else could run in it.

    python tests/pulse.py feeds.toml told.json

It imports no more than the command itself does, so that what it takes of memory is the command's.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

_LOOK = 0.005  # seconds


class Pulse:
    """For how long, at the most, the event loop did not come round, less what its thread waited for a processor.

    `busy` is what of it the loop's own thread was at work: that is the same however much else the machine has to do.
    """

    def __init__(self) -> None:
        self.held_up = self.busy = 0.0

    async def take(self) -> None:
        """Look every few milliseconds."""
        loop = asyncio.get_running_loop()
        schedule = Path(f"/proc/self/task/{os.getpid()}/schedstat")  # the loop is in the main thread
        while True:
            began, waited, worked = loop.time(), _waited(schedule), time.thread_time()
            await asyncio.sleep(_LOOK)
            late = loop.time() - began - _LOOK
            self.busy = max(self.busy, time.thread_time() - worked)
            self.held_up = max(self.held_up, late - (_waited(schedule) - waited))


def _waited(schedule: Path) -> float:
    """The seconds for which a thread could have run and was not let: other programs' load is not ours."""
    return int(schedule.read_text().split()[1]) / 1e9


def fetch(feeds_toml: str, told: str) -> int:
    """Run `fetch` in this process; a task of ours goes in the same loop, and writes down what it saw."""
    from aggregator.cli import run

    pulse, plain = Pulse(), asyncio.run

    def beside(main: Coroutine[Any, Any, Any]) -> Any:
        async def both() -> Any:
            heart = asyncio.create_task(pulse.take())
            try:
                return await main
            finally:
                heart.cancel()

        return plain(both())

    asyncio.run = beside  # type: ignore[assignment]  # the same, with our task in it
    code = run(["--config", feeds_toml, "-q", "fetch"])
    Path(told).write_text(json.dumps([pulse.held_up, pulse.busy]))
    return code


if __name__ == "__main__":
    sys.exit(fetch(*sys.argv[1:]))
