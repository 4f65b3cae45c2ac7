"""What hubs ask and send at our callbacks, each at a path that only its hub knows (WebSub sections 5.3 and 7).

A push is answered as soon as it is there whole and is signed as it should be; what is in it is read later.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from aggregator.pipeline import subscribing
from aggregator.pipeline.engine import Engine
from aggregator.pipeline.pushing import Push
from aggregator.storage import subscriptions, times
from aggregator.websub.signature import is_signed
from aggregator.websub.subscription import Subscription

_AT_ONCE = 16  # pushes that are being received
_OF_ONE = 2  # ... of one source
_WAITING = 32  # pushes that were received and not yet read: their bodies are in memory


@dataclass(frozen=True, slots=True)
class Reply:
    """What a hub is answered; `ends` closes the connection, where the rest of the request is not wanted."""

    status: int
    text: str
    ends: bool = False


_UNKNOWN = Reply(404, "There is no such subscription.\n", ends=True)
_ENDED = Reply(410, "This subscription has ended.\n", ends=True)
_LATER = Reply(503, "Too much comes at once; please try again.\n", ends=True)


class Callbacks:
    """Answers hubs. `pushes` holds what they sent, `outcomes` counts it; nothing is taken before there is an engine."""

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.max_bytes: Mapping[str, int] = {}
        self.pushes: asyncio.Queue[Push] = asyncio.Queue()
        self.outcomes: Counter[str] = Counter()
        self._receiving: Counter[str] = Counter()

    async def confirm(self, token: str, query: Mapping[str, str]) -> Reply:
        """Answer a hub that verifies what we asked it for, or denies it."""
        if self.engine is None:
            return _LATER
        now = times.now()
        if not await self.engine.call(subscribing.confirm, token, query, now):
            return _UNKNOWN
        return Reply(200, query.get("hub.challenge", ""))

    async def receive(self, token: str, headers: Mapping[str, str], body: AsyncIterator[bytes]) -> Reply:
        """Take a push; `headers` by their lower-case names. What is too large is not read to its end."""
        if self.engine is None:
            return _LATER
        found = await self.engine.call(subscriptions.of_token, token)
        if found is None or not found.takes_pushes:
            return _ENDED if found is not None and found.state in ("ending", "ended") else _UNKNOWN
        if self._receiving.total() >= _AT_ONCE or self._receiving[token] >= _OF_ONE or self.pushes.qsize() >= _WAITING:
            return _LATER
        self._receiving[token] += 1
        try:
            reply, outcome = await self._take(found, headers, body)
        finally:
            self._receiving -= Counter((token,))
        self.outcomes[outcome] += 1
        return reply

    async def _take(
        self, found: Subscription, headers: Mapping[str, str], body: AsyncIterator[bytes]
    ) -> tuple[Reply, str]:
        signature = headers.get("x-hub-signature", "")
        if found.secret and not signature:
            return Reply(403, "It is not signed.\n", ends=True), "forged"
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            return Reply(415, "Please send it without a content coding.\n", ends=True), "refused"
        data = await _whole(body, headers.get("content-length", ""), self.max_bytes.get(found.source, 0))
        if data is None:
            return Reply(413, "It is larger than what is read of this feed.\n", ends=True), "refused"
        accepted = Reply(202, "")
        if found.secret and not await asyncio.to_thread(is_signed, found.secret, signature, data):
            return accepted, "forged"  # without a word, so that nobody learns by trying (WebSub section 7.1)
        self.pushes.put_nowait(Push(found.token, found.source, data, headers.get("content-type", "")[:200]))
        return accepted, "received"


async def _whole(body: AsyncIterator[bytes], length: str, most: int) -> bytes | None:
    """The whole of a body, or None where it is larger than `most` bytes: counted, whatever its length is said to be."""
    if length.isdecimal() and int(length) > most:
        return None
    pieces, size = [], 0
    async for piece in body:
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return b"".join(pieces)
