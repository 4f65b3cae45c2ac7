"""The rules a publisher's log would check, over real sockets. A new rule is a new row.

Rules 9, 10, 21, 25, 37, 41 and 42 are decided where polls are chosen and stored, not here.
"""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from fakeweb import FakeWeb, Reply, answer
from polls import feed, visit

from aggregator.model import Failed, Fetched, Gone, NotModified, PollJob, Response, Validators
from aggregator.polling.cadence import History, Wish, next_poll

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
MODIFIED = b"Sat, 21 Nov 2026 10:00:00 GMT"
RSS = b"<rss version='2.0'/>"

Sent = tuple[bytes | None, bytes | None]  # If-None-Match, If-Modified-Since
NOTHING: Sent = (None, None)


def both(etag: bytes = b'"1"', modified: bytes = MODIFIED, body: bytes = RSS, status: int = 200) -> bytes:
    """An answer with both validators."""
    return answer(status, body, ETag=etag, Last_Modified=modified)


CHALLENGE = answer(200, b"<html>", ETag='"c"', cf_mitigated="challenge")

VALIDATORS: list[tuple[str, list[Reply], list[Sent]]] = [
    ("1 both are sent back", [both(), answer(304)], [NOTHING, (b'"1"', MODIFIED), (b'"1"', MODIFIED)]),
    ("1 weak", [both(b'W/"1"'), answer(304)], [NOTHING, (b'W/"1"', MODIFIED)]),
    ("1 odd spacing", [both(b'"a  b" ,"c"'), answer(304)], [NOTHING, (b'"a  b" ,"c"', MODIFIED)]),
    ("1 bytes that are not UTF-8", [both(b'"\xe9\xff"'), answer(304)], [NOTHING, (b'"\xe9\xff"', MODIFIED)]),
    ("1 without quotes", [both(b"abc"), answer(304)], [NOTHING, (b"abc", MODIFIED)]),
    ("2 another date form", [both(modified=b"2025-05-01"), answer(304)], [NOTHING, (b'"1"', b"2025-05-01")]),
    (
        "2 lower case",
        [both(modified=b"sat, 21 nov 2026 10:00:00 gmt"), answer(304)],
        [NOTHING, (b'"1"', b"sat, 21 nov 2026 10:00:00 gmt")],
    ),
    ("3 only an ETag", [answer(200, RSS, ETag='"1"'), answer(304)], [NOTHING, (b'"1"', None)]),
    ("3 only a date", [answer(200, RSS, Last_Modified=MODIFIED), answer(304)], [NOTHING, (None, MODIFIED)]),
    ("3 neither", [answer(200, RSS), answer(200, RSS)], [NOTHING, NOTHING, NOTHING]),
    ("4 same body, new ones", [both(), both(b'"2"', b"new")], [NOTHING, (b'"1"', MODIFIED), (b'"2"', b"new")]),
    ("5 same date, new ETag", [both(), both(b'"2"')], [NOTHING, (b'"1"', MODIFIED), (b'"2"', MODIFIED)]),
    ("5 same ETag, new date", [both(), both(modified=b"new")], [NOTHING, (b'"1"', MODIFIED), (b'"1"', b"new")]),
    ("6 a 304's ETag", [both(), answer(304, ETag='"2"')], [NOTHING, (b'"1"', MODIFIED), (b'"2"', MODIFIED)]),
    ("6 a 304's date", [both(), answer(304, Last_Modified="new")], [NOTHING, (b'"1"', MODIFIED), (b'"1"', b"new")]),
    ("7 dropped when gone", [both(), answer(200, b"<new/>")], [NOTHING, (b'"1"', MODIFIED), NOTHING]),
    ("7 gone from the same body", [both(), answer(200, RSS)], [NOTHING, (b'"1"', MODIFIED), NOTHING]),
    ("7 one of two gone", [both(), answer(200, b"<n/>", ETag='"2"')], [NOTHING, (b'"1"', MODIFIED), (b'"2"', None)]),
    ("8 kept on 500", [both(), both(b'"bad"', status=500)], [NOTHING, (b'"1"', MODIFIED), (b'"1"', MODIFIED)]),
    ("8 kept on 404", [both(), both(b'"bad"', status=404)], [NOTHING, (b'"1"', MODIFIED), (b'"1"', MODIFIED)]),
    ("8 kept on 206", [both(), both(b'"bad"', status=206)], [NOTHING, (b'"1"', MODIFIED), (b'"1"', MODIFIED)]),
    (
        "8 kept when the body is cut",
        [both(), both(b'"bad"', body=b"<new/>")[:-1]],
        [NOTHING, (b'"1"', MODIFIED), (b'"1"', MODIFIED)],
    ),
    ("27 kept at a challenge", [both(), CHALLENGE], [NOTHING, (b'"1"', MODIFIED), (b'"1"', MODIFIED)]),
    ("38 never *", [answer(200, RSS, ETag="*"), answer(304)], [NOTHING, NOTHING]),
    ("39 fault: 200 KB of ETag", [answer(200, RSS, ETag="x" * 200_000), answer(304)], [NOTHING, NOTHING]),
    ("24 fault: 304 unasked", [answer(304), both()], [NOTHING, NOTHING, (b'"1"', MODIFIED)]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "replies", "sent"), VALIDATORS, ids=[row[0] for row in VALIDATORS])
