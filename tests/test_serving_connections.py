"""The HTTP server on real sockets: clients that are slow, say too much, or speak no HTTP."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from serving import Server, everything

from aggregator.serving.connections import ListenError, listen
from aggregator.serving.files import Receive, Scope, Send

FEED = b"<feed>" + b"x" * 60_000 + b"</feed>"
GET = b"GET /world.atom HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one feed."""
    (tmp_path / "world.atom").write_bytes(FEED)
    return tmp_path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for many tests, each of which leaves it as it was."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "world.atom").write_bytes(FEED)
    (folder / "small.atom").write_bytes(b"<small/>")
    with Server(folder) as server:
        yield server


def status(answer: bytes) -> int:
    """The status of a raw answer."""
    assert answer.startswith(b"HTTP/1.1 "), answer[:80]
    return int(answer[9:12])


def test_a_thousand_slow_clients_keep_nobody_waiting(folder: Path) -> None:
    """Half a request each: others are answered at once, and the slow ones are cut off when their time is over."""
    with Server(folder, patience=3.0) as server, ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(1000)]
        for connection in slow:
            connection.sendall(GET[:30])
        longest = max(_seconds(server) for _ in range(20))
        assert longest < 1.0
        assert server.connections > 900
        for connection in slow:
            assert everything(connection) == b""
        assert server.get("/world.atom") == FEED


def _seconds(server: Server) -> float:
    began = time.monotonic()
    assert server.get("/world.atom") == FEED
    return time.monotonic() - began


def test_a_request_a_byte_at_a_time_is_cut_off(folder: Path) -> None:
    """Bytes alone are no progress: it is the whole request that must come in time, the first and each one after."""
    with Server(folder, patience=1.0) as server, server.connect() as connection:
        connection.sendall(GET)
        _read(connection, len(FEED))
        assert _is_cut_off(connection, [bytes([byte]) for byte in GET[:-1] * 9], 0.1)


def _is_cut_off(connection: socket.socket, said: list[bytes], pause: float) -> bool:
    """Whether the other side ends the connection before all of this is said."""
    try:
        for one in said:
            connection.sendall(one)
            time.sleep(pause)
    except ConnectionError:
        return True
    return False


def _read(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = connection.recv(65536)
        assert piece, f"cut off after {len(data)} bytes"
        data += piece
    return data


def test_who_takes_no_answer_is_cut_off_and_who_takes_it_slowly_is_not(folder: Path) -> None:
    """An answer that nobody reads costs a piece of memory and ends; steady reading, however slow, is progress."""
    large = b"<feed>" + b"y" * 4_000_000
    (folder / "large.atom").write_bytes(large)
    with Server(folder, patience=1.5) as server, server.connect() as stuck, server.connect() as steady:
        for connection in (stuck, steady):
            connection.sendall(GET.replace(b"world", b"large"))
        got = b""
        while len(got) < len(large):  # what is over when the headers are counted as well
            got += _read(steady, 200_000 if len(got) < len(large) - 200_000 else len(large) - len(got))
            time.sleep(0.15)
        assert got.endswith(b"y" * 1000)
        assert len(everything(stuck)) < len(large)


def test_where_there_are_too_many_the_slowest_makes_room(folder: Path) -> None:
    """A full house is no reason to turn an honest client away: who has done nothing for longest goes."""
    with Server(folder, most=50) as server, ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(120)]
        for connection in slow:
            connection.sendall(GET[:30])
        time.sleep(0.5)
        assert server.connections <= 50
        assert server.get("/world.atom") == FEED
        assert everything(slow[0]) == b""


