"""`full_text`: the article's page is fetched once, politely, and its text taken where it says more than the feed."""

import clusters
import pytest
from fakeweb import FakeWeb, Reply, Request, answer
from places import Place, item, rss

from aggregator.pipeline import full_text

WORDS = "The mill at the lower bridge has been turning again since Monday, after forty years in which nobody ground flour there. "
PAGE = (
    "<!doctype html><html lang='en'><head><title>Mill turns again</title></head><body><nav>Home News Sport</nav>"
    "<article><h1>Mill turns again</h1>"
    + "".join(f"<p>{number}. {WORDS}</p>" for number in range(1, 9))
    + "<p>The last line of the article.</p></article><footer>Copyright</footer></body></html>"
).encode()
HTML = {"Content_Type": "text/html; charset=utf-8"}


def article(number: int, web: FakeWeb) -> str:
    """A feed's item that links to a page and has only a teaser."""
    return item(f"Mill {number}", f"m{number}", web.url(f"/page{number}"), f"Teaser {number}.")


def configure(place: Place, web: FakeWeb) -> None:
    """One source with full_text."""
    place.configure(
        f'[sources.a]\nurl = "{web.url("/a")}"\nfull_text = true\n[topics.all]\ntitle = "All"\nany = ["flour", "teaser"]\n'
    )


def test_the_page_is_fetched_once_and_its_text_published(place: Place) -> None:
    """robots.txt is asked first; the page's text is in the feed at once, routed by its words; no page is asked twice."""
    with FakeWeb({"/page1": [answer(200, PAGE, **HTML)], "/robots.txt": [answer(404)]}) as web:
        bodies = [rss(article(1, web)), rss(article(1, web), title="Renamed")]
        web.script["/a"] = [answer(200, body) for body in bodies]
        configure(place, web)
        for _ in range(3):
            assert place.run("-q", "fetch") == 0
            place.let_time_pass()
        asked = [request.target for request in web.requests]
        assert asked[:3] == ["/a", "/robots.txt", "/page1"]
        assert asked.count("/page1") == 1
        assert {request.header("user-agent") for request in web.requests} == {web.requests[0].header("user-agent")}
    entry = place.feed("all").entries[0]
    assert "The last line of the article" in entry.content[0].value
    assert "Copyright" not in entry.content[0].value
    assert entry.title == "Mill 1"
    assert place.rows("SELECT terms FROM topic_items") == [('["flour", "teaser"]',)]
    assert place.rows("SELECT state FROM pages") == [("done",)]


def test_where_the_page_cannot_be_had_the_feeds_text_stays(place: Place) -> None:
    """Refused by robots.txt, gone, no page at all: the item is published as the feed has it, and nothing is retried."""

    def robots(_request: Request) -> bytes:
        return answer(200, b"User-agent: *\nDisallow: /page1\n")

    script = {
        "/robots.txt": [robots],
        "/page1": [answer(200, PAGE, **HTML)],
        "/page2": [answer(500)],
        "/page3": [answer(200, b"\x00\x01")],
    }
    with FakeWeb(script) as web:
        web.script["/a"] = [answer(200, rss(*(article(number, web) for number in (1, 2, 3))))]
        configure(place, web)
        for _ in range(2):
            assert place.run("-q", "fetch") == 0
            place.let_time_pass()
        asked = [request.target for request in web.requests]
    assert (asked.count("/page1"), asked.count("/page2"), asked.count("/page3")) == (0, 1, 1)
    assert sorted(place.titles("all")) == ["Mill 1", "Mill 2", "Mill 3"]
    errors = dict(place.rows("SELECT pages.url, error FROM pages"))
    assert sorted("robots" in error for error in errors.values()) == [False, False, True]


