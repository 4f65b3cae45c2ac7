"""Whether a site's robots.txt lets us look at a page of it (RFC 9309). The only module that imports protego.

A feed that is subscribed to is not asked about: whoever publishes a feed wants it polled. Pages are.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from aggregator.model import Failed, Fetched, PollJob, Postponed
from aggregator.polling.poller import poll_one
from aggregator.polling.web import Web

if TYPE_CHECKING:
    from protego import Protego

_MAX_BYTES = 512_000  # RFC 9309 section 2.5 wants as much to be read
_TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a page may not be looked at, as a sentence for a person.

    `for_now` is true where its host asked to be left alone for a while: what its robots.txt says is not known.
    """

    reason: str
    for_now: bool = False


class Robots:
    """The robots.txt of every site that was looked at, each asked for once."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._name = web.user_agent.partition("/")[0]
        self._rules: dict[str, Protego | Refusal] = {}

    async def refusal(self, url: str) -> Refusal | None:
        """Return why the page at `url` may not be looked at, or None where it may."""
        parts = urlsplit(url)
        origin = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        if origin not in self._rules:
            self._rules[origin] = await self._ask(f"{origin}/robots.txt")
        rules = self._rules[origin]
        if isinstance(rules, Refusal):
            return rules
        is_open = rules.can_fetch(url, self._name)
        return None if is_open else Refusal("robots.txt asks programs not to look at this page")

    async def _ask(self, url: str) -> "Protego | Refusal":
        """The rules; or why nothing may be looked at, which section 2.3.1.4 wants for a site in trouble."""
        answer = await poll_one(self._web, PollJob("robots.txt", url, timeout=_TIMEOUT, max_bytes=_MAX_BYTES))
        from protego import Protego

        match answer:
            case Fetched(body=body):
                return Protego.parse(body.decode("utf-8-sig", "replace"))
            case Postponed(reason=reason):
                return Refusal(reason, for_now=True)
            case Failed(reason=reason, status=None):
                return Refusal(reason)
            case Failed(reason=reason, status=int(status)) if status < 300 or status >= 500 or status == 429:
                return Refusal(f"robots.txt could not be had: {reason}", for_now=status == 429)
            case _:
                return Protego.parse("")
