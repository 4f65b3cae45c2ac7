"""What a source writes acts nowhere: not in a published file, not on a terminal, not on another source's items."""

import json
from html import escape
from xml.etree.ElementTree import fromstring

import pytest
from fakeweb import FakeWeb, answer
from places import Place, item, rss
from test_publishing_hostile import PAYLOADS, live

TOPIC = '[topics.all]\ntitle = "All"\nlimit = 1000\n'
SCHEMES = ("http:", "https:", "mailto:", "tag:", "urn:")
ATOM = "{http://www.w3.org/2005/Atom}"


def hostile_rss(payload: str, number: int) -> str:
    """An item with the payload wherever RSS has room for it."""
    text = escape(payload).replace("\x1b", "").replace("\x07", "")
    return (
        f"<item><title>{text} {number}</title><link>{text}</link><guid>{number}</guid><description>{text}</description>"
        f"<author>{text}</author><category>{text}</category><comments>{text}</comments><pubDate>{text}</pubDate>"
        f'<enclosure url="{text}" type="{text}" length="{text}"/><source url="{text}">{text}</source>'
        f'<media:thumbnail xmlns:media="http://search.yahoo.com/mrss/" url="{text}"/></item>'
    )


def test_payloads_through_the_whole_of_it_stay_inert(place: Place) -> None:
    """Every payload in every field of a feed, fetched and published: nothing in any file could act, none is lost."""
    body = rss(*(hostile_rss(payload, number) for number, payload in enumerate(PAYLOADS)), title=escape(PAYLOADS[0]))
    with FakeWeb({"/a": [answer(200, body)]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\ndedupe = false\n{TOPIC}')
        assert place.run("-q", "fetch") == 0
    assert len(place.feed("all").entries) == len(PAYLOADS)
    for name, published in place.published().items():
        if name.endswith(".html"):
            assert live(published.decode()) == [], name
        elif name.endswith((".atom", ".rss", ".opml")):
            root = fromstring(published)
            assert [one.text for one in root.iter() if one.text and live(one.text)] == [], name
            found = [one.get(key, "") for one in root.iter() for key in ("href", "url", "src", "uri")]
            assert [address for address in found if ":" in address and not address.startswith(SCHEMES)] == [], name
    entries = json.loads(place.published()["all.json"])["items"]
    assert [entry["id"] for entry in entries if live(entry["content_html"])] == []


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "jar:x!/", "//["]
)
def test_links_that_lead_nowhere_good_are_dropped(place: Place, link: str) -> None:
    """In links, enclosures, pictures and comments: the item stays, the address goes."""
    one = (
        f"<item><title>A</title><guid>1</guid><link>{link}</link><comments>{link}</comments><description>"
        f'{escape(f"<a href={link}>x</a><img src={link}>")}</description><enclosure url="{link}" type="a/b" length="1"/></item>'
    )
    with FakeWeb({"/a": [answer(200, rss(one))]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        assert place.run("-q", "fetch") == 0
    assert place.titles("all") == ["A"]
    for name, published in place.published().items():
        if name.startswith(("all", "items/")):
            assert b'"' + link.encode() not in published, name
            assert b">" + link.encode() not in published, name


def test_nothing_from_a_feed_is_obeyed_by_a_terminal(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences and line breaks in titles, ids, errors and addresses: `fetch`, `status`, `search`, `explain` print none."""
    evil = "Evil&#155;31m &#x202e;txt \N{RIGHT-TO-LEFT OVERRIDE}&#xa;[0m $(id) `id`"
    page = b"<html><title>\x1b]0;owned\x07\x1b[2J</title>"
    with FakeWeb(
        {"/a": [answer(200, rss(item(evil, guid="\x9b31m", link="https://a.example/1")))], "/b": [answer(200, page)]}
    ) as web:
        web.script["/c"] = [b"HTTP/1.1 500 \x1b[2J\r\nContent-Length: 0\r\n\r\n"]
        place.configure("".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n' for name in "abc") + TOPIC)
        for command in (["fetch"], ["status"], ["search", "evil"], ["explain", "1"], ["preview", "all"], ["export"]):
            place.run(*command)
            told = capsys.readouterr()
            odd = {letter for letter in told.out + told.err if not letter.isprintable() and letter != "\n"}
            assert not odd, (command, odd)


def test_a_flood_from_one_source_leaves_room_for_the_others(place: Place) -> None:
    """Thousands of new items at once: a topic's `max_per_source` keeps what the others have in sight."""
    flood = rss(*(item(f"F{number}", guid=f"f{number}") for number in range(3_000)))
    few = rss(
        *(item(f"Few {number}", guid=f"few{number}", date="Sat, 31 Oct 2026 08:00:00 GMT") for number in range(3))
    )
    with FakeWeb({"/flood": [answer(200, flood)], "/few": [answer(200, few)]}) as web:
        sources = "".join(
            f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\ndedupe = false\n' for name in ("flood", "few")
        )
        place.configure(f'{sources}[topics.all]\ntitle = "All"\nlimit = 50\nmax_per_source = 20\n')
        assert place.run("-q", "fetch") == 0
    titles = place.titles("all")
    assert len(titles) == 23
    assert {"Few 0", "Few 1", "Few 2"} < set(titles)


def test_a_feed_that_changes_its_format_brings_nothing_twice(place: Place) -> None:
    """RSS with guids becomes Atom with other ids: the same page under the same title is the same item."""
    stories = {
        "Council agrees on a new bridge": "The council met in the evening and agreed on the bridge that had been planned since the spring. ",
        "Storm closes the northern harbour": "Ships waited outside the port on Friday while waves of nine metres broke over its walls. ",
        "Chess champion retires at thirty": "She has won every tournament since her youth and wants to teach children from now on. ",
    }
    texts = [(f"https://a.example/{n}", title, text * 6) for n, (title, text) in enumerate(stories.items())]
    old = rss(*(item(title, guid=f"rss {link}", link=link, text=text) for link, title, text in texts))
    entries = "".join(
        f'<entry><id>tag:a.example,2026:{link[-1]}</id><title>{title}</title><link href="{link}"/>'
        f"<published>2026-11-01T08:00:00Z</published><updated>2026-11-01T08:00:00Z</updated><content>{text}</content></entry>"
        for link, title, text in texts
    )
    new = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>urn:a</id>{entries}</feed>'
    with FakeWeb({"/a": [answer(200, old), answer(200, new.encode())]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        place.run("-q", "fetch")
        before = [entry.id for entry in place.feed("all").entries]
        place.run("-q", "fetch", "--force")
    assert [entry.id for entry in place.feed("all").entries] == before


def test_a_folder_of_the_output_that_leads_elsewhere_is_not_followed(place: Place) -> None:
    """A symbolic link where a folder of ours should be: what it leads to stays empty, or the command refuses in words."""
    elsewhere = place.folder / "elsewhere"
    elsewhere.mkdir()
    place.save(
        {"public/x": "", "seeds/a.txt": "A headline\n\nThe council met in the evening and agreed on its plan at last."}
    )
    (place.folder / "public" / "items").symlink_to(elsewhere)
    place.configure(f'[sources.seeds]\npath = "seeds"\n{TOPIC}')
    place.run("-q", "fetch")
    assert list(elsewhere.iterdir()) == []
