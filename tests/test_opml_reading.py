"""Lists of subscriptions from other programs: whatever they are like, plain web addresses come out, and no crash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.values import Source
from aggregator.lists.opml import read_opml
from aggregator.lists.plan import plain_url, plan
from aggregator.lists.planet import is_planet, read_planet
from aggregator.lists.values import Listing, Subscription


def opml(body: str, head: str = '<?xml version="1.0"?>') -> bytes:
    """A list around outlines, which begin on its third line."""
    return f"{head}\n<opml version='2.0'><body>\n{body}\n</body></opml>".encode()


def feed(number: int = 1, more: str = "") -> str:
    """An outline that is a feed."""
    return f'<outline text="Feed {number}" xmlUrl="https://{number}.example/feed" {more}/>'


def entry(number: int = 1, *tags: str, line: int = 3, **more: object) -> Subscription:
    """What `feed` is read as."""
    return Subscription(line, f"https://{number}.example/feed", f"Feed {number}", tags, **more)  # type: ignore[arg-type]


FOLDERS = [
    ("none", feed(), [entry()]),
    ("one", f'<outline text="News">\n{feed()}</outline>{feed(2)}', [entry(1, "News", line=4), entry(2, line=4)]),
    ("one in another", f'<outline text="A"><outline title="B" text="no">{feed()}</outline></outline>', [entry(1, "A", "B")]),
    ("without a name", f"<outline>{feed()}</outline>", [entry()]),
    ("white space in a name", f'<outline text=" A  b ">{feed()}</outline>', [entry(1, "A b")]),
    ("closed feeds", f'<outline text="A"><outline xmlUrl="https://1.example/feed"></outline>{feed(2)}</outline>',
     [Subscription(3, "https://1.example/feed", "", ("A",)), entry(2, "A")]),
    ("categories", feed(1, 'category="x, /y/z ,x"'), [entry(1, "x", "y", "z")]),
    ("a folder and categories", '<outline text="x">' + feed(1, 'category="y,x"') + "</outline>", [entry(1, "x", "y")]),
    ("a name in capitals", '<OUTLINE TEXT="Feed 1" XMLURL="https://1.example/feed"/>', [entry()]),
    ("a title beside the text", '<outline text="t" title="Feed 1" xmlUrl=" https://1.example/feed "/>', [entry()]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), [row[1:] for row in FOLDERS], ids=[row[0] for row in FOLDERS])
def test_folders_and_categories_become_tags(body: str, expected: list[Subscription]) -> None:
    """By expat, and by the scan that reads what is no XML, which are made to agree by one stray ampersand."""
    assert read_opml(opml(body)).subscriptions == tuple(expected)
    if "OUTLINE" in body:
        return
    ill_formed = read_opml(opml(body).replace(b"</body>", b"&</body>"))
    assert ill_formed.subscriptions == tuple(expected)
    assert len(ill_formed.warnings) == 1


# As real readers have written it: (what, the outline, the title, the line that the warning names)
ILL_FORMED = [
    ("an ampersand", '<outline text="News & more" xmlUrl="https://1.example/feed"/>', "News & more"),
    ("an ampersand in the URL", '<outline text="A" xmlUrl="https://1.example/feed"/><outline htmlUrl="?a&b"/>', "A"),
    ("quotes in quotes", '<outline text="The "Daily" News" title="The "Daily" News" xmlUrl="https://1.example/feed"/>',
     'The "Daily" News'),
    ("a tag in a value", '<outline text="<b>A</b>" xmlUrl="https://1.example/feed"/>', "<b>A</b>"),
    ("an unknown entity", '<outline text="A&nbsp;&amp;&#33;&#x21;" xmlUrl="https://1.example/feed"/>', "A&nbsp;&!!"),
    ("an attribute twice", '<outline text="A" text="B" xmlUrl="https://1.example/feed"/>', "A"),
    ("single quotes", "<outline text='A & B' xmlUrl='https://1.example/feed' />", "A & B"),
    ("a prefix that means nothing", '<outline text="A" x:y="&" xmlUrl="https://1.example/feed"/>', "A"),
    ("a bad byte", '<outline text="A" xmlUrl="https://1.example/feed"/>\x01', "A"),
]  # fmt: skip


@pytest.mark.parametrize(("outline", "title"), [row[1:] for row in ILL_FORMED], ids=[row[0] for row in ILL_FORMED])
def test_what_is_no_xml_is_read_all_the_same(outline: str, title: str) -> None:
    """Its feeds are taken, folders and all, and the line where the reading of XML ended is told."""
    found = read_opml(opml(f'{feed(0)}\n<outline text="F">\n{outline}\n</outline>\n{feed(2)}'))
    assert [one for one in found.subscriptions if one.url == "https://1.example/feed"] == [
        Subscription(5, "https://1.example/feed", title, ("F",))
    ]
    assert found.subscriptions[0] == entry(0)
    assert found.subscriptions[-1] == entry(2, line=7)
    assert [warning.line for warning in found.warnings] == [5]


def test_a_list_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    """A download that was cut short loses its end, not its beginning."""
    whole = opml(feed(1) + "\n" + feed(2))
    assert (
        read_opml(whole[: whole.index(b'/feed" /></body') if b'/feed" /></body' in whole else -30]).subscriptions[0]
        == entry()
    )


ENCODINGS = [
    opml('<outline text="Été" xmlUrl="https://1.example/feed"/>').decode().encode("utf-8-sig"),
    opml('<outline text="Été" xmlUrl="https://1.example/feed"/>', '<?xml version="1.0" encoding="utf-16"?>').decode().encode("utf-16"),
    opml('<outline text="Été" xmlUrl="https://1.example/feed"/>', '<?xml version="1.0" encoding="iso-8859-1"?>').decode().encode("latin-1"),
    opml('<outline text="Été &" xmlUrl="https://1.example/feed"/>', '<?xml version="1.0" encoding="iso-8859-1"?>').decode().encode("latin-1"),
    opml('<outline text="Été" xmlUrl="https://1.example/feed"/>', '<?xml version="1.0" encoding="utf8"?>'),
    opml('<outline text="Été" xmlUrl="https://1.example/feed"/>', '<?xml version="1.0" encoding="nonsense"?>'),
]  # fmt: skip


@pytest.mark.parametrize("body", ENCODINGS)
def test_every_encoding_is_read(body: bytes) -> None:
    """With a mark, declared, declared wrongly, in XML and in what is none."""
    assert read_opml(body).subscriptions[0].title.removesuffix(" &") == "Été"


# -- Hostile -------------------------------------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "<outline xmlUrl=\'https://evil.example/\'/>">'
    '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
)
DEPTH = 10_000
HOSTILE = {
    "entities": opml('&b;<outline text="&x;&b;" xmlUrl="https://1.example/feed"/>', BOMB),
    "entities of mark-up": opml(f"{feed()}&b;", BOMB),
    "a file as an entity": opml(f"{feed()}&x;", BOMB),
    "nested": opml('<outline text="a">' * DEPTH + feed() + "</outline>" * DEPTH),
    "nested and open": opml('<outline text="a">' * DEPTH + feed()),
    "closed and never opened": opml("</outline>" * DEPTH + feed()),
    "a comment": opml(f"<!-- {feed(2)} -->{feed()}&"),
    "comments without end": opml(feed() + "<!--" * 20_000),
    "document types": opml(feed() + "<!DOCTYPE [" * 20_000),
    "character data": opml(feed() + f"<![CDATA[ {feed(2)} ]]>&"),
    "attributes": opml(feed() + "<outline " + 'a="' * 100_000),
    "attributes by the thousand": opml(feed() + "<outline " + "".join(f' a{n}="b"' for n in range(20_000)) + "/>&"),
    "spaces": opml(feed() + "<outline a" + " " * 100_000),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_list_gives_its_plain_addresses(body: bytes) -> None:
    """Entities are not expanded, nothing is loaded, depth costs nothing; in no time."""
    found = plan(read_opml(body), {})
    assert [source.url for source in found.new] == ["https://1.example/feed"]
    assert len(found.new[0].tags) <= 1
    assert "root:" not in repr(found)


NO_FEEDS = [
    ("|rm -rf /", "a program to run"),
    ("exec:curl https://x.example/", "a program to run"),
    ("filter:~/bin/x:https://x.example/feed", "a program to run"),
    ("file:///etc/passwd", "no web address"),
    ("javascript:alert(1)", "no web address"),
    ("data:text/xml,x", "no web address"),
    ("ftp://x.example/feed", "no web address"),
    ("gopher://x.example/", "no web address"),
    ("https://", "no web address"),
    ("https://x.example:99999/", "no web address"),
    ("https://[::1/", "no web address"),
    ("https://a.example\\@b.example/", "no web address"),
    ("https://a.example/&#13;&#10;Host: b", "no web address"),
    ("/feed", "no web address"),
    ("query:tags = x", "no web address"),
    ("\x1b[2Jhttps://x.example/", "no web address"),
]


@pytest.mark.parametrize(("address", "reason"), NO_FEEDS)
def test_what_is_no_web_address_is_left_out_and_said(address: str, reason: str) -> None:
    """With the line and the title of its entry; what stands beside it is taken."""
    found = plan(read_opml(opml(f'<outline text="Bad" xmlUrl="{address}"/>\n{feed()}')), {})
    assert [source.name for source in found.new] == ["feed-1"]
    assert [(remark.line, remark.text.partition(": ")[0]) for remark in found.left_out] == [(3, "Bad")]
    assert reason in found.left_out[0].text


MENDED = [
    ("feed://x.example/feed", "http://x.example/feed"),
    ("feed:https://x.example/feed", "https://x.example/feed"),
    ("https://x.example/a b", "https://x.example/a%20b"),
    ("https://x.example/a|b?c=é", "https://x.example/a|b?c=é"),
    ("HTTPS://x.example/", "HTTPS://x.example/"),
]


@pytest.mark.parametrize(("address", "url"), MENDED)
def test_an_address_is_taken_to_the_letter_where_it_can_be(address: str, url: str) -> None:
    """Only what browsers once wrote, and spaces, are mended."""
    assert plain_url(address) == url


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_are_too_bad(body: bytes) -> None:
    """Anything at all: a list comes out, perhaps an empty one."""
    for listing in (read_opml(body), read_opml(opml(body.decode("latin-1"))), read_planet(body)):
        assert isinstance(listing, Listing)
        plan(listing, {})
    is_planet(body)


# -- What is there already ------------------------------------------------------------------------------------------


def test_feeds_that_are_there_are_passed_over() -> None:
    """By what two addresses have in common, not to the letter; on the list twice, a feed has the tags of both places."""
    there = {"mine": Source("mine", "http://www.1.example/feed/")}
    body = f'<outline text="A">{feed(1)}{feed(2)}</outline><outline text="B">{feed(2)}{feed(3)}</outline>{feed(1)}'
    found = plan(read_opml(opml(body)), there)
    assert [(source.name, source.tags) for source in found.new] == [("feed-2", ("A", "B")), ("feed-3", ("B",))]
    assert (found.known, found.repeated, found.left_out) == (2, 1, ())


def test_names_are_free_and_made_of_titles() -> None:
    """One title for two feeds makes two names; a name that is taken is not taken again."""
    there = {"feed-1": Source("feed-1", "https://other.example/")}
    found = plan(read_opml(opml(feed(1) + feed(2).replace("Feed 2", "Feed 1"))), there)
    assert [source.name for source in found.new] == ["feed-1-2", "feed-1-3"]


# -- What readers export beside -------------------------------------------------------------------------------------

EXPORTS = [
    ("FreshRSS's filters", 'type="rss" frss:filtersActionRead="intitle:ad&#10;author:bot"',
     {"notes": ("FreshRSS marked as read what matched: intitle:ad", "FreshRSS marked as read what matched: author:bot")}),
    ("FreshRSS's full text", 'type="rss" frss:cssFullContent="article .body"',
     {"full_text": True, "notes": ("FreshRSS took the full text from: article .body",)}),
    ("Miniflux's rules", 'miniflux:blocklistRules="(?i)sponsored" miniflux:keeplistRules="rust"',
     {"notes": ("Miniflux dropped what matched: (?i)sponsored", "Miniflux kept only what matched: rust")}),
    ("Miniflux's switches", 'miniflux:crawler="true" miniflux:disabled="true"', {"full_text": True, "enabled": False}),
    ("switched off", 'miniflux:crawler="false" miniflux:disabled="false"', {}),
    ("reader's list", 'type="rss" title="Feed 1" htmlUrl="https://1.example/" description="x"', {}),
]  # fmt: skip


@pytest.mark.parametrize(("more", "expected"), [row[1:] for row in EXPORTS], ids=[row[0] for row in EXPORTS])
def test_what_readers_were_told_to_do_is_kept_as_notes(more: str, expected: dict[str, object]) -> None:
    """Filters become comments; what we have a key for becomes that key."""
    assert read_opml(opml(feed(1, more))).subscriptions == (entry(1, **expected),)


OTHER_ENTRIES = [
    (
        '<outline text="P" type="HTML+XPath" xmlUrl="https://x.example/" frss:xPathItem="//a"/>',
        "P: FreshRSS makes a feed",
    ),
    (
        '<outline text="L" type="include" url="https://x.example/l.opml"/>',
        "L: this names another list, https://x.example",
    ),
    ('<outline text="D" frss:opmlUrl="https://x.example/d.opml"></outline>', "D: this names another list"),
]


@pytest.mark.parametrize(("outline", "words"), OTHER_ENTRIES)
def test_what_is_no_feed_of_its_own_is_said(outline: str, words: str) -> None:
    """Scraped pages and lists of lists are left out, with what to do."""
    found = plan(read_opml(opml(outline + feed())), {})
    assert [source.url for source in found.new] == ["https://1.example/feed"]
    assert found.left_out[0].text.startswith(words)
