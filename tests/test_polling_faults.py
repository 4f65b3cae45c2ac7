"""Whatever a server does is a Failed with a sentence, in time, in little memory, and never holds up the loop."""

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from ipaddress import ip_network

import brotli
import pytest
import zstandard
from fakeweb import HANG, RESET, FakeWeb, Repeat, Reply, answer
from hypothesis import given, settings
from hypothesis import strategies as st
from polls import AT_ONCE, everywhere, feed, transport, visit

from aggregator.model import Failed, Fetched, PollJob, Response
from aggregator.polling import connecting
from aggregator.polling.poller import Outcome, poll_many, poll_one
from aggregator.polling.resolving import Resolver
from aggregator.polling.transport import Transport
from aggregator.polling.web import PollSettings, open_web

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MB = 1_000_000
ZEROS = bytes(50 * MB)
RSS = b"<rss/>"
HERE = "127.0.0.1"
NO_TIME = "no complete answer within 0.4 s"
TOO_LARGE = "larger than 1 MB"

FAULTS: list[tuple[str, Reply, str]] = [
    ("5 no answer", HANG, NO_TIME),
    ("5 half a header", [OK + b"X: ", HANG], NO_TIME),
    ("6 header drip", [OK + b"X: ", Repeat(b"x", every=0.01)], NO_TIME),
    ("7 body drip", [OK + b"Content-Length: 99999\r\n\r\n", Repeat(b"x", every=0.01)], NO_TIME),
    ("7 chunk drip", [CHUNKED, Repeat(b"1\r\nx\r\n", every=0.01)], NO_TIME),
    ("8 endless body", [OK + b"\r\n", Repeat(bytes(65536))], TOO_LARGE),
    ("8 endless chunks", [CHUNKED, Repeat(b"10000\r\n" + bytes(65536) + b"\r\n")], TOO_LARGE),
    ("8 endless zeros", [CHUNKED, Repeat(b"1\r\n0\r\n" * 10_000)], TOO_LARGE),
    ("8 a chunk's endless extension", [CHUNKED, b"1;", Repeat(b"x" * 65536)], "absurdly small pieces"),
    ("9 an honest length", [OK + b"Content-Length: 1000001\r\n\r\n", HANG], TOO_LARGE),
    ("9 an absurd length", [OK + b"Content-Length: " + b"9" * 19 + b"\r\n\r\n", HANG], TOO_LARGE),
    ("10 length too long", OK + b"Content-Length: 10\r\n\r\nshort", "in the middle of its answer"),
    ("10 length too short", OK + b"Content-Length: 3\r\n\r\n<rss/>", "more than its Content-Length says"),
    ("10 two lengths", OK + b"Content-Length: 3\r\nContent-Length: 6\r\n\r\n<rss/>", "valid HTTP"),
    ("10 length of letters", OK + b"Content-Length: six\r\n\r\n<rss/>", "valid HTTP"),
    ("10 negative length", OK + b"Content-Length: -6\r\n\r\n<rss/>", "valid HTTP"),
    ("11 bad chunk", CHUNKED + b"zz\r\n<rss/>\r\n0\r\n\r\n", "valid HTTP"),
    ("11 cut chunk", CHUNKED + b"6\r\n<rs", "in the middle"),
    ("11 no last chunk", CHUNKED + b"6\r\n<rss/>\r\n", "in the middle"),
    ("11 endless chunk head", [CHUNKED, Repeat(b"0" * 4096)], "absurdly small pieces"),
    ("12 HTTP/0.9", RSS, "valid HTTP"),
    ("12 half a status line", b"HTTP/1.", "in the middle of its answer"),
    ("12 HTTP/0.9 of two lines", RSS + b"\n" + RSS + b"\n\n", "valid HTTP"),
    ("12 rubbish", bytes(range(256)) * 10, "valid HTTP"),
    ("12 TLS", b"\x15\x03\x01\x00\x02\x02\x46", "valid HTTP"),
    ("12 NUL in a header", OK + b"X: a\0b\r\nContent-Length: 6\r\n\r\n<rss/>", "valid HTTP"),
    ("12 empty name", OK + b": x\r\nContent-Length: 6\r\n\r\n<rss/>", "valid HTTP"),
    ("12 a long line", OK + b"no colon " * 9000 + b"\r\n\r\n", "valid HTTP (Invalid header token)"),
    ("12 closed at once", b"", "without an answer"),
    ("12 reset", RESET, "broke the connection off"),
    ("12 reset in the body", [OK + b"Content-Length: 99\r\n\r\nx", 0.05, RESET], "broke the connection off"),
    ("13 10 MB of header", [OK, Repeat(b"X: " + b"x" * 65536 + b"\r\n", 160)], "more than 256 KB of headers"),
    ("13 one endless header", [OK + b"X: ", Repeat(b"x" * 65536)], "more than 256 KB of headers"),
    ("13 very many headers", [OK, Repeat(b"a:b\r\n" * 3000, 10)], "more than 500 header lines"),
    ("14 interim flood", Repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), "more than 10 interim"),
    ("14 another protocol", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "another protocol"),
    ("14 an upgrade", b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc", "another protocol"),
    ("11 gzip as Transfer-Encoding", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "other than chunked"),
    ("11 identity", OK + b"Transfer-Encoding: identity\r\n\r\n<rss/>", "other than chunked"),
    ("15 gzip bomb", answer(200, gzip.compress(ZEROS), Content_Encoding="gzip"), TOO_LARGE),
    ("16 brotli bomb", answer(200, brotli.compress(ZEROS, quality=3), Content_Encoding="br"), TOO_LARGE),
    ("17 zstd bomb", answer(200, zstandard.compress(ZEROS), Content_Encoding="zstd"), TOO_LARGE),
    ("18 stacked", answer(200, gzip.compress(gzip.compress(RSS)), Content_Encoding="gzip, gzip"), "more than once"),
    ("18 in two headers", OK + b"Content-Encoding: br\r\nContent-Encoding: gzip\r\n\r\n", "more than once"),
    ("19 truncated gzip", answer(200, gzip.compress(RSS)[:-1], Content_Encoding="gzip"), "broke off"),
    ("20 not gzip", answer(200, RSS, Content_Encoding="gzip"), "is not the gzip"),
    ("20 not br", answer(200, RSS * 9, Content_Encoding="br"), "is not the br"),
    ("20 not zstd", answer(200, RSS * 9, Content_Encoding="zstd"), "is not the zstd"),
    ("20 not deflate", answer(200, b"\xff\xff\xff\xff", Content_Encoding="deflate"), "is not the deflate"),
    ("21 unknown coding", answer(200, RSS, Content_Encoding="rot13"), "unknown Content-Encoding"),
    ("23 204", answer(204), "204 No Content"),
    ("23 205", answer(205), "205 Reset Content"),
    ("23 206", answer(206, RSS, Content_Range="bytes 0-5/99"), "206 Partial Content"),
    ("24 304 unasked", answer(304), "304 Not Modified to a request without conditions"),
    ("25 999", b"HTTP/1.1 999 Request denied\r\nContent-Length: 0\r\n\r\n", "answered 999"),
    ("25 abc", b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", "valid HTTP"),
    ("25 000", b"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n", "valid HTTP"),
    ("25 1000", b"HTTP/1.1 1000 OK\r\nContent-Length: 0\r\n\r\n", "valid HTTP"),
    ("25 a 200 of letters", b"HTTP/1.1 200\xff OK\r\n\r\n", "valid HTTP"),
    ("26 401", answer(401, WWW_Authenticate="Basic"), "401 Unauthorized"),
    ("26 403", answer(403), "403 Forbidden"),
    ("27 challenge", answer(403, b"<html>", cf_mitigated="challenge"), "only a browser"),
    ("28 500", answer(500), "500 Internal Server Error"),
    ("300", answer(300), "300 Multiple Choices"),
]
IDS = [row[0] for row in FAULTS]


def job(web: FakeWeb, path: str = "/feed", host: str = HERE, timeout: float = 20) -> PollJob:
    """A job with little room."""
    return feed(web, path, host, timeout=timeout, max_bytes=MB)


def limit(why: str) -> float:
    """Little time for those who take it all."""
    return 0.4 if why == NO_TIME else 20


async def beat(gaps: list[float]) -> None:
    """Note for how long others held the loop, in seconds of its own thread: another program's load is not ours."""
    while True:
        began = time.thread_time()
        await asyncio.sleep(0)
        gaps.append(time.thread_time() - began)


@pytest.mark.parametrize(("fault", "reply", "why"), FAULTS, ids=IDS)
def test_every_fault_is_a_failure_with_a_reason(fault: str, reply: Reply, why: str) -> None:
    """Each server by itself: a Failed that says what was wrong, within the timeout."""
    with FakeWeb({"/feed": [reply]}) as web:
        began = time.monotonic()
        (response,) = visit(job(web, timeout=limit(why)))
        assert time.monotonic() - began < 10
    assert isinstance(response, Failed), fault
    assert why in response.reason
    assert "unexpectedly (" not in response.reason
    assert "\n" not in response.reason
    assert len(response.reason) < 250


def test_all_faults_at_once() -> None:
    """All of them beside fifty healthy sources: those are fetched, all is over in time, the loop is never held up."""
    script: dict[str, Sequence[Reply]] = {f"/{number}": [reply] for number, (_, reply, _) in enumerate(FAULTS)}
    gaps: list[float] = []

    async def go(web: FakeWeb) -> list[Outcome]:
        faulty = [job(web, f"/{number}", f"h{number}.test", limit(why)) for number, (_, _, why) in enumerate(FAULTS)]
        healthy = [job(web, "/healthy", f"ok{number}.test") for number in range(50)]
        async with open_web(AT_ONCE, transport()) as opened, aclosing(poll_many(opened, faulty + healthy)) as polls:
            heart = asyncio.create_task(beat(gaps))
            outcomes = [outcome async for outcome in polls]
            heart.cancel()
        return outcomes

    with FakeWeb({**script, "/healthy": [answer(200, RSS)]}) as web:
        began = time.monotonic()
        outcomes = asyncio.run(go(web))
        assert time.monotonic() - began < 10
    brought = [job.url for job, response, _ in outcomes if isinstance(response, Fetched)]
    assert len(outcomes) == len(FAULTS) + 50
    assert len(brought) == 50
    assert all(url.endswith("/healthy") for url in brought)
    assert max(gaps) < 0.25


def test_the_deadline_fires_while_decoding() -> None:
    """600 MB that come out of 600 KB, where so much is allowed: given up in time, and the loop is not held up."""
    gaps: list[float] = []

    async def go(web: FakeWeb) -> Response:
        async with open_web(AT_ONCE, transport()) as opened:
            heart = asyncio.create_task(beat(gaps))
            response = await poll_one(opened, replace(job(web, timeout=0.2), max_bytes=1000 * MB))
            heart.cancel()
        return response

    wire = gzip.compress(bytes(10 * MB)) * 60
    with FakeWeb({"/feed": [answer(200, wire, Content_Encoding="gzip")]}) as web:
        response = asyncio.run(go(web))
    assert response == Failed("no complete answer within 0.2 s")
    assert max(gaps) < 0.1


@pytest.mark.parametrize(
    ("coding", "wire", "body"),
    [
        ("gzip", gzip.compress(b"<rss>") + gzip.compress(b"</rss>"), b"<rss></rss>"),
        ("br", brotli.compress(RSS), RSS),
        ("zstd", zstandard.compress(RSS), RSS),
        ("", RSS + b"\r\n", RSS),
    ],
)
def test_odd_but_whole_answers_are_taken(coding: str, wire: bytes, body: bytes) -> None:
    """Fault 22 and its kin: every member, every coding that is advertised, a line break after the length."""
    length = str(len(body) if not coding else len(wire))
    with FakeWeb({"/feed": [answer(200, wire, Content_Encoding=coding, Content_Length=length)]}) as web:
        (response,) = visit(job(web))
    assert isinstance(response, Fetched), response
    assert response.body == body


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.0 200 OK\r\n\r\n<rss/>",
        b"HTTP/1.1 200\r\nContent-Length: 6\r\n\r\n<rss/>",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>",
        OK.replace(b"\r\n", b"\n") + b"Content-Length: 6\n\n<rss/>",
        CHUNKED + b"3;x=y\r\n<rs\r\n3\r\ns/>\r\n0\r\nTrailer: x\r\n\r\n",
        CHUNKED + b"6 \r\n<rss/>\r\n0\r\n\r\nrubbish",
        OK + b"Content-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n6\r\n<rss/>\r\n0\r\n\r\n",
        OK + b"Content-Length: 6\r\nX: y\r\ncontent-length: 6\r\nContent-Length: 6\r\n\r\n<rss/>",
        OK.replace(b"\r\n", b"\n") + b"Content-Length: 6\nContent-Length: 6\n\n<rss/>",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 9 + OK + b"Content-Length: 6\r\nContent-Length: 6\r\n\r\n<rss/>",
        [OK + b"Content-Length: 6\r\nContent-Length: 6\r\n", 0.05, b"Content-Length: 6\r\n\r\n<rs", 0.05, b"s/>"],
        b"\r\n" + OK + b"X: a\r\n b\r\nContent-Length: 6\r\n\r\n<rss/>",
        [OK, 0.05, b"Content-Length: 6\r\n", 0.05, b"\r\n<r", 0.05, b"ss/>"],
        OK + b"X: " + b"x" * 100_000 + b"\r\nContent-Length: 6\r\n\r\n<rss/>",
        answer(203, RSS),
        answer(200, RSS, ETag=b'"\xe9' + b"x" * 5000),
    ],
)
def test_sloppy_servers_are_understood(reply: Reply) -> None:
    """What is odd but clear is taken as it is meant."""
    with FakeWeb({"/feed": [reply]}) as web:
        (response,) = visit(job(web))
    assert isinstance(response, Fetched), response
    assert response.body == RSS


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from([b"", OK, OK + b"\r\n", CHUNKED, OK + b"Content-Encoding: br\r\n\r\n"]))
def test_no_bytes_break_it(rest: bytes, start: bytes) -> None:
    """Whatever a server sends, a Response comes back."""
    with FakeWeb({"/feed": [start + rest]}) as web:
        (response,) = visit(job(web))
    assert isinstance(response, Response)
    assert not isinstance(response, Failed) or "unexpectedly (" not in response.reason