def test_validators(rule: str, replies: list[Reply], sent: list[Sent]) -> None:
    """What each request of a series carries."""
    with FakeWeb({"/feed": replies}) as web:
        visit(feed(web), times=len(sent))
        found = [(request.header("if-none-match"), request.header("if-modified-since")) for request in web.requests]
    assert found == sent


def test_what_every_request_looks_like() -> None:
    """Rules 11-14, 35, 38, 40: one plain GET as configured, no cookie, no referrer, our own name, bounded codings."""
    cookie = answer(302, Location="/feed?a=1&b=%20c;d='e'|f", Set_Cookie="id=1; Path=/")
    replies = answer(200, RSS, Set_Cookie="id=2; Path=/", ETag='"1"')
    with FakeWeb({"/feed?a=1&b=%20c;d='e'|f": [replies], "/old?x=[1]": [cookie]}) as web:
        visit(PollJob("source", web.url("/old?x=[1]#fragment")), times=3)
        targets = [request.target for request in web.requests]
    assert targets == ["/old?x=[1]", "/feed?a=1&b=%20c;d='e'|f"] * 3
    for request in web.requests:
        names = sorted(name.decode() for name, _ in request.headers if not name.startswith(b"if-"))
        assert request.method == "GET"
        assert names == ["accept", "accept-encoding", "connection", "host", "user-agent"]
        assert (request.header("user-agent") or b"").startswith(b"aggregator/")
        assert request.header("accept-encoding") == b"gzip, deflate, br, zstd"
        accept = request.header("accept") or b""
        assert all(
            name in accept for name in (b"atom+xml", b"rss+xml", b"rdf+xml", b"feed+json", b"xml;q", b"*/*;q=0.1")
        )


NOON = "Sun, 22 Nov 2026 12:00:00 GMT"

DECISIONS: list[tuple[str, Reply, timedelta, str]] = [
    ("15", answer(200, RSS, ETag="1", Cache_Control="max-age=172800"), 2 * DAY, "max-age"),
    ("15 less Age", answer(200, RSS, ETag="1", Cache_Control="max-age=10800", Age="3600"), 2 * HOUR, "max-age"),
    ("15 on 429", answer(429, Cache_Control="max-age=172800"), 2 * DAY, "max-age"),
    ("16", answer(200, RSS, ETag="1", Expires="0"), HOUR, "configured"),
    ("16", answer(200, RSS, ETag="1", Cache_Control="no-cache, no-store, private"), HOUR, "configured"),
    ("17", answer(200, RSS, ETag="1", Cache_Control="s-maxage=172800"), HOUR, "configured"),
    ("17", answer(200, RSS, ETag="1", Cache_Control='max-age="7200"'), 2 * HOUR, "max-age"),
    ("18", answer(503, Retry_After="7200"), 2 * HOUR, "Retry-After"),
    ("18", answer(429, Retry_After="7200"), 2 * HOUR, "Retry-After"),
    ("19", answer(503, Retry_After="-7200"), HOUR, "configured"),
    ("19", answer(503, Retry_After="1e9"), HOUR, "configured"),
    ("19", answer(503, Retry_After="Sun, 22 Nov 2026 14:00:00 GMT", Date=NOON), 2 * HOUR, "Retry"),
    ("19", answer(503, Retry_After="Sunday, 22-Nov-26 14:00:00 GMT", Date=NOON), 2 * HOUR, "Retry"),
    ("19", answer(503, Retry_After="Sun Nov 22 14:00:00 2026", Date=NOON), 2 * HOUR, "Retry"),
    ("19", answer(503, Retry_After="Sun, 22 Nov 2020 14:00:00 GMT"), HOUR, "configured"),
    ("20", answer(429), 4 * HOUR, "429"),
    ("20", answer(301, Location="/other", Retry_After="7200"), 2 * HOUR, "Retry-After"),
    ("20", answer(302, Location="/other", Retry_After="7200"), 2 * HOUR, "Retry-After"),
    ("26", answer(404), DAY, "404"),
    ("26", answer(410), 30 * DAY, "gone"),
    ("26", answer(451), 30 * DAY, "gone"),
    ("28", answer(500), HOUR, "configured"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "reply", "wait", "why"), DECISIONS, ids=[f"{row[0]}-{row[2]}" for row in DECISIONS])
