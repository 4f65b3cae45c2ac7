"""Many polls at once: hosts are paced, slow ones hold nobody up, nothing runs ahead, and all stops when told to."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
from fakeweb import HANG, FakeWeb, answer
from polls import AT_ONCE, feed, transport, visit_all

from aggregator.model import Failed, Fetched, PollJob, Postponed
from aggregator.polling.http import host_of
from aggregator.polling.poller import poll_many, poll_one
from aggregator.polling.web import PollSettings, affordable, open_web, user_agent

RSS = answer(200, b"<rss/>")
FOUR = PollSettings(concurrency=4, host_delay=0)


def pace(web: FakeWeb, host: str) -> float:
    """The mean of the seconds between the requests that a host saw; single ones differ by their ways."""
    times = [request.at for request in web.requests if request.host == host]
    return (times[-1] - times[0]) / (len(times) - 1)


def test_a_host_is_asked_one_at_a_time_and_not_too_often() -> None:
    """Rule 32: one request in flight per host, the delay between starts, other hosts meanwhile."""
    with FakeWeb({"/feed": [[0.02, RSS]]}) as web:
        jobs = [feed(web, host=f"{name}.test") for name in "aaaaabbbbbccccc"]
        began = time.monotonic()
        outcomes = visit_all(jobs, PollSettings(host_delay=0.1))
        took = time.monotonic() - began
    assert all(isinstance(response, Fetched) for _, response, _ in outcomes)
    assert set(web.most_at_once.values()) == {1}
    assert min(pace(web, host) for host in ("a.test", "b.test", "c.test")) > 0.08
    assert took < 1.4  # one host after the other would take 1.5


def test_a_slow_host_is_not_asked_twice_at_once() -> None:
    """One in flight holds where answers take longer than the delay, and where there is none."""
    with FakeWeb({"/feed": [[0.05, RSS]]}) as web:
        visit_all([feed(web, host="a.test")] * 4, PollSettings(host_delay=0.0))
    assert web.most_at_once["a.test"] == 1


def test_hops_count_for_the_host_they_go_to() -> None:
    """Rule 33: redirects to one host wait for their turns there, and one to the same host for the delay."""
    script = {"/feed": [answer(302, Location="http://c.test:{port}/new")], "/new": [RSS]}
    with FakeWeb(script) as web:
        web.script["/feed"] = [answer(302, Location=f"http://c.test:{web.port}/new")]
        visit_all([feed(web, host=f"{name}.test") for name in "abdec"], PollSettings(host_delay=0.1))
    assert len([request for request in web.requests if request.host == "c.test"]) == 6
    assert pace(web, "c.test") > 0.08
    assert web.most_at_once["c.test"] == 1


def test_the_deadline_stands_still_while_a_hop_waits() -> None:
    """A poll whose redirect leads to a busy host is not called slow, and its milliseconds are its own."""
    with FakeWeb({"/new": [RSS]}) as web:
        web.script["/feed"] = [answer(302, Location=f"http://c.test:{web.port}/new")]
        jobs = [feed(web, host=f"{name}.test", timeout=1) for name in "abde"]
        outcomes = visit_all(jobs, PollSettings(host_delay=0.4))
    assert all(isinstance(response, Fetched) for _, response, _ in outcomes), outcomes
    assert max(milliseconds for _, _, milliseconds in outcomes) < 1000


def test_many_of_one_host_hold_nobody_up() -> None:
    """Two hundred feeds of one host, first in the queue, and five hundred others: those are soon done."""
    with FakeWeb({"/feed": [RSS]}) as web:
        jobs = [feed(web, host="many.test")] * 200 + [feed(web, host=f"h{number}.test") for number in range(500)]
        outcomes = visit_all(jobs, PollSettings(concurrency=16, host_delay=0.01))
        others = [place for place, (job, _, _) in enumerate(outcomes) if "many" not in job.url]
    assert len(outcomes) == 700
    assert max(others) < 699  # the slow host was still at work when the last of the others was done
    assert others[400] < 600
    assert pace(web, "many.test") > 0.0095


def test_hanging_hosts_hold_nobody_up() -> None:
    """A waiting job holds no slot: with two slots and one hanging host of many feeds the others go on."""
    with FakeWeb({"hang.test/feed": [HANG], "/feed": [RSS]}) as web:
        jobs = [feed(web, host="hang.test", timeout=0.2)] * 5 + [feed(web, host=f"h{i}.test") for i in range(50)]
        outcomes = visit_all(jobs, PollSettings(concurrency=2, host_delay=0))
    third = [place for place, (_, response, _) in enumerate(outcomes) if isinstance(response, Failed)][2]
    assert third > 10


def test_a_429_pauses_its_host() -> None:
    """Rule 18: whoever waits for that host is told so and not asked; other hosts go on; a 503 pauses nobody."""
    busy, broken = answer(429, Retry_After="1000"), answer(503, Retry_After="1000")
    with FakeWeb({"busy.test/feed": [busy], "broken.test/feed": [broken], "/feed": [RSS]}) as web:
        jobs = [feed(web, host=f"{name}.test") for name in ["busy"] * 5 + ["broken"] * 5 + ["a", "b"]]
        outcomes = visit_all(jobs, AT_ONCE)
    told = [response for job, response, _ in outcomes if "busy" in job.url]
    postponed = [response for response in told if isinstance(response, Postponed)]
    assert len([request for request in web.requests if request.host == "busy.test"]) == 1
    assert len([request for request in web.requests if request.host == "broken.test"]) == 5
    assert [response.status for response in told if isinstance(response, Failed)] == [429]
    assert len(postponed) == 4
    assert all("not asked" in response.reason and not response.asked for response in postponed)
    assert all(990 < response.seconds <= 1001 for response in postponed)
    assert sum(isinstance(response, Fetched) for _, response, _ in outcomes) == 2


def test_a_short_pause_is_waited_for() -> None:
    """A host that asks for a moment gets it, and its feeds are polled all the same."""
    with FakeWeb({"/feed": [answer(429, Retry_After="1"), RSS]}) as web:
        outcomes = visit_all([feed(web, host="a.test")] * 2, AT_ONCE)
    assert [type(response) for _, response, _ in outcomes] == [Failed, Fetched]
    assert pace(web, "a.test") > 0.95


def test_a_redirect_to_a_paused_host_is_not_followed() -> None:
    """Rules 18, 33: the pause holds for hops, and for single polls."""

    async def go(web: FakeWeb) -> list[object]:
        async with open_web(AT_ONCE, transport()) as opened:
            return [await poll_one(opened, feed(web, path, host)) for path, host in paths]

    paths = [("/busy", "busy.test"), ("/feed", "a.test"), ("/feed", "busy.test")]
    with FakeWeb({"/busy": [answer(429)]}) as web:
        web.script["/feed"] = [answer(301, Location=f"http://busy.test:{web.port}/new")]
        responses = asyncio.run(go(web))
        assert len(web.requests) == 2
    busy, redirected, again = responses
    assert isinstance(busy, Failed)
    assert isinstance(redirected, Postponed)
    assert redirected.asked, "its own server was asked, and is not to be asked again as soon as the other is free"
    assert isinstance(again, Postponed)
    assert not again.asked


def test_nothing_runs_ahead_of_the_consumer() -> None:
    """While nobody takes the outcomes, no more bodies are fetched than there are slots."""

    async def go(web: FakeWeb) -> list[int]:
        jobs = (feed(web, host=f"h{number}.test") for number in range(40))
        seen = []
        async with open_web(FOUR, transport()) as opened, aclosing(poll_many(opened, jobs)) as outcomes:
            async for _ in outcomes:
                await asyncio.sleep(0.02)
                seen.append(len(web.requests))
        return seen

    with FakeWeb({"/feed": [RSS]}) as web:
        seen = asyncio.run(go(web))
    assert len(seen) == 40
    assert all(asked <= number + 5 for number, asked in enumerate(seen, 1))


def test_jobs_are_not_all_taken_at_once() -> None:
    """Jobs are heavy: they are taken from their source as hosts become free, not before."""
    taken = 0

    def jobs(web: FakeWeb) -> Iterator[PollJob]:
        nonlocal taken
        for number in range(500):
            taken += 1
            yield feed(web, host=f"h{number}.test")

    async def go(web: FakeWeb) -> None:
        async with open_web(FOUR, transport()) as opened, aclosing(poll_many(opened, jobs(web))) as outcomes:
            await anext(outcomes)
            assert taken < 40
            assert len([outcome async for outcome in outcomes]) == 499

    with FakeWeb({"/feed": [RSS]}) as web:
        asyncio.run(go(web))


@pytest.mark.parametrize("how", ["close", "cancel"])
def test_it_stops_at_once_when_told_to(how: str) -> None:
    """Closed or cancelled with sixty requests in flight and hundreds waiting: over at once, and all is given back."""

    async def consume(opened: object, jobs: list[PollJob]) -> None:
        async with aclosing(poll_many(opened, jobs)) as outcomes:  # type: ignore[arg-type]  # a Web
            await anext(outcomes)
            if how == "cancel":
                await anext(outcomes)

    async def go(web: FakeWeb) -> None:
        jobs = [feed(web, "/ok", "ok.test")] + [feed(web, host=f"h{number % 100}.test") for number in range(500)]
        async with open_web(PollSettings(concurrency=64, host_delay=0), transport()) as opened:
            task = asyncio.create_task(consume(opened, jobs))
            await asyncio.sleep(0.3)
            if how == "cancel":
                task.cancel()
            began = time.monotonic()
            await asyncio.gather(task, return_exceptions=True)
            assert time.monotonic() - began < 5  # their timeout is thirty
            assert task.cancelled() is (how == "cancel")
            assert len(asyncio.all_tasks()) == 1
            async with asyncio.timeout(5):
                again = [feed(web, "/ok", f"n{number}.test") for number in range(200)]
                async with aclosing(poll_many(opened, again)) as outcomes:
                    assert len([outcome async for outcome in outcomes]) == 200

    with FakeWeb({"/feed": [HANG], "/ok": [RSS]}) as web:
        asyncio.run(go(web))


def test_two_runs_share_the_pace() -> None:
    """Two calls over one Web at the same time keep to one request in flight per host."""

    async def run(opened: object, jobs: list[PollJob]) -> int:
        async with aclosing(poll_many(opened, jobs)) as outcomes:  # type: ignore[arg-type]  # a Web
            return len([outcome async for outcome in outcomes])

    async def go(web: FakeWeb) -> list[int]:
        jobs = [feed(web, host=f"{name}.test") for name in "ab" * 5]
        async with open_web(PollSettings(host_delay=0.02), transport()) as opened:
            return await asyncio.gather(run(opened, jobs), run(opened, jobs))

    with FakeWeb({"/feed": [RSS]}) as web:
        assert asyncio.run(go(web)) == [10, 10]
    assert set(web.most_at_once.values()) == {1}
    assert pace(web, "a.test") > 0.019


def test_hosts_are_forgotten() -> None:
    """A host that nobody waits for is kept no longer than its delay."""

    async def go(web: FakeWeb) -> None:
        async with open_web(PollSettings(host_delay=0.05), transport()) as opened:
            async with aclosing(poll_many(opened, [feed(web, host=f"h{i}.test") for i in range(100)])) as outcomes:
                assert len([outcome async for outcome in outcomes]) == 100
            await asyncio.sleep(0.1)
            assert opened.hosts.known == 0

    with FakeWeb({"/feed": [RSS]}) as web:
        asyncio.run(go(web))


def test_jobs_may_come_asynchronously_and_break() -> None:
    """What the source of jobs raises is raised once the jobs before it are done."""

    async def jobs(web: FakeWeb) -> AsyncIterator[PollJob]:
        for number in range(3):
            await asyncio.sleep(0.01)
            yield feed(web, host=f"h{number}.test")
        raise LookupError

    taken = []

    async def go(web: FakeWeb) -> None:
        async with open_web(AT_ONCE, transport()) as opened:
            async for job, _, _ in poll_many(opened, jobs(web)):
                taken.append(job)

    with FakeWeb({"/feed": [RSS]}) as web, pytest.raises(LookupError):
        asyncio.run(go(web))
    assert len(taken) == 3


def test_no_jobs_are_no_outcomes() -> None:
    """An empty run ends."""
    assert visit_all([], AT_ONCE) == []


def test_bad_urls_do_not_wait_for_each_other() -> None:
    """What has no host is paced by nothing."""
    jobs = [PollJob(f"s{number}", "not a URL") for number in range(20)]
    began = time.monotonic()
    assert len(visit_all(jobs, PollSettings(host_delay=1))) == 20
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://User:x@A.Test:81/f", "a.test"),
        ("http://[::1]/", "::1"),
        ("https://bücher.test/", "bücher.test"),
        ("x", ""),
    ],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    """Hosts are told apart by name, in lower case."""
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("", ""),
        ("https://feeds.example.org/about", " (+https://feeds.example.org/about)"),
        ("https://a.test/(é\r\nX: y)", " (+https://a.test/%28%C3%A9%0D%0AX:%20y%29)"),
    ],
)
def test_our_name(contact: str, expected: str) -> None:
    """Rule 13: name, version and where to reach us, in a form that can be a header."""
    name, _, rest = user_agent(contact).partition(" ")
    assert name.startswith("aggregator/")
    assert rest == expected.strip()


def test_few_open_files_mean_few_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A low limit on open files makes it slower, not wrong."""
    monkeypatch.setattr("resource.getrlimit", lambda _: (64, 4096))
    assert affordable(64) == 16
    monkeypatch.setattr("resource.getrlimit", lambda _: (8, 8))
    assert affordable(64) == 1
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 4096))
    assert affordable(64) == 64
