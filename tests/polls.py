"""Polls of a fake web, as the tests write them."""

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace

from clusters import somewhere
from fakeweb import FakeWeb

from aggregator.digest import digest
from aggregator.model import Fetched, NotModified, PollJob, Response
from aggregator.polling.poller import Outcome, poll_many, poll_one
from aggregator.polling.transport import Transport
from aggregator.polling.web import PollSettings, open_web


async def everywhere(host: str) -> Sequence[str]:
    """Resolve every name to loopback, where the fake web is."""
    return ("127.0.0.1",)


def transport(tls: ssl.SSLContext | None = None) -> Transport:
    """A transport to which every name is the fake web."""
    return Transport(allow_private=True, resolve=everywhere, tls=tls)


AT_ONCE = PollSettings(host_delay=0)


def visit(job: PollJob, times: int = 1, settings: PollSettings = AT_ONCE) -> list[Response]:
    """Poll so many times, each with what the one before left, as the store would hand it on."""
    return somewhere(_visit, job, times, settings)


def _visit(job: PollJob, times: int, settings: PollSettings) -> list[Response]:
    async def go() -> list[Response]:
        responses: list[Response] = []
        following = job
        async with open_web(settings, transport()) as web:
            for _ in range(times):
                responses.append(await poll_one(web, following))
                following = after(following, responses[-1])
        return responses

    return asyncio.run(go())


def after(job: PollJob, response: Response) -> PollJob:
    """The job of the next poll: validators and digest replaced by a good one's, kept after any other."""
    if isinstance(response, Fetched):
        return replace(job, validators=response.validators, body_digest=digest(response.body))
    return replace(job, validators=response.validators) if isinstance(response, NotModified) else job


def visit_all(jobs: Iterable[PollJob], settings: PollSettings) -> list[Outcome]:
    """Poll them all at once and return the outcomes in the order in which they came."""
    return somewhere(_visit_all, list(jobs), settings)


def _visit_all(jobs: list[PollJob], settings: PollSettings) -> list[Outcome]:
    async def go() -> list[Outcome]:
        async with open_web(settings, transport()) as web, aclosing(poll_many(web, jobs)) as outcomes:
            return [outcome async for outcome in outcomes]

    return asyncio.run(go())


def feed(web: FakeWeb, path: str = "/feed", host: str = "127.0.0.1", **job: object) -> PollJob:
    """A job for a path of the fake web."""
    return PollJob("source", web.url(path, host), **job)  # type: ignore[arg-type]  # keywords of PollJob