TARGETS = [
    "127.0.0.2",
    "10.0.0.1",
    "192.168.0.1",
    "172.31.255.255",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "[::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[::ffff:127.0.0.2]",
    "[::ffff:7f00:2]",
    "[64:ff9b::7f00:2]",
    "2130706434",  # 127.0.0.2 in other notations
    "0x7f000002",
    "127.2",
    "0",
]


@pytest.mark.parametrize("target", TARGETS)
def test_redirects_into_private_networks_are_refused(target: str) -> None:
    """Faults 32, 33: only the address that is let through is connected to; the redirect's target sees nothing."""
    with FakeWeb({}) as web:
        web.script["/feed"] = [answer(302, Location=f"http://{target}:{web.port}/secret")]
        (response,) = visit_with(Transport(allow_private=(ip_network(HERE),)), job(web))
        assert web.connections == 1
    assert isinstance(response, Failed)
    assert "not let through" in response.reason


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433"])
def test_private_hosts_are_refused_at_once(host: str) -> None:
    """A source in a private network, without `allow_private_addresses`: nothing is connected to."""
    with FakeWeb({}) as web:
        (response,) = visit_with(Transport(), job(web, host=host))
        assert web.connections == 0
    assert isinstance(response, Failed)
    assert "a loopback address, which is not let through" in response.reason