BUSY = answer(429, Retry_After="1800")
FORMS: list[tuple[str, dict[str, list[Reply]], list[str]]] = [
    ("another poll was told so", {"/busy": [BUSY]}, ["/busy"]),
    ("robots.txt itself", {"/robots.txt": [BUSY]}, ["/robots.txt"]),
    ("robots.txt is elsewhere", {"/robots.txt": [answer(302, Location="/moved")], "/moved": [BUSY]}, ["/moved"]),
]


@pytest.mark.parametrize(("name", "script", "asked"), FORMS, ids=[row[0] for row in FORMS])
def test_a_page_whose_host_wants_to_be_left_alone_is_fetched_later(
    place: Place, name: str, script: dict[str, list[Reply]], asked: list[str]
) -> None:
    """Nothing is known of its robots.txt then: the feed's text is published, and a later run comes to the page."""
    with FakeWeb(script, address="0.0.0.0") as web:
        page = web.url("/page1", "127.0.0.2")
        web.script["/a"] = [(0.5, answer(200, rss(item("Mill 1", "m1", page, "Teaser 1.")), ETag='"1"')), answer(304)]
        place.configure(
            f'[sources.a]\nurl = "{web.url("/a")}"\nfull_text = true\n'
            f'[sources.b]\nurl = "{web.url("/busy", "127.0.0.2")}"\n[topics.all]\ntitle = "All"\n'
        )
        assert place.run("-q", "fetch") == 0, name
        assert place.titles("all") == ["Mill 1"]
        assert place.rows("SELECT state FROM pages") == [("wanted",)]
        there = [request.target for request in web.requests if request.host == "127.0.0.2"]
        assert there[-1] in asked
        assert "/page1" not in there
        web.script |= {"/page1": [answer(200, PAGE, **HTML)], "/robots.txt": [answer(404)]}
        place.change("DELETE FROM pauses")
        clusters.forget()
        assert place.run("-q", "fetch", "a") == 0
    assert place.rows("SELECT state FROM pages") == [("done",)]
    assert "The last line of the article" in place.feed("all").entries[0].content[0].value


def test_pages_that_must_wait_keep_no_others_waiting(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages a host has that wants to be left alone: those of the others are fetched."""
    monkeypatch.setattr(full_text, "_AT_ONCE", 2)
    script: dict[str, list[Reply]] = {
        "127.0.0.2/robots.txt": [answer(429, Retry_After="600")],
        "/robots.txt": [answer(404)],
    }
    with FakeWeb(script, address="0.0.0.0") as web:
        hosts = ("127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.3")
        items = [item(f"Mill {n}", f"m{n}", f"{web.url('/page', host)}?{n}", "Teaser.") for n, host in enumerate(hosts)]
        web.script |= {f"/page?{n}": [answer(200, PAGE, **HTML)] for n in range(6)}
        web.script["/a"] = [answer(200, rss(*items))]
        configure(place, web)
        assert place.run("-q", "fetch") == 0
        assert [request.target for request in web.requests if request.host == "127.0.0.2"] == ["/robots.txt"]
    rows = place.rows("SELECT state FROM pages ORDER BY appearance DESC")
    assert [state for (state,) in rows] == ["wanted" if host == "127.0.0.2" else "done" for host in hosts]


def test_an_edited_item_has_its_page_fetched_again(place: Place) -> None:
    """A real change in the feed asks for the page once more, and what it says then is shown."""
    newer = PAGE.replace(b"The last line", b"The corrected last line")
    with FakeWeb(
        {"/page1": [answer(200, PAGE, **HTML), answer(200, newer, **HTML)], "/robots.txt": [answer(404)]}
    ) as web:
        edited = article(1, web).replace("Teaser 1.", "Teaser, corrected.")
        web.script["/a"] = [answer(200, rss(article(1, web))), answer(200, rss(edited))]
        configure(place, web)
        place.run("-q", "fetch")
        place.let_time_pass()
        place.run("-q", "fetch")
    assert "The corrected last line" in place.feed("all").entries[0].content[0].value