def test_what_an_answer_decides(rule: str, reply: Reply, wait: timedelta, why: str) -> None:
    """From an answer on the wire to when and why; one request each, whatever it asks for (rules 34, 39)."""
    with FakeWeb({"/feed": [reply]}) as web:
        (response,) = visit(feed(web))
        assert len(web.requests) == 1
    when, reason = next_poll(response, History(failures=1), Wish(HOUR), NOW, 0.0)
    assert when - NOW == wait
    assert why in reason


def test_a_304_says_when_to_come_again() -> None:
    """Rule 15: max-age counts on a 304 as well."""
    with FakeWeb({"/feed": [both(), answer(304, Cache_Control="max-age=7200")]}) as web:
        response = visit(feed(web), 2)[-1]
    assert isinstance(response, NotModified)
    assert response.caching.max_age == 7200


def test_a_403_does_not_change_who_we_are() -> None:
    """Rule 26: refused, we come again under the same name."""
    with FakeWeb({"/feed": [answer(403)]}) as web:
        visit(feed(web), 2)
        assert len({request.header("user-agent") for request in web.requests}) == 1


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ([301], "/1"),
        ([308], "/1"),
        ([302], ""),
        ([303], ""),
        ([307], ""),
        ([301, 308], "/2"),
        ([301, 302], "/1"),
        ([302, 301], ""),
        ([301, 302, 301], "/1"),
        ([301] * 5, "/5"),
    ],
)
def test_permanent_redirects_are_reported(statuses: list[int], moved: str) -> None:
    """Rules 21, 22: only the leading permanent redirects, and only of a poll that brought something."""
    script: dict[str, list[Reply]] = {
        f"/{number}": [answer(status, Location=f"/{number + 1}")] for number, status in enumerate(statuses)
    }
    last = f"/{len(statuses)}"
    script[last] = [both(), answer(304), answer(200, RSS, ETag='"2"')]
    with FakeWeb(script) as web:
        responses = visit(feed(web, "/0"), 3)
        for response, kind in zip(responses, (Fetched, NotModified, NotModified), strict=True):
            assert isinstance(response, kind)
            assert response.moved_to == (web.url(moved) if moved else "")  # type: ignore[union-attr]
            assert response.validators.url == web.url(last)  # type: ignore[union-attr]


def test_validators_stay_with_their_url() -> None:
    """Rule 23: what another URL gave is not sent to a redirect's target, and is sent to its own again."""
    script = {"/feed": [both(), answer(302, Location="/new")], "/new": [both(b'"n"', b"n", b"<n/>"), answer(304)]}
    with FakeWeb(script) as web:
        visit(feed(web), 3)
        old = [request.header("if-none-match") for request in web.asked("/feed")]
        new = [request.header("if-none-match") for request in web.asked("/new")]
    assert old == [None, b'"1"', None]
    assert new == [None, b'"n"']


REFUSED_REDIRECTS: list[tuple[str, str, str]] = [
    ("loop", "/feed", "circle"),
    ("loop with a fragment", "/feed#x", "circle"),
    ("no target", "", "without saying where to"),
    ("file", "file:///etc/passwd", "not an http or https URL"),
    ("ftp", "ftp://a.test/", "not an http or https URL"),
    ("data", "data:text/xml,<rss/>", "not an http or https URL"),
    ("javascript", "javascript:alert(1)", "not an http or https URL"),
    ("unix socket", "http+unix://%2Ftmp%2Fsocket/", "not an http or https URL"),
    ("port", "http://a.test:99999/", "no valid host and port"),
    ("port 0", "http://a.test:0/", "no valid host and port"),
    ("port of letters", "http://a.test:port/", "not a valid URL"),
    ("half an address", "http://[::1", "not a valid URL"),
    ("IDN rubbish", "http://é..é/", "not a valid URL"),
    ("long label", "http://" + "é" * 80 + "/", "not a valid URL"),
    ("empty host", "https:///x", "no valid host and port"),
    ("space in the host", "http://a b.test/", "no valid host and port"),
    ("backslash", "http://a.test\\@b.test/", "not a valid URL"),
    ("very long", "http://a.test/" + "x" * 9000, "not a valid URL"),
    ("control character", "http://a.test/\x01", "not a valid URL"),
]


@pytest.mark.parametrize(("name", "location", "why"), REFUSED_REDIRECTS, ids=[row[0] for row in REFUSED_REDIRECTS])
def test_redirects_that_are_refused(name: str, location: str, why: str) -> None:
    """Rule 24, faults 29-31: an error that says why, nothing more asked, the poll does not crash."""
    script = {"/feed": [answer(301, Location=location.encode())] if location else [answer(301)]}
    with FakeWeb(script) as web:
        (response,) = visit(feed(web))
        assert isinstance(response, Failed)
        assert why in response.reason
        assert response.status == 301
        assert len(web.requests) == 1


