"""Which sources go into a batch: no two batches, nor a poll made here, ever ask one host at the same time."""

import asyncio
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cluster.plan import Flight, Plan, Taken, hand_back, hosts_of
from aggregator.model import Failed, PollJob, Validators
from aggregator.pipeline.batch import Outcome
from aggregator.polling.hosts import Hosts

NAMES = st.sampled_from("abcde")
JOBS = st.lists(st.tuples(NAMES, st.none() | NAMES), max_size=30)


def job(number: int, host: str, target: str | None = None) -> PollJob:
    """A source at a host, which last led to another one, perhaps."""
    validators = Validators(url=f"http://{target}.test/feed") if target else Validators()
    return PollJob(f"s{number}", f"http://{host}.test/feed", validators=validators)


def plan_of(hosts: Hosts, paused: list[PollJob] | None = None, most: int = 3) -> Plan:
    """A plan that tells nobody that there is something to take."""
    return Plan(hosts, most, lambda: None, [].append if paused is None else paused.append)


async def settle() -> None:
    """Let slots that are given back be given out again."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_host_is_where_a_source_is_and_where_it_last_led_to() -> None:
    """What the last answer came from counts too; a URL that is none is known by its source's name."""
    assert hosts_of(job(1, "b", "a")) == ("a.test", "b.test")
    assert hosts_of(job(1, "b", "b")) == ("b.test",)
    assert hosts_of(replace(job(1, "b"), url="http://")) == ("s1",)


@given(JOBS, st.randoms(use_true_random=False), st.integers(1, 4))
@settings(max_examples=150)
def test_batches_under_way_share_no_host_and_nothing_is_lost_nor_taken_twice(
    sources: list[tuple[str, str | None]], chance: object, slots: int
) -> None:
    """Whatever is taken and comes back in whatever order: it all comes, once, and never two at one host."""

    async def go() -> None:
        hosts = Hosts(0, slots)
        plan = plan_of(hosts)
        jobs = [job(number, *source) for number, source in enumerate(sources)]
        for one in jobs:
            plan.add(one)
        under_way: list[Taken] = []
        done: Counter[str] = Counter()
        while sum(done.values()) < len(jobs):
            await settle()
            while plan.ready:
                under_way.append(plan.take(chance.randint(1, 5)))  # type: ignore[attr-defined]  # a Random
            busy = Counter(turn.host for taken in under_way for turn in taken.turns)
            assert not busy or max(busy.values()) == 1
            for taken in under_way:
                assert {host for one in taken.jobs for host in hosts_of(one)} == {turn.host for turn in taken.turns}
            assert under_way, "all wait for each other"
            taken = under_way.pop(chance.randrange(len(under_way)))  # type: ignore[attr-defined]
            done.update(one.source for one in taken.jobs)
            hand_back(taken.turns)
        assert set(done.values()) <= {1}
        assert len(plan) == 0

    asyncio.run(go())


def test_a_host_is_left_alone_for_its_delay_after_it_comes_back() -> None:
    """When a worker asked it last nobody here knows: the delay begins when the batch is back."""

    async def go() -> None:
        hosts = Hosts(0.1)
        plan = plan_of(hosts, most=1)
        for number in range(2):
            plan.add(job(number, "a"))
        taken = plan.take(9)
        await asyncio.sleep(0.15)
        hand_back(taken.turns)
        await asyncio.sleep(0.05)
        assert not plan.ready
        await asyncio.sleep(0.1)
        assert plan.ready

    asyncio.run(go())


def test_a_page_that_is_fetched_here_keeps_its_host_from_the_batches() -> None:
    """Polls here and batches take their turns from the same queues."""

    async def go() -> None:
        hosts = Hosts(0)
        turn = await hosts.turn("a.test")
        plan = plan_of(hosts)
        plan.add(job(1, "a"))
        await settle()
        assert not plan.ready
        turn.release()
        await settle()
        assert plan.ready

    asyncio.run(go())


def test_what_a_paused_host_has_is_set_aside_at_once() -> None:
    """Its sources are told, those that lead there as well; nothing of them waits."""

    async def go() -> None:
        hosts = Hosts(0)
        paused: list[PollJob] = []
        plan = plan_of(hosts, paused, most=1)
        for number in range(3):
            plan.add(job(number, "a"))
        plan.add(job(3, "b", "a"))
        taken = plan.take(9)
        hosts.pause("a.test", 1000)
        hand_back(taken.turns)
        await settle()
        assert sorted(one.source for one in paused) == ["s1", "s2", "s3"]
        assert len(plan) == 0
        assert await asyncio.wait_for(hosts.turn("b.test"), 1)

    asyncio.run(go())


def test_a_plan_that_is_cleared_holds_nobody() -> None:
    """What waited, and what was ready, is free for whoever comes next."""

    async def go() -> None:
        hosts = Hosts(0)
        plan = plan_of(hosts)
        for number, (name, target) in enumerate([("a", None), ("b", "a"), ("c", "b")]):
            plan.add(job(number, name, target))
        await settle()
        assert plan.ready
        plan.clear()
        assert (len(plan), plan.ready) == (0, 0)
        for name in "abc":
            turn = await asyncio.wait_for(hosts.turn(f"{name}.test"), 1)
            assert turn.host == f"{name}.test"
            turn.release()

    asyncio.run(go())


def test_a_host_comes_back_with_the_last_of_its_sources() -> None:
    """Those whose sources are all answered may be asked again while the rest of the batch is still out."""

    async def go() -> None:
        hosts = Hosts(0)
        plan = plan_of(hosts)
        for number, (name, target) in enumerate([("a", None), ("b", "c"), ("b", "c")]):
            plan.add(job(number, name, target))
        await settle()
        taken = plan.take(9)
        flight = Flight(taken)

        def landed(number: int) -> set[str]:
            outcome = Outcome(taken.jobs[number], Failed("no"), None, at=None, milliseconds=0)  # type: ignore[arg-type]
            return {turn.host for turn in flight.land([outcome])}

        assert landed(1) == set()
        assert landed(0) == {"a.test"}
        assert landed(2) == {"b.test", "c.test"}

    asyncio.run(go())
