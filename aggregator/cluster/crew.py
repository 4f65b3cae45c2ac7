"""Who can poll now: stays connected to the cluster, and knows which workers there are, and what is wrong with it."""

import asyncio
from collections.abc import Callable

from aggregator.cluster.link import Link

_AGAIN = 5.0  # seconds between two attempts to connect
_STRUCK = 60.0  # seconds for which a worker that cannot poll is left alone
_ALONE = 8.0  # seconds without a worker after which polls are made at home


class Crew:
    """The workers of one cluster. Times are the running event loop's."""

    def __init__(self, address: str, changed: Callable[[], None]) -> None:
        """`changed` is called when others can poll than before."""
        self._address, self._changed = address, changed
        self._trouble = ""
        self._struck: dict[str, tuple[float, str]] = {}
        self._without_since = _now()
        self.link: Link | None = None

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self.link.workers) if self.link is not None else 0

    @property
    def is_gone(self) -> bool:
        """Whether nobody has been able to poll for so long that it is done at home."""
        return not self.able() and _now() - self._without_since >= _ALONE

    @property
    def trouble(self) -> str:
        """What is wrong, for a person; "" where nothing is."""
        now = _now()
        reasons = [reason for until, reason in self._struck.values() if until > now]
        trouble = "; ".join(filter(None, (self._trouble, *reasons[:1])))
        if self.is_gone:
            return f"{trouble or 'it has no workers'}; polls are made here meanwhile"
        return trouble

    def able(self) -> dict[str, int]:
        """Return how many batches each worker can poll at once, without those that were struck off."""
        now = _now()
        found = {} if self.link is None else self.link.workers
        able = {worker: most for worker, most in found.items() if self._struck.get(worker, (0.0, ""))[0] <= now}
        if able:
            self._without_since = now
        return able

    def strike(self, worker: str, reason: str) -> None:
        """Leave a worker alone for a while."""
        self._struck[worker] = (_now() + _STRUCK, f"the worker {worker} is left alone for a while: {reason}")

    async def keep(self) -> None:
        """Stay connected; where that fails, try again and again."""
        self._without_since = _now()
        while True:
            try:
                self.link = await Link.open(self._address)
            except Exception as error:  # noqa: BLE001 - whatever it is, polls go on at home and a person is told
                self._trouble = str(error) or type(error).__name__
            else:
                self._trouble = ""
                await self._follow(self.link)
            await asyncio.sleep(_AGAIN)

    async def close(self) -> None:
        """Let go of the cluster."""
        if self.link is not None:
            await self.link.close()

    async def _follow(self, link: Link) -> None:
        while not link.broken:
            self._changed()
            await link.changed.wait()
            link.changed.clear()
        self._trouble = link.broken
        self.link = None
        await link.close()


def _now() -> float:
    return asyncio.get_running_loop().time()
