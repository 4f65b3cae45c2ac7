"""What is decided about hubs from values alone: who they are, whom to believe, when to ask again."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import FeedInfo
from aggregator.pipeline.subscribing import can_be_called
from aggregator.websub.discovery import discover
from aggregator.websub.signature import is_signed
from aggregator.websub.subscription import LEASE, Subscription, again, answer, in_words, request, token_of, trust_after

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://a.example/feed"
HUB, OTHER = "https://hub.example/", "https://other.example/"
IN_FEED = FeedInfo(hub=OTHER, self_url="https://a.example/own")
NONE = FeedInfo()

DISCOVERED = [
    ("nothing", "", NONE, ("", "")),
    ("headers alone", f'<{HUB}>; rel="hub", <{URL}?x>; rel="self"', NONE, (HUB, f"{URL}?x")),
    ("the feed alone", "", IN_FEED, (OTHER, "https://a.example/own")),
    ("headers go first", f"<{HUB}>; rel=hub, <{URL}>; rel=self", IN_FEED, (HUB, URL)),
    (
        "headers go first, even without TLS",
        "<http://h.example/>; rel=hub",
        IN_FEED,
        ("http://h.example/", IN_FEED.self_url),
    ),
    ("a header for the hub only", f"<{HUB}>; rel=hub", IN_FEED, (HUB, "https://a.example/own")),
    ("no self anywhere", f"<{HUB}>;rel=hub", NONE, ("", "")),
    ("self without a hub", f"<{URL}>; rel=self", NONE, ("", "")),
    ("relative", '</hub>; rel="hub", <>; rel=self', IN_FEED, ("https://a.example/hub", "https://a.example/own")),
    ("several relations", f'<{HUB}>; rel="start hub", <{URL}>; rel="x self"', NONE, (HUB, URL)),
    ("no case", f"<{HUB}>; REL=HUB,<{URL}>;Rel=Self", NONE, (HUB, URL)),
    (
        "a comma and a semicolon in quotes",
        f'<{HUB}>; title="a, b; rel=x"; rel=hub, <{URL}>; rel=self',
        NONE,
        (HUB, URL),
    ),
    ("TLS is favoured", f"<http://h.example/>; rel=hub, <{HUB}>; rel=hub, <{URL}>; rel=self", NONE, (HUB, URL)),
    ("of another resource", f'<{HUB}>; rel=hub; anchor="/else", <{URL}>; rel=self', NONE, ("", "")),
    ("another scheme", f"<ftp://hub.example/>; rel=hub, <{URL}>; rel=self", NONE, ("", "")),
    ("with a password", f"<https://me:it@hub.example/>; rel=hub, <{URL}>; rel=self", NONE, ("", "")),
    ("what cannot be read is passed over", f"nonsense, <{HUB}>; rel=hub; =, <{URL}>; rel=self", NONE, (HUB, URL)),
    ("a fragment is no topic's", f"<{HUB}>; rel=hub, <{URL}#x>; rel=self", NONE, (HUB, URL)),
]


@pytest.mark.parametrize(("link", "feed", "found"), [case[1:] for case in DISCOVERED], ids=[c[0] for c in DISCOVERED])
def test_discovery(link: str, feed: FeedInfo, found: tuple[str, str]) -> None:
    """WebSub section 4: Link headers, then the document's own links."""
    assert discover(link, URL, feed) == found


@given(st.text(st.characters(max_codepoint=255), max_size=300) | st.text('<>;,="\\\\ rel=hubself', max_size=200))
def test_any_header_can_be_read(link: str) -> None:
    """Whatever a server sends, discovery ends with a web address or nothing."""
    hub, topic = discover(link, URL, NONE)
    assert bool(hub) == bool(topic)
    assert not hub or hub.startswith(("http://", "https://"))


def signed(method: str, secret: str = "secret", body: bytes = b"body") -> str:
    """A signature header."""
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_each_registered_method_signs(method: str) -> None:
    """WebSub section 7.1.1; another body, key or method does not pass."""
    assert is_signed("secret", signed(method), b"body")
    assert is_signed("secret", signed(method).upper(), b"body")
    assert not is_signed("secret", signed(method), b"body ")
    assert not is_signed("other", signed(method), b"body")


@pytest.mark.parametrize("header", ["", "sha256", "sha256=", "sha256=é", "md5=841a2d689ad86bd1611447453c22c6fc", "=="])
def test_what_is_no_signature_does_not_pass(header: str) -> None:
    """Nor does a method that is not registered, even where it is right."""
    assert not is_signed("secret", header, b"body")
    assert not is_signed("secret", signed("md5"), b"body")


ONE = Subscription("t" * 43, "a", HUB, URL, f"https://us.example/websub/{'t' * 43}", "s" * 43)
ACTIVE = replace(ONE, state="active", since=NOW, verified=NOW, lease_ends=NOW + LEASE)


def query(mode: str = "subscribe", **more: str) -> dict[str, str]:
    """What a hub asks at a callback; `lease="1"` is hub.lease_seconds."""
    names = {"lease": "hub.lease_seconds", "topic": "hub.topic", "challenge": "hub.challenge", "reason": "hub.reason"}
    given = {"topic": URL, "challenge": "c", **more}
    return {"hub.mode": mode, **{names[name]: value for name, value in given.items()}}


