"""Bytes kept ready in memory, the least lately used of them given up where they become too many."""

from collections import OrderedDict
from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A whole body in one coding, with the headers that it is sent with. `tag` names the content it was made from."""

    tag: bytes
    headers: Headers
    data: bytes


class Shelf:
    """Bodies by path and coding, no more than `limit` bytes of them together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bodies: OrderedDict[tuple[str, str], Body] = OrderedDict()
        self.size = 0

    def get(self, path: str, coding: str) -> Body | None:
        """Return what is kept, or None."""
        body = self._bodies.get((path, coding))
        if body is not None:
            self._bodies.move_to_end((path, coding))
        return body

    def put(self, path: str, coding: str, body: Body) -> None:
        """Keep a body in the place of the one that was there."""
        self._remove((path, coding))
        self._bodies[path, coding] = body
        self.size += len(body.data)
        while self.size > self._limit:
            self._remove(next(iter(self._bodies)))

    def clear(self) -> None:
        """Give all up."""
        self._bodies.clear()
        self.size = 0

    def _remove(self, key: tuple[str, str]) -> None:
        old = self._bodies.pop(key, None)
        if old is not None:
            self.size -= len(old.data)