def visit_with(own: Transport, *jobs: PollJob) -> list[Response]:
    """Poll one after the other through a transport."""

    async def go() -> list[Response]:
        async with open_web(AT_ONCE, own) as web:
            return [await poll_one(web, job) for job in jobs]

    return asyncio.run(go())


def test_an_address_is_checked_whenever_it_is_used() -> None:
    """Faults 34, 35: a name is looked up once a connection, that answer is checked, and a mixed one is refused."""
    answers = iter([["127.0.0.1"], ["127.0.0.9"], ["127.0.0.1", "10.0.0.1"], []])
    asked = []

    async def rebinding(host: str) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    with FakeWeb({"/feed": [answer(200, RSS)]}) as web:
        own = Transport(allow_private=(ip_network(HERE),), resolve=rebinding)
        first, *others = visit_with(own, *[job(web, host="a.test")] * 4)
        assert web.connections == 1
    assert isinstance(first, Fetched)
    assert all(isinstance(response, Failed) for response in others)
    assert asked == ["a.test"] * 4


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed",
        "file:///etc/passwd",
        "ftp://a.test/",
        "http://",
        "http:///feed",
        "http://a.test\\@127.0.0.1/",
        "http://a.test/\r\nX: y",
        "http://a.test/\0",
        "http://a.test:99999/",
        "http://[::1",
        "http://a b/",
        "unix:/run/socket",
        "http://\udcff/",
    ],
)
def test_urls_that_cannot_be_polled(url: str) -> None:
    """Faults 36, 37: refused with a sentence, whoever wrote them."""
    (response,) = visit(PollJob("source", url))
    assert isinstance(response, Failed)
    assert response.reason.startswith("the address ")


