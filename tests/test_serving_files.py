"""The published files over HTTP, on real sockets: the bytes on the disk, conditional requests, codings, names."""

import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from serving import BASE, Server

from aggregator.publishing.pages import CONTENT_SECURITY_POLICY
from aggregator.serving import published
from aggregator.serving.names import Names

FEED = b"<?xml version='1.0'?>\n<feed>" + b"<entry>The council met in the evening.</entry>\n" * 200 + b"</feed>\n"
CHANGED = 1_790_000_000  # 21 September 2026
DATE = "Mon, 21 Sep 2026 14:13:20 GMT"
NAMES = Names(
    topics=frozenset({"world", "coming"}), renamed={"earth": "world"}, retired=frozenset({"old", "earth", "world"})
)


def put(folder: Path, path: str, body: bytes = FEED, changed: int = CHANGED) -> Path:
    """Publish a file as the publisher does: another file in the place of the old one."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(".new")
    new.write_bytes(body)
    os.utime(new, (changed, changed))
    new.replace(target)
    return target


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for many tests: one feed, and much in and around its folder that is no published file."""
    folder = tmp_path_factory.mktemp("site")
    public = folder / "public"
    put(public, "world.atom")
    put(folder, "secret.atom", b"secret")
    put(public, ".secret.atom", b"secret")
    put(public, "world.txt", b"secret")
    put(folder, "elsewhere/archive.atom", b"secret")
    (public / "link.atom").symlink_to(folder / "secret.atom")
    (public / "linked").symlink_to(folder / "elsewhere")
    (public / "folder.atom").mkdir()
    os.mkfifo(public / "pipe.atom")
    with Server(public) as server:
        yield server


TYPES = {
    "index.html": "text/html; charset=utf-8",
    "status.json": "application/json; charset=utf-8",
    "topics.opml": "text/x-opml; charset=utf-8",
    "world.atom": "application/atom+xml; charset=utf-8",
    "world.rss": "application/rss+xml; charset=utf-8",
    "world.json": "application/feed+json; charset=utf-8",
    "world.html": "text/html; charset=utf-8",
    "world/archive/2026-01.atom": "application/atom+xml; charset=utf-8",
    "items/7.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml; charset=utf-8",
}


def test_every_published_file_is_served_with_its_very_bytes_and_type(tmp_path: Path) -> None:
    """Type with charset, exact length, date of the file, and the headers that keep a browser from running anything."""
    for number, path in enumerate(TYPES):
        put(tmp_path, path, b"%d " % number + FEED)
    with Server(tmp_path) as server:
        for path, media_type in TYPES.items():
            answer = server.ask(f"/{path}")
            assert (answer.status, answer.body) == (200, (tmp_path / path).read_bytes())
            assert answer.headers["content-type"] == media_type
            assert answer.headers["content-length"] == str(len(answer.body))
            assert answer.headers["last-modified"] == DATE
            assert answer.headers["vary"] == "accept-encoding"
            assert answer.headers["cache-control"].startswith("public, max-age=")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            policy = answer.headers["content-security-policy"]
            assert policy == (CONTENT_SECURITY_POLICY if path.endswith(".html") else "default-src 'none'; sandbox")
        assert server.get("/") == server.get("/index.html")


def test_the_tag_is_of_the_content_and_strong(tmp_path: Path) -> None:
    """Equal bytes, equal tag, whenever they were written; other bytes, or another coding, another tag."""
    put(tmp_path, "a.atom")
    put(tmp_path, "b.atom", changed=CHANGED - 999)
    put(tmp_path, "c.atom", FEED + b" ")
    with Server(tmp_path) as server:
        a, b, c = (server.ask(f"/{name}.atom").headers["etag"] for name in "abc")
        coded = server.ask("/a.atom", Accept_Encoding="gzip").headers["etag"]
    assert a == b
    assert len({a, c, coded}) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in (a, c, coded))


