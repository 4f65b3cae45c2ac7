"""websub.rocks' cases for hubs, by number: the hub that the other tests believe is one.

The product is no hub; this is about the helper, which would else prove little.
"""

import hashlib
import hmac
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fakeweb import FakeWeb, Reply, Request, answer
from hub import Everywhere, Hub, send
from test_serve import until

TOPIC = "https://a.example/feed"


def _callback(request: Request) -> Reply:
    """A subscriber that agrees to everything."""
    challenge = parse_qs(urlsplit(request.target).query).get("hub.challenge", [""])[0]
    return answer(200, challenge.encode())


@pytest.fixture
def subscriber() -> Iterator[FakeWeb]:
    """A callback at every path."""
    with FakeWeb({}) as web:
        web.script = Everywhere(_callback)
        yield web


@pytest.fixture
def hub() -> Iterator[Hub]:
    """The hub."""
    with Hub(tls=False) as found:
        yield found


def ask(hub: Hub, subscriber: FakeWeb, mode: str = "subscribe", **more: str) -> int:
    """A request to the hub; `foo="bar"` is sent as it is, `secret="s"` as hub.secret."""
    form = {"hub.mode": mode, "hub.topic": TOPIC, "hub.callback": subscriber.url("/callback?a=b")}
    form |= {f"hub.{name}" if name == "secret" else name: value for name, value in more.items()}
    before = len(subscriber.requests)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _ = send("POST", hub.url(), urlencode(form).encode(), headers)
    until(lambda: len(subscriber.requests) > before)
    until(lambda: bool(hub.known) == (mode == "subscribe"))
    return status


def pushed(
    hub: Hub, subscriber: FakeWeb, body: bytes = b"<feed/>", content_type: str = "application/atom+xml"
) -> Request:
    """What the subscriber is sent."""
    assert hub.distribute(TOPIC, body, content_type) == [200]
    request = subscriber.requests[-1]
    assert (request.method, request.target) == ("POST", "/callback?a=b")
    return request


def test_100_a_typical_request(hub: Hub, subscriber: FakeWeb) -> None:
    """202, a verification with all that belongs to it, and what is sent bears no signature."""
    assert ask(hub, subscriber) == 202
    query = parse_qs(urlsplit(subscriber.requests[0].target).query)
    assert set(query) == {"a", "hub.mode", "hub.topic", "hub.challenge", "hub.lease_seconds"}
    request = pushed(hub, subscriber)
    assert request.header("x-hub-signature") is None
    assert b'rel="self"' in (request.header("link") or b"")


def test_101_a_secret_signs(hub: Hub, subscriber: FakeWeb) -> None:
    """By HMAC over the body."""
    ask(hub, subscriber, secret="secret")
    signature = pushed(hub, subscriber).header("x-hub-signature")
    assert signature == f"sha256={hmac.new(b'secret', b'<feed/>', hashlib.sha256).hexdigest()}".encode()


def test_102_other_parameters_are_passed_over(hub: Hub, subscriber: FakeWeb) -> None:
    """They make no difference."""
    assert ask(hub, subscriber, foo="bar") == 202
    pushed(hub, subscriber)


def test_103_a_subscription_is_renewed(hub: Hub, subscriber: FakeWeb) -> None:
    """It stays one, by its topic and callback."""
    ask(hub, subscriber)
    assert ask(hub, subscriber) == 202
    assert len(hub.known) == 1
    pushed(hub, subscriber)


def test_104_a_subscription_is_ended(hub: Hub, subscriber: FakeWeb) -> None:
    """Nothing is sent any more."""
    ask(hub, subscriber)
    assert ask(hub, subscriber, "unsubscribe") == 202
    assert hub.distribute(TOPIC, b"<feed/>") == []


@pytest.mark.parametrize(
    ("case", "body", "content_type"), [("105", b"words", "text/plain"), ("106", b"{}", "application/json")]
)
def test_105_106_any_content(hub: Hub, subscriber: FakeWeb, case: str, body: bytes, content_type: str) -> None:
    """Body and type are those of the topic."""
    ask(hub, subscriber)
    request = pushed(hub, subscriber, body, content_type)
    assert (request.body, request.header("content-type")) == (body, content_type.encode())