def test_a_refused_connection_says_so() -> None:
    """Fault 2."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        (response,) = visit(PollJob("source", f"http://127.0.0.1:{unused.getsockname()[1]}/"))
    assert response == Failed("127.0.0.1 refused the connection")


@contextmanager
def hanging(address: str, port: int = 0) -> Iterator[int]:
    """A port where connections neither come about nor fail: nobody accepts, and the queue is full."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind((address, port))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        yield full.getsockname()[1]


@pytest.mark.usefixtures("at_home_only")
def test_a_connection_that_hangs_has_its_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 3: a host that drops what is sent to it is given up long before the poll's timeout."""
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.3)
    with hanging(HERE) as port:
        began = time.monotonic()
        (response,) = visit(PollJob("source", f"http://127.0.0.1:{port}/"))
    assert response == Failed("no connection to 127.0.0.1 within 0.3 s")
    assert time.monotonic() - began < 8


def test_names_that_do_not_exist() -> None:
    """Fault 1: a name without an address, one that is none, and a resolver that breaks."""

    def lookup(host: str) -> Sequence[str]:
        if host == "dead.test":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        if host == "slow.test":
            raise socket.gaierror(socket.EAI_AGAIN, "again")
        if host == "a..b":
            raise UnicodeError("label empty")
        raise RuntimeError("what is this?")

    hosts = ["dead.test", "slow.test", "a..b", "odd.test"]
    own = Transport(resolve=Resolver(lookup))
    responses = visit_with(own, *[PollJob("source", f"http://{host}/") for host in hosts])
    assert [response.reason for response in responses if isinstance(response, Failed)] == [
        "there is no host of the name dead.test",
        "the name server did not answer for slow.test",
        "there is no host of the name a..b",
        "looking odd.test up failed (what is this?)",
    ]