def test_who_has_it_is_told_so_and_no_more(tmp_path: Path) -> None:
    """304 by tag, weak or in a list or *, with tag, date, Cache-Control and Vary, and neither body nor length."""
    put(tmp_path, "world.atom")
    with Server(tmp_path) as server:
        tag = server.ask("/world.atom").headers["etag"]
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = server.ask("/world.atom", If_None_Match=known)
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["etag"] == tag
            assert answer.headers["last-modified"] == DATE
            assert {"cache-control", "vary", "date"} <= answer.headers.keys()
            assert not {"content-length", "content-type", "transfer-encoding"} & answer.headers.keys()


def test_a_tag_decides_alone_where_it_is_given(tmp_path: Path) -> None:
    """If-Modified-Since is not looked at beside If-None-Match (RFC 9110 section 13.1.3), which Starlette gets wrong."""
    put(tmp_path, "world.atom")
    with Server(tmp_path) as server:
        assert server.ask("/world.atom", If_None_Match='"other"', If_Modified_Since=DATE).status == 200
        assert server.ask("/world.atom", If_None_Match="no tag", If_Modified_Since=DATE).status == 200
        tag = server.ask("/world.atom").headers["etag"]
        long_ago = "Sun, 06 Nov 1994 08:49:37 GMT"
        assert server.ask("/world.atom", If_None_Match=tag, If_Modified_Since=long_ago).status == 304


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (DATE, 304),
        ("Mon, 21 Sep 2026 14:13:21 GMT", 304),
        ("Mon, 21 Sep 2026 14:13:19 GMT", 200),
        ("yesterday", 200),
        ("", 200),
    ],
)
def test_a_date_alone_decides_by_the_second(served: Server, since: str, status: int) -> None:
    """The file's date or later is "unchanged"; a malformed date is no condition."""
    assert served.ask("/world.atom", If_Modified_Since=since).status == status


def test_a_304_opens_no_file(tmp_path: Path) -> None:
    """The tag is known by the file's stamp; a 200 is sent from memory, and each change is read once."""
    file = put(tmp_path, "world.atom")
    opened: list[object] = []

    def note(event: str, args: tuple[object, ...]) -> None:
        if event == "open" and str(args[0]) == str(file):
            opened.append(args)

    sys.addaudithook(note)
    with Server(tmp_path) as server:
        tag = server.ask("/world.atom").headers["etag"]
        for _ in range(3):
            assert server.ask("/world.atom", If_None_Match=tag).status == 304
            assert server.get("/world.atom") == FEED
            assert server.get("/world.atom", Accept_Encoding="br")
        assert len(opened) == 1
        del opened[:]
        put(tmp_path, "world.atom", b"<feed/>")
        assert server.get("/world.atom") == server.get("/world.atom") == b"<feed/>"
        assert len(opened) == 1


def test_a_change_is_seen_at_once(tmp_path: Path) -> None:
    """New bytes, a new tag and body; the old tag is no longer good; a file that goes is gone, and may come back."""
    file = put(tmp_path, "world.atom")
    with Server(tmp_path) as server:
        tag = server.ask("/world.atom").headers["etag"]
        coded = server.ask("/world.atom", Accept_Encoding="gzip").body
        put(tmp_path, "world.atom", FEED.replace(b"evening", b"morning"), CHANGED + 1)
        answer = server.ask("/world.atom", If_None_Match=tag)
        assert answer.status == 200
        assert b"morning" in answer.body
        assert gzip.decompress(server.get("/world.atom", Accept_Encoding="gzip")) == answer.body != coded
        file.unlink()
        assert server.ask("/world.atom").status == 404
        put(tmp_path, "world.atom")
        assert server.ask("/world.atom").headers["etag"] == tag


