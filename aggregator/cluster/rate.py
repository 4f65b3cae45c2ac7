"""How many a second, of late."""

from collections import deque

_SECONDS = 30.0


class Rate:
    """Counts what happens; `total` is all of it."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()
        self._began: float | None = None
        self.total = 0

    def add(self, count: int, now: float) -> None:
        """Count so many more; `now` in seconds of any clock that does not go back."""
        self._began = now if self._began is None else self._began
        self.total += count
        self._counts.append((now, count))

    def per_second(self, now: float) -> float:
        """Return how many there were a second during the last half minute, to a tenth."""
        while self._counts and self._counts[0][0] < now - _SECONDS:
            self._counts.popleft()
        if self._began is None:
            return 0.0
        seconds = min(max(now - self._began, 1.0), _SECONDS)
        return round(sum(count for _, count in self._counts) / seconds, 1)