@pytest.mark.parametrize(
    ("state", "asked", "becomes"),
    [
        ("asking", query(lease="3600"), "active"),
        ("active", query(lease="3600"), "active"),
        ("asking", query(), "active"),
        ("asking", query(lease="0"), None),
        ("asking", query(lease="-5"), None),
        ("asking", query(lease="soon"), None),
        ("asking", query(lease="3600", topic=URL + "x"), None),
        ("asking", query(lease="3600", challenge=""), None),
        ("asking", query("publish"), None),
        ("asking", query("unsubscribe"), None),
        ("active", query("unsubscribe"), None),
        ("ending", query("unsubscribe"), "ended"),
        ("ended", query("unsubscribe"), "ended"),
        ("ending", query(lease="3600"), None),
        ("ended", query(lease="3600"), None),
        ("denied", query(lease="3600"), None),
        ("asking", query("denied"), "denied"),
        ("active", query("denied", reason="no  more"), "denied"),
        ("active", query("denied", topic="https://else.example/"), None),
    ],
)
def test_what_we_agree_to(state: str, asked: dict[str, str], becomes: str | None) -> None:
    """WebSub sections 5.2 and 5.3: only what we asked for, for the topic that we asked it for."""
    changes = answer(replace(ONE, state=state), asked, NOW)  # type: ignore[arg-type]  # a table's strings
    assert (changes or {}).get("state") == becomes


def test_a_lease_is_renewed_before_its_end() -> None:
    """With time for several tries; a lease without a believable end is cut to a month."""
    for seconds, longest in ((3600, 3600), (10**9, 30 * 86400)):
        changes = answer(ONE, query(lease=str(seconds)), NOW)
        assert changes is not None
        due, ends = changes["due"], changes["lease_ends"]
        assert isinstance(due, datetime)
        assert isinstance(ends, datetime)
        assert ends == NOW + timedelta(seconds=longest)
        assert NOW + timedelta(minutes=5) <= due <= ends - (ends - NOW) / 5


def test_what_is_asked_of_a_hub() -> None:
    """WebSub section 5.1: the parameters, a secret of less than 200 bytes and only where it is not overheard."""
    form = dict(request(ONE))
    assert set(form) == {"hub.mode", "hub.topic", "hub.callback", "hub.lease_seconds", "hub.secret"}
    assert len(form["hub.secret"]) < 200
    assert "hub.secret" not in dict(request(replace(ONE, secret="")))
    assert dict(request(replace(ONE, state="ending")))["hub.mode"] == "unsubscribe"


POLLED = NOW + timedelta(hours=1)
LATER = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("subscription", "last_polled", "new", "live"),
    [
        (ONE, POLLED, 0, False),
        (ACTIVE, POLLED, 0, True),
        (ACTIVE, POLLED, 1, False),
        (ACTIVE, NOW - timedelta(hours=1), 1, True),  # it may be from before the hub was to tell of it
        (ACTIVE, None, 1, True),
        (replace(ACTIVE, missed=NOW), POLLED, 0, False),
        (replace(ACTIVE, lease_ends=NOW), POLLED, 0, False),
        (replace(ACTIVE, state="denied"), POLLED, 0, False),
    ],
)
def test_which_hub_is_relied_on(subscription: Subscription, last_polled: datetime | None, new: int, live: bool) -> None:
    """One with a lease that has kept its word; what a poll finds new it should have pushed."""
    assert trust_after(subscription, last_polled, new, LATER).live == live


def test_asking_again_takes_longer_each_time() -> None:
    """From five minutes to a day."""
    waits = [again(failures, NOW) - NOW for failures in range(1, 40)]
    assert waits[0] == timedelta(minutes=5)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)


@pytest.mark.parametrize(
    ("url", "private", "reached"),
    [
        ("https://feeds.somewhere.org/", False, True),
        ("http://93.184.216.34:8080/x/", False, True),
        ("http://localhost:8080/", False, False),
        ("http://localhost:8080/", True, True),
        ("http://127.0.0.1:8080/", False, False),
        ("http://127.0.0.1:8080/", True, True),
        ("http://[::1]/", False, False),
        ("http://192.168.1.7/", False, False),
        ("http://server/", False, False),
        ("http://server.local/", False, False),
        ("https://feeds.example.org/", True, False),
    ],
)
def test_where_a_hub_can_reach_us(url: str, private: bool, reached: bool) -> None:
    """Not at a private address, unless sources may have one too; never at a name that is only an example."""
    assert can_be_called(url, private) == reached


def test_a_callback_is_known_by_its_form() -> None:
    """Anything else below the site is a file."""
    assert token_of(f"websub/{'a' * 43}") == "a" * 43
    for path in ("websub/", f"websub/{'a' * 42}", f"websub/{'a' * 43}/", "websub/archive/2026-01.atom", "websub.atom"):
        assert not token_of(path)


def test_how_it_stands_in_a_word() -> None:
    """For the table of `aggregator status`."""
    states = (ONE, ACTIVE, replace(ACTIVE, missed=NOW), replace(ONE, state="denied"), replace(ACTIVE, lease_ends=NOW))
    assert [in_words(one, NOW) for one in states] == ["asked", "pushes", "silent", "denied", "lapsed"]
