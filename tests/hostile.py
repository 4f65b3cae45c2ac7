"""Bodies that are meant to crash, stall or fill whoever reads them: a table, so that the next one is one more row.

Each row: what it is, the body, and the words of the reason for which it is refused, or "" where items of it are taken.
"""

from places import item, rss

_HEAD = '<?xml version="1.0"?>'


def _entities(number: int) -> bytes:
    """Entities that each name the one before: 30,000 on one line overflow the stack of expat before 2.7."""
    chain = "".join(f'<!ENTITY e{n} "&e{n - 1};">' for n in range(1, number))
    return f'{_HEAD}<!DOCTYPE rss [<!ENTITY e0 "x">{chain}]><rss version="2.0"><channel><title>&e{number - 1};</title></channel></rss>'.encode()


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_SECRET = '<!DOCTYPE rss [<!ENTITY x SYSTEM "{}">]><rss version="2.0"><channel><item><title>&x;</title></item></channel></rss>'
_DECLARES = "declares entities"
_PARTS = "more than 5,000 parts"
SLOW = "it took more than"

BODIES: list[tuple[str, bytes, str]] = [
    ("an entity chain of 30,000", _entities(30_000), _DECLARES),
    ("an entity chain of 300,000", _entities(200_000), _DECLARES),
    (
        "billion laughs",
        f'{_HEAD}<!DOCTYPE rss [<!ENTITY l0 "lol">{_LAUGHS}]><rss><channel><title>&l9;</title></channel></rss>'.encode(),
        _DECLARES,
    ),
    (
        "quadratic entities",
        f'<!DOCTYPE rss [<!ENTITY a "{"a" * 100_000}">]><rss><channel><title>{"&a;" * 100_000}</title></channel></rss>'.encode(),
        _DECLARES,
    ),
    ("a file as an entity", (_HEAD + _SECRET.format("file:///etc/passwd")).encode(), _DECLARES),
    ("a page as an entity", (_HEAD + _SECRET.format("http://127.0.0.1:9/x")).encode(), _DECLARES),
    (
        "a parameter entity",
        b'<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><rss><channel/></rss>',
        _DECLARES,
    ),
    ("depth of 2,000,000", b"<rss><channel>" + b"<a>" * 2_000_000, "nested more than"),
    (
        "80,000 attributes",
        b"<rss><channel><item " + b" ".join(b"a%d=''" % n for n in range(80_000)) + b"/></channel></rss>",
        "attributes",
    ),
    ("a comment of 9 MB", rss("<!--" + "-x" * 4_500_000 + "-->", item("A")), ""),
    ("an attribute of 9 MB", rss(f'<item x="{"x" * 9_000_000}"><title>A</title></item>'), ""),
    ("a million items", rss("<item/>" * 1_000_000), ""),
    ("100,000 items", rss("".join(f"<item><title>{n}</title></item>" for n in range(100_000))), ""),
    ("a title of 9 MB", rss(item("x" * 9_000_000)), ""),
    ("control characters", rss(item("A\x00\x0b\x1f\x7f\ufffe&#0;&#xD800;&#xFFFE;")), ""),
    ("impossible references", rss(item("A &#99999999999; &#x110000; &#" + "1" * 1_000_000 + ";")), ""),
    *(
        (f"encoding {name}", rss(item("A")).replace(b'"1.0"', f'"1.0" encoding="{name}"'.encode(), 1), "")
        for name in ("zlib", "utf-7", "rot13", "idna", "x-unknown", "big5", "unicode_escape")
    ),
    ("encoding undefined", rss(item("A")).replace(b'"1.0"', b'"1.0" encoding="undefined"', 1), "could not be parsed"),
    ("UTF-16 in name alone", rss(item("A")).replace(b'"1.0"', b'"1.0" encoding="utf-16"', 1), "not a feed"),
    ("two documents in one", rss(item("A")) + rss(item("B")), ""),
    ("junk before the declaration", b"Warning: mysql_connect() failed\n" + rss(item("A")), ""),
    ("junk after the end", rss(item("A")) + b"<!-- cached --> <script>x()</script>" + bytes(100), ""),
    ("a page", b"<!doctype html><html><title>Log in</title></html>", "an HTML page, not a feed"),
    ("a page of 9 MB", b"<html><body>" + b"<div><p class=x>words " * 400_000, "an HTML page, not a feed"),
    ("an error in JSON", b'{"error": "no such feed"}', "not a JSON Feed"),
    ("nothing", b"", "empty"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000, "not a feed"),
    ("deep JSON", b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 100_000, "could not be read"),
    ("deep JSON objects", b'{"a":' * 100_000, "could not be read"),
    ("a number of 5,000 digits", b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": ' + b"9" * 5_000 + b"}]}", "could not be read"),
    ("NaN and infinity", b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": NaN, "title": 1e999}]}', ""),
    ("twice the same key", b'{"version": "https://jsonfeed.org/version/1", "items": 1, "items": [{"id": 1, "id": 2}]}', ""),
    ("items that are none", b'{"version": "https://jsonfeed.org/version/1", "items": [1, null, "x", [], {}]}', ""),
    ("100,000 categories", rss("<item><title>A</title>" + '<category>c</category>' * 100_000 + "</item>"), _PARTS),
    ("100,000 enclosures", rss("<item><title>A</title>" + '<enclosure url="http://x.example/1"/>' * 100_000 + "</item>"), _PARTS),
    ("100,000 authors", rss("<item><title>A</title>" + '<author>a@b.example (N)</author>' * 100_000 + "</item>"), _PARTS),
    ("200,000 open elements", rss(item("A", text="<div>" * 200_000)), ""),
    ("50,000 open links", rss(item("A", text='<a href="x">' * 50_000)), ""),
    ("an author that takes quadratic time", rss(f"<item><title>A</title><author>a@{'a.' * 200_000}</author></item>"), SLOW),
    ("comments that open", rss(item("A", text="<!--" * 400_000)), ""),
    ("declarations that open", rss(item("A", text="<![" * 400_000 + "<!" * 400_000)), ""),
    ("brackets", rss(item("A", text="<" * 300_000)), ""),
    ("dates without end", rss(item("A", date="1" * 1_000_000), item("B", date="- " * 500_000)), ""),
    ("a link without end", rss(item("A", link="http://" + "a." * 1_000_000)), ""),
]  # fmt: skip