def test_head_is_get_without_the_body(tmp_path: Path) -> None:
    """The same headers, length included, in every coding and for every status."""
    put(tmp_path, "world.atom")
    with Server(tmp_path, NAMES) as server:
        for target in ("/world.atom", "/none.atom", "/old.atom", "/earth.atom", "/coming.atom"):
            for coding in ("identity", "gzip", "br"):
                get = server.ask(target, Accept_Encoding=coding)
                head = server.ask(target, "HEAD", Accept_Encoding=coding)
                assert head.body == b""
                without_date = [{**one.headers, "date": ""} for one in (get, head)]
                assert (without_date[0], get.status) == (without_date[1], head.status)
        tag = server.ask("/world.atom").headers["etag"]
        assert server.ask("/world.atom", "HEAD", If_None_Match=tag).status == 304


def test_codings_are_sent_as_they_are_welcome(tmp_path: Path) -> None:
    """br before gzip before nothing; each with its own tag, of which any is good for a 304; none at all is 406."""
    put(tmp_path, "world.atom")
    put(tmp_path, "small.atom", b"<feed/>")
    with Server(tmp_path) as server:
        best = server.ask("/world.atom", Accept_Encoding="gzip, deflate, br, zstd")
        assert best.headers["content-encoding"] == "br"
        assert brotli.decompress(best.body) == FEED
        assert best.headers["content-length"] == str(len(best.body))
        zipped = server.ask("/world.atom", Accept_Encoding="gzip;q=1.0, br;q=0.5")
        assert zipped.headers["content-encoding"] == "gzip"
        assert gzip.decompress(zipped.body) == FEED
        plain = server.ask("/world.atom", Accept_Encoding="gzip;q=0")
        assert "content-encoding" not in plain.headers
        assert plain.body == FEED
        assert server.ask("/world.atom", Accept_Encoding="identity;q=0").status == 406
        assert "content-encoding" not in server.ask("/small.atom", Accept_Encoding="gzip").headers
        tags = [answer.headers["etag"] for answer in (best, zipped, plain)]
        assert len(set(tags)) == 3
        for tag in tags:
            answer = server.ask("/world.atom", If_None_Match=tag, Accept_Encoding="br")
            assert (answer.status, answer.headers["etag"]) == (304, tag)


def test_a_range_is_politely_ignored(tmp_path: Path) -> None:
    """The whole file, and a header that says so (RFC 9110 section 14.3)."""
    put(tmp_path, "world.atom")
    with Server(tmp_path) as server:
        answer = server.ask("/world.atom", Range="bytes=0-9", If_Range='"x"')
        assert (answer.status, answer.body, answer.headers["accept-ranges"]) == (200, FEED, "none")