def test_dead_name_servers_hold_nobody_up() -> None:
    """Fault 40: a hundred names that hang in the resolver, and the healthy ones are there on time."""
    over = threading.Event()

    def lookup(host: str) -> Sequence[str]:
        if host.startswith("dead"):
            over.wait(20)
        return ["127.0.0.1"]

    async def go(web: FakeWeb) -> list[Outcome]:
        own = Transport(allow_private=True, resolve=Resolver(lookup))
        jobs = [feed(web, host=f"dead{number}.test", timeout=0.5) for number in range(100)]
        jobs += [feed(web, host=f"ok{number}.test") for number in range(50)]
        async with open_web(AT_ONCE, own) as opened, aclosing(poll_many(opened, jobs)) as polls:
            return [outcome async for outcome in polls]

    with FakeWeb({"/feed": [answer(200, RSS)]}) as web:
        began = time.monotonic()
        outcomes = asyncio.run(go(web))
        took = time.monotonic() - began
    over.set()
    assert sum(isinstance(response, Fetched) for _, response, _ in outcomes) == 50
    assert took < 10


def test_both_address_families_are_tried() -> None:
    """Rule 40: where one address is dead the next is tried, and one that only hangs holds up for a moment."""

    async def both(host: str) -> Sequence[str]:
        return {"refused.test": ["::1", HERE], "hanging.test": ["127.0.0.2", HERE]}[host]

    with FakeWeb({"/feed": [answer(200, RSS)]}) as web, hanging("127.0.0.2", web.port):
        own = Transport(allow_private=True, resolve=both)
        responses = visit_with(own, job(web, host="refused.test"), job(web, host="hanging.test", timeout=5))
    assert [type(response) for response in responses] == [Fetched, Fetched]


def test_all_addresses_dead_is_one_failure() -> None:
    """... and where all are dead, the first one's reason is told."""

    async def none(host: str) -> Sequence[str]:
        return ["127.0.0.1", "::1"]

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://a.test:{unused.getsockname()[1]}/"
        (response,) = visit_with(Transport(allow_private=True, resolve=none), PollJob("source", url))
    assert response == Failed("a.test refused the connection")


def test_a_hole_in_us_is_a_failure_too() -> None:
    """What nobody thought of becomes a Failed; only cancellation passes through."""

    async def broken(host: str) -> Sequence[str]:
        raise ZeroDivisionError

    (response,) = visit_with(Transport(resolve=broken), PollJob("source", "http://a.test/"))  # logged, at debug level
    assert response == Failed("the poll failed unexpectedly (ZeroDivisionError)")


def test_settings_make_the_transport() -> None:
    """`allow_private_addresses` reaches the connection."""

    async def go(web: FakeWeb) -> list[Response]:
        responses = []
        for allowed in (False, True, (ip_network("127.0.0.0/8"),), (ip_network("10.0.0.0/8"),)):
            async with open_web(PollSettings(host_delay=0, allow_private=allowed)) as opened:
                responses.append(await poll_one(opened, feed(web)))
        return responses

    with FakeWeb({"/feed": [answer(200, RSS)]}) as web:
        responses = asyncio.run(go(web))
    assert [type(response) for response in responses] == [Failed, Fetched, Fetched, Failed]


def test_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the environment sees a request."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with FakeWeb({"/feed": [answer(200, RSS)]}) as web:
        (response,) = visit_with(Transport(allow_private=True, resolve=everywhere), job(web))
    assert isinstance(response, Fetched)
