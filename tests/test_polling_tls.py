"""TLS is verified, and never given up silently. The certificates were made for these tests and hold till 2120."""

import asyncio
import ssl
from pathlib import Path

import pytest
from fakeweb import FakeWeb, answer
from polls import AT_ONCE, everywhere

from aggregator.model import Failed, Fetched, PollJob, Response
from aggregator.polling.poller import poll_one
from aggregator.polling.transport import Transport
from aggregator.polling.web import open_web

HERE = Path(__file__).parent / "tls"


def server(certificate: str) -> ssl.SSLContext:
    """A server that shows one of the certificates: good (feeds.test), other (other.test), expired (feeds.test)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(HERE / f"{certificate}.pem")
    return context


def visit(url: str, authority: str | None = "authority.pem") -> Response:
    """Poll once, trusting the tests' own authority or, as by default, the world's."""

    async def go() -> Response:
        tls = ssl.create_default_context(cafile=HERE / authority) if authority else None
        own = Transport(allow_private=True, resolve=everywhere, tls=tls)
        async with open_web(AT_ONCE, own) as web:
            return await poll_one(web, PollJob("source", url))

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("certificate", "host", "authority", "why"),
    [
        ("good", "feeds.test", "authority.pem", ""),
        ("good", "feeds.test.", "authority.pem", ""),
        ("good", "127.0.0.1", "authority.pem", ""),
        ("good", "evil.test", "authority.pem", "Hostname mismatch"),
        ("other", "feeds.test", "authority.pem", "Hostname mismatch"),
        ("expired", "feeds.test", "authority.pem", "certificate has expired"),
        ("good", "feeds.test", None, "unable to get local issuer certificate"),
    ],
)
def test_certificates(certificate: str, host: str, authority: str | None, why: str) -> None:
    """Fault 4: wrong name, expired, unknown authority: refused with the reason, and nothing is asked."""
    with FakeWeb({"/feed": [answer(200, b"<rss/>")]}, server(certificate)) as web:
        response = visit(web.url("/feed", host), authority)
        assert len(web.requests) == (0 if why else 1)
    if why:
        assert isinstance(response, Failed)
        assert response.reason.startswith(f"the certificate of {host} is not valid")
        assert why in response.reason
    else:
        assert isinstance(response, Fetched)


def test_a_server_without_tls() -> None:
    """An https URL is never asked in the clear."""
    with FakeWeb({"/feed": [answer(200, b"<rss/>")]}) as web:
        response = visit(web.url("/feed", "feeds.test").replace("http:", "https:"))
        assert web.requests == []
    assert isinstance(response, Failed)
    assert response.reason == "feeds.test broke the connection off"


@pytest.mark.parametrize(("status", "downgrade", "kept"), [(301, False, True), (301, True, False)])
def test_a_permanent_redirect_that_gives_up_tls_is_not_kept(status: int, downgrade: bool, kept: bool) -> None:
    """A 301 from https to http is followed, and not reported as the source's new address; the other way it is."""
    plain = FakeWeb({"/new": [answer(200, b"<rss/>")]})
    safe = FakeWeb({"/new": [answer(200, b"<rss/>")]}, server("good"))
    with plain, safe:
        first, second = (safe, plain) if downgrade else (plain, safe)
        first.script["/feed"] = [answer(status, Location=second.url("/new", "feeds.test"))]
        response = visit(first.url("/feed", "feeds.test"))
        assert isinstance(response, Fetched)
        assert response.moved_to == (second.url("/new", "feeds.test") if kept else "")


def test_a_connection_that_breaks_off_over_tls() -> None:
    """A body whose end is known is not whole because the connection ended."""
    with FakeWeb({"/feed": [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<rss/>"]}, server("good")) as web:
        response = visit(web.url("/feed", "feeds.test"))
    assert response == Failed("feeds.test closed the connection in the middle of its answer", 200)