TOO_MUCH: list[tuple[str, bytes, int]] = [
    ("a long path", b"GET /" + b"a" * 9_000 + b".atom HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    ("a long query", b"GET /world.atom?" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    ("a long header", b"GET /world.atom HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
    ("a header without end", b"GET /world.atom HTTP/1.1\r\nX: " + b"a" * 200_000, 431),
    ("many headers", b"GET /world.atom HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", 431),
    ("a path without end", b"GET /" + b"a" * 100_000, 414),
    ("blank lines without end", b"\r\n" * 100_000, 431),
    ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ("no method", b"/world.atom\r\n\r\n", 400),
    ("an odd method", b"FEED /world.atom HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("an odd version", b"GET /world.atom HTTP/9.9\r\nHost: x\r\n\r\n", 400),
    ("a NUL in the path", b"GET /world\x00.atom HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a NUL in a header", b"GET /world.atom HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400),
    ("a bare line feed in a value", b"GET /world.atom HTTP/1.1\r\nX: a\rb\r\n\r\n", 400),
    ("a space before the colon", b"GET /world.atom HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    ("two lengths", b"GET /world.atom HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ("length and chunks", b"POST / HTTP/1.1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("a tunnel", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("bytes beyond ASCII in the path", "GET /wörld.atom HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 400),
]


@pytest.mark.parametrize(("name", "said", "wanted"), TOO_MUCH, ids=[row[0] for row in TOO_MUCH])
def test_what_is_too_much_or_no_http_is_refused(served: Server, name: str, said: bytes, wanted: int) -> None:
    """4xx and the end of the connection; the next client is served."""
    with served.connect() as connection:
        with suppress(ConnectionError):  # it may be refused before all is said
            connection.sendall(said)
        assert status(everything(connection)) == wanted, name
    assert served.get("/world.atom") == FEED


def test_a_body_nobody_asked_for_is_not_waited_for(served: Server) -> None:
    """A POST is refused by its head alone; a GET with a body is answered, and an endless one cut off."""
    post = served.say(b"POST /world.atom HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
    assert status(post) == 405
    get = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
    assert served.say(get).endswith(FEED)
    with served.connect() as endless:
        endless.sendall(GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999999\r\n\r\n"))
        assert status(_read(endless, len(FEED))) == 200
        assert _is_cut_off(endless, [b"x" * 20_000] * 100, 0.02)


def test_requests_in_one_go_are_answered_in_their_order(served: Server) -> None:
    """Pipelining (RFC 9112 section 9.3.2), and a connection that is kept."""
    end = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answers = served.say(GET + GET.replace(b"world", b"small") + end).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [answer.split(b"\r\n\r\n", 1)[1] for answer in answers] == [FEED, b"<small/>", FEED]


def test_the_old_version_is_spoken(served: Server) -> None:
    """HTTP/1.0 without a Host: answered, and closed."""
    assert served.say(b"GET /world.atom HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n" + FEED)
    whole = b"GET http://x/world.atom HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert served.say(whole).endswith(b"\r\n\r\n" + FEED)


def test_an_address_that_is_taken_is_told_in_a_sentence() -> None:
    """Port in use, no such address, no such name: what to do instead."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"port {port} .*another program has the port"):
            listen("127.0.0.1", port)
    with pytest.raises(ListenError, match="no such address"):
        listen("192.0.2.1", 0)
    with pytest.raises(ListenError, match=r"cannot listen on no\.such\.name\.invalid"):
        listen("no.such.name.invalid", 0)


def test_ipv6_can_be_listened_on() -> None:
    """--host ::1, where this machine has it."""
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    with listen("::1", 0) as listening:
        assert listening.getsockname()[0] == "::1"


PUSH = b"POST /websub/" + b"t" * 43 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"


async def _reading(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the whole body, and say how long it was."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


def test_a_hub_may_take_its_time_if_it_gets_on(folder: Path) -> None:
    """A body comes in for as long as 64 KB of it come within the time that a client has; else it is cut off."""
    with Server(folder, patience=1.5, behind=_reading) as server:
        with server.connect() as slow:
            slow.sendall(PUSH)
            with suppress(ConnectionError):
                for _ in range(40):
                    slow.sendall(b"x" * 100)
                    time.sleep(0.1)
                pytest.fail("it was not cut off")
        with server.connect() as steady:
            steady.sendall(PUSH)
            for _ in range(10):
                steady.sendall(b"x" * 100_000)
                time.sleep(0.4)
            assert steady.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_body_that_nobody_asked_for_is_not_read(folder: Path) -> None:
    """Only a hub's is: of others so much as a head may have is passed over, and then the client is cut off."""
    with Server(folder, behind=_reading) as server:
        said = server.say(PUSH.replace(b"/websub/", b"/elsewhr/") + b"x" * 20_000)
        assert status(said) == 405
        assert server.get("/world.atom") == FEED