def test_any_page_may_read_a_feed(tmp_path: Path) -> None:
    """CORS for feeds and data, also at a redirect or where there is none; not for pages."""
    put(tmp_path, "world.atom")
    put(tmp_path, "world.html")
    with Server(tmp_path, NAMES) as server:
        for target in ("/world.atom", "/earth.atom", "/old.atom", "/none.atom"):
            assert server.ask(target, Origin="https://reader.example").headers["access-control-allow-origin"] == "*"
        assert "etag" in server.ask("/world.atom").headers["access-control-expose-headers"]
        assert "access-control-allow-origin" not in server.ask("/world.html").headers
        asked = {"Origin": "https://reader.example", "Access_Control_Request_Method": "GET"}
        answer = server.ask("/world.atom", "OPTIONS", Access_Control_Request_Headers="if-none-match", **asked)
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["access-control-allow-methods"] == answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert "if-none-match" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_it_is_there_to_be_read(served: Server, method: str) -> None:
    """Other methods: 405, and what is allowed."""
    answer = served.ask("/world.atom", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_a_renamed_topic_has_moved_for_good(tmp_path: Path) -> None:
    """301 for each of its forms and its archive, to a path on the same host."""
    with Server(tmp_path, NAMES) as server:
        for rest in (".atom", ".rss", ".json", ".html", "/archive/2026-01.atom"):
            answer = server.ask(f"/earth{rest}")
            assert (answer.status, answer.headers["location"]) == (301, f"/world{rest}")
        assert server.ask("/earth.svg").status == server.ask("/earth/x.atom").status == 404


def test_a_site_below_a_path_redirects_below_it(tmp_path: Path) -> None:
    """base_url https://host/feeds/ behind a proxy that takes /feeds off: the client must be sent to /feeds/."""
    with Server(tmp_path, Names(renamed={"earth": "world"}, root="/feeds/")) as server:
        assert server.ask("/earth.atom").headers["location"] == "/feeds/world.atom"


def test_a_retired_topic_is_gone_and_one_to_come_is_not(tmp_path: Path) -> None:
    """410 for what once was, so that readers unsubscribe; 503 for what is about to be; 404 for what never was."""
    put(tmp_path, "world.atom")
    with Server(tmp_path, NAMES) as server:
        for rest in (".atom", ".rss", ".json", ".html", "/archive/2026-01.atom"):
            assert server.ask(f"/old{rest}").status == 410
        coming = server.ask("/coming.atom")
        assert (coming.status, coming.headers["cache-control"]) == (503, "no-store")
        assert int(coming.headers["retry-after"]) > 0
        assert server.ask("/").status == 503
        assert server.ask("/world.atom").status == 200
        assert server.ask("/never.atom").status == server.ask("/coming/archive/2026-01.atom").status == 404


OUTSIDE = [
    "/../secret.atom",
    "/%2e%2e/secret.atom",
    "/..%2fsecret.atom",
    "/a/../../secret.atom",
    "/./world.atom",
    "//world.atom",
    "/world.atom/",
    "/world.atom%00.html",
    "/world.atom%00",
    "/WORLD.atom",
    "/.new",
    "/.secret.atom",
    "/world.txt",
    "/world",
    "/aggregator.db",
    "/world.atom%0d%0aX-Injected:1",
    "/%ff%fe.atom",
    "/link.atom",
    "/linked/archive.atom",
    "/pipe.atom",
    "/folder.atom",
    "/" + "a" * 5000 + ".atom",
]


@pytest.mark.parametrize("target", OUTSIDE, ids=[target[:30] for target in OUTSIDE])
def test_nothing_but_published_files_is_ever_opened(served: Server, target: str) -> None:
    """No way up, no hidden file, no link that leads out, no pipe to wait for: all that is 404."""
    answer = served.ask(target)
    assert answer.status == 404
    assert b"secret" not in answer.body
    assert "x-injected" not in answer.headers


def test_an_escaped_name_is_the_name(tmp_path: Path) -> None:
    """%2E is a dot (RFC 3986 section 6.2.2.2)."""
    put(tmp_path, "world.atom")
    with Server(tmp_path) as server:
        assert server.get("/world%2Eatom?utm_source=x#y") == FEED


def test_an_output_folder_that_is_itself_a_link_is_served(tmp_path: Path) -> None:
    """[site] output may be a link to another disk."""
    put(tmp_path / "disk", "world/archive/2026-01.atom")
    (tmp_path / "public").symlink_to(tmp_path / "disk")
    with Server(tmp_path / "public") as server:
        assert server.get("/world/archive/2026-01.atom") == FEED


def test_the_host_that_was_asked_changes_nothing(tmp_path: Path) -> None:
    """No header of a client's ends up in an answer (fault 84)."""
    put(tmp_path, "world.atom")
    with Server(tmp_path, NAMES, hub="https://hub.example/") as server:
        for target in ("/world.atom", "/earth.atom"):
            plain = server.ask(target)
            odd = server.ask(
                target, Host="evil.example:99", X_Forwarded_Host="evil.example", X_Forwarded_Proto="gopher", Via="evil"
            )
            assert {**plain.headers, "date": ""} == {**odd.headers, "date": ""}
            assert b"evil" not in odd.body


def test_a_hub_is_named_with_each_feed(tmp_path: Path) -> None:
    """Link headers for WebSub: hub, and self as base_url has it; for the topic's feeds alone, also in a 304."""
    for path in ("world.atom", "world.rss", "world.json", "world.html", "status.json", "world/archive/2026-01.atom"):
        put(tmp_path, path)
    with Server(tmp_path, hub="https://hub.example/") as server:
        for form in ("atom", "rss", "json"):
            wanted = f'<https://hub.example/>; rel="hub", <{BASE}world.{form}>; rel="self"'
            answer = server.ask(f"/world.{form}")
            assert answer.headers["link"] == wanted
            again = server.ask(f"/world.{form}", If_None_Match=answer.headers["etag"])
            assert again.headers["link"] == wanted
        for path in ("world.html", "status.json", "world/archive/2026-01.atom"):
            assert "link" not in server.ask(f"/{path}").headers
    with Server(tmp_path) as server:
        assert "link" not in server.ask("/world.atom").headers


def test_a_closed_month_may_be_kept_for_a_year(tmp_path: Path) -> None:
    """RFC 5005: what says fh:archive does not change again; the open month may."""
    put(tmp_path, "world/archive/2026-01.atom", b'<feed><fh:archive xmlns:fh="x"/></feed>')
    put(tmp_path, "world/archive/2026-02.atom", b"<feed/>")
    with Server(tmp_path) as server:
        assert server.ask("/world/archive/2026-01.atom").headers["cache-control"] == "public, max-age=31536000"
        assert server.ask("/world/archive/2026-02.atom").headers["cache-control"] == "public, max-age=300"


def test_a_date_to_come_is_not_sent(tmp_path: Path) -> None:
    """Last-Modified is never later than Date (RFC 9110 section 8.8.2.1)."""
    put(tmp_path, "world.atom", changed=4_000_000_000)
    with Server(tmp_path) as server:
        headers = server.ask("/world.atom").headers
        assert not headers["last-modified"].endswith("2096 07:06:40 GMT")
        assert headers["last-modified"][:16] == headers["date"][:16]


def test_a_large_file_is_sent_in_pieces_from_the_disk(tmp_path: Path) -> None:
    """Not held in memory, not coded; its tag and its 304 are as any other's."""
    large = os.urandom(1_000_003) * 9
    put(tmp_path, "world.atom", large)
    with Server(tmp_path) as server:
        answer = server.ask("/world.atom", Accept_Encoding="gzip")
        assert answer.body == large
        assert "content-encoding" not in answer.headers
        assert (
            answer.headers["content-length"]
            == str(len(large))
            == server.ask("/world.atom", "HEAD").headers["content-length"]
        )
        assert server.ask("/world.atom", If_None_Match=answer.headers["etag"]).status == 304


def test_no_more_is_kept_in_memory_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was given up is read again, and has the same bytes and tag."""
    monkeypatch.setattr(published, "SHELF", 3 * len(FEED))
    for number in range(9):
        put(tmp_path, f"t{number}.atom", FEED + b"%d" % number)
    with Server(tmp_path) as server:
        for _ in range(2):
            for number in range(9):
                assert server.get(f"/t{number}.atom") == FEED + b"%d" % number
                assert gzip.decompress(server.get(f"/t{number}.atom", Accept_Encoding="gzip")) == FEED + b"%d" % number
        assert server.files._published._shelf.size <= 3 * len(FEED)


def test_what_is_no_file_is_handed_on(tmp_path: Path) -> None:
    """Health, figures and searches; a topic called "search" keeps its feed where nothing is searched for."""
    put(tmp_path, "search.atom")
    with Server(tmp_path) as server:
        assert server.get("/healthz") == b"behind: /healthz"
        assert server.get("/metrics") == b"behind: /metrics"
        assert server.get("/search.rss") == b"behind: /search.rss"
        assert server.get("/search.atom?q=x") == b"behind: /search.atom"
        assert server.get("/search.atom") == FEED
        assert server.files.answered[200] == 5


def test_an_answer_that_fails_ends_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is a 500 in a line, and the next request is answered."""
    put(tmp_path, "world.atom")
    with Server(tmp_path) as server:
        with monkeypatch.context() as broken:
            broken.setattr("aggregator.serving.files.codings", lambda _: 1 / 0)
            answer = server.ask("/world.atom")
            assert (answer.status, b"Error" in answer.body) == (500, False)
        assert server.get("/world.atom") == FEED