def test_five_redirects_are_enough() -> None:
    """Rule 24: a sixth is not followed."""
    with FakeWeb({f"/{number}": [answer(302, Location=f"/{number + 1}")] for number in range(9)}) as web:
        (response,) = visit(feed(web, "/0"))
        assert len(web.requests) == 6
    assert isinstance(response, Failed)
    assert "more than 5 times" in response.reason


def test_gone_behind_a_passing_redirect_is_not_gone() -> None:
    """Rule 26: a 410 ends a source only where it is the source's own."""
    script = {"/a": [answer(302, Location="/x")], "/b": [answer(301, Location="/x")], "/x": [answer(410)]}
    with FakeWeb(script) as web:
        (passing,), (lasting,) = visit(feed(web, "/a")), visit(feed(web, "/b"))
    assert isinstance(passing, Failed)
    assert lasting == Gone(410)


@pytest.mark.parametrize(
    ("location", "sent_on"),
    [("/other", True), ("http://b.test:{port}/other", False), ("http://x:y@b.test:{port}/other", False)],
)
def test_credentials_stay_at_home(location: str, sent_on: bool) -> None:
    """Rule 40: userinfo goes to its own origin as Basic, nowhere else, and is in no message."""
    with FakeWeb({"/feed": [answer(301, Location="/moved")], "/other": [answer(500)]}) as web:
        web.script["/feed"] = [answer(301, Location=location.format(port=web.port))]
        job = PollJob("source", web.url("/feed", "a.test", "us%40er:s3cret@"))
        (response,) = visit(job)
        first, second = web.requests
    basic = b"Basic " + base64.b64encode(b"us@er:s3cret")
    assert first.header("authorization") == basic
    assert second.header("authorization") == (basic if sent_on else None)
    assert "s3cret" not in repr(response)


def test_a_moved_url_keeps_its_credentials() -> None:
    """Rule 40: what is reported can be polled; the URL that validators are kept by holds no password."""
    with FakeWeb({"/feed": [answer(301, Location="/new")], "/new": [both(), answer(304)]}) as web:
        job = PollJob("source", web.url("/feed", "a.test", "user:s3cret@"))
        first, second = visit(job, 2)
        assert isinstance(first, Fetched)
        assert first.moved_to == web.url("/new", "a.test", "user:s3cret@")
        assert first.url == first.validators.url == web.url("/new", "a.test")
        assert isinstance(second, NotModified)


@pytest.mark.parametrize(("instance", "status"), [("feed", 226), ("vcdiff", 200), (None, 200)])
def test_a_delta_is_told_from_a_whole_feed(instance: str | None, status: int) -> None:
    """Rule 35: 226 with `IM: feed` is a part of the feed; without it, it is taken for a 200."""
    with FakeWeb({"/feed": [answer(226, RSS, **({"IM": instance} if instance else {}))]}) as web:
        (response,) = visit(feed(web))
    assert isinstance(response, Fetched)
    assert response.status == status


def test_reasons_are_sentences() -> None:
    """What a person reads names the status in words and what was asked for."""
    with FakeWeb(
        {"/a": [answer(503, Retry_After="120")], "/b": [answer(302, Location="/c")], "/c": [answer(403)]}
    ) as web:
        (plain,), (redirected,) = visit(feed(web, "/a")), visit(feed(web, "/b"))
    assert plain == Failed("the server answered 503 Service Unavailable; asked to wait 120 s", 503, plain.caching)  # type: ignore[union-attr]
    assert redirected.reason == "127.0.0.1 answered 403 Forbidden"  # type: ignore[union-attr]


def test_stored_validators_that_cannot_be_sent_are_left_out() -> None:
    """A database edited by hand must not stop a source for ever."""
    with FakeWeb({"/feed": [answer(200, RSS)]}) as web:
        validators = Validators('"1"\r\nX: y', "\u015d", web.url("/feed"))
        (response,) = visit(PollJob("source", web.url("/feed"), validators=validators))
        assert web.requests[0].header("if-none-match") is None
        assert web.requests[0].header("x") is None
    assert isinstance(response, Fetched)


def kinds(responses: list[Response]) -> list[str]:
    """The names of what came."""
    return [type(response).__name__ for response in responses]


def test_an_unchanged_body_counts_as_not_modified() -> None:
    """Rule 4: a 200 with the last body brings the new validators and no body."""
    with FakeWeb({"/feed": [both(), both(b'"2"'), both(b'"3"', body=b"<new/>")]}) as web:
        responses = visit(feed(web), 3)
    assert kinds(responses) == ["Fetched", "NotModified", "Fetched"]
    assert responses[1].status == 200  # type: ignore[union-attr]
    assert responses[1].validators.etag == '"2"'  # type: ignore[union-attr]
