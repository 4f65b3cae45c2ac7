"""A site whose pages have everything that may break a layout, made by the real commands from files of its own."""

import json
import random
import struct
import zlib
from datetime import UTC, datetime, timedelta

from places import Place

_FEEDS_TOML = """
[site]
title = "World affairs, combined"
base_url = "{base_url}"
contact = "https://feeds.example.org/about"
[polling]
allow_private_addresses = true
host_delay = "0s"

[sources.harbour]
path = "harbour.rss"
title = "The Harbour Gazette"
tags = ["paper"]
[sources.courier]
path = "courier.atom"
title = "Northern Courier"
tags = ["paper"]
[sources.qalam]
path = "qalam.atom"
title = "القلم الحر"
[sources.waves]
path = "waves.json"
title = "Waves & Wires"
[sources.seeds]
path = "seeds"
title = "Saved articles"
[sources.refused]
url = "http://127.0.0.1:1/feed.xml"
title = "A server that is down"
[sources.nowhere]
url = "https://a-rather-long-host-name-that-nobody-ever-registered.feeds.invalid/rss/international/all.xml?format=full"
[sources.resting]
url = "https://resting.example.org/feed"
enabled = false

[topics.world]
title = "World news"
description = "Everything, each article once"
[topics.harbours]
title = "Harbours, ferries and everything else that floats or would like to: a topic with rather a long title"
description = "Boats & nets. A description that needs more than a line, because it says which words were looked for, in which papers, and what was left out on purpose."
any = ["harbour*", "ferry", "ferries"]
[topics.arabic]
title = "أخبار العالم"
description = "كل ما يكتب بالعربية"
sources = ["qalam"]
[topics.quiet]
title = "Nothing yet"
any = ["zyzzyva"]
"""

_WORDS = (
    "harbour ferry quay winter boat net crew shore light storm rope anchor tide market bridge engine captain sailor "
    "gull cargo crane dock keel lantern map mast oar pier rudder sail signal timber tower wave wharf window road town"
)
_DOINGS = "waited for,found,sold,painted,lost,carried,kept,wanted,forgot,measured,drew,repaired,counted,left"


def _prose(seed: int, sentences: int = 4) -> str:
    """Some English that resembles no other: two texts too much alike would be folded into one item."""
    dice, words, doings = random.Random(seed), _WORDS.split(), _DOINGS.split(",")

    def sentence() -> str:
        one, two, three = dice.sample(words, 3)
        return f"The {one} {dice.choice(doings)} the {two} before the {three} {dice.choice(doings)} another {dice.choice(words)}."

    return " ".join(sentence() for _ in range(sentences))


_LONG = f"""<h1>What the office said</h1><p>{_prose(1, 4)}</p><p>{_prose(2, 8)}</p><h3>Who pays</h3>
<blockquote><p>“We count passengers, not promises.”</p></blockquote>
<ul><li>Adults: two crowns</li><li>Children: <em>nothing</em></li><li>Bicycles: <a href="https://harbour.example.org/fares">see the list</a></li></ul>
<figure><img src="PICTURES/wide.png" alt="The quay in the morning"><figcaption>The quay, as it was on Tuesday.</figcaption></figure>
<table><thead><tr><th>Line</th><th>First departure</th><th>Last departure</th><th>Passengers a day</th><th>Crew</th><th>Remarks</th></tr></thead>
<tbody><tr><td>North shore – Old Harbour</td><td>05:40</td><td>23:10</td><td>12,400</td><td>7</td><td>not on holidays</td></tr>
<tr><td>South shore – Lighthouse</td><td>06:05</td><td>21:30</td><td>3,150</td><td>4</td><td>bicycles only on weekdays</td></tr></tbody></table>
<pre>timetable = [line for line in everything if line.departs_before("06:00") and line.is_not_cancelled_for_any_reason]</pre>
<p>See https://harbour.example.org/a/very/long/address/without/any/place/to/break/it/timetables-and-fares-2026-final-version-3.pdf</p>
<p>{_prose(3, 8)}</p><p><a href="https://harbour.example.org/all"><img src="PICTURES/small.png"></a> {_prose(4, 4)}</p>"""

_SAME = f"<p>Ministers of both countries agreed on the exchange at the old harbour. {_prose(5, 4)}</p><p>Eight people came home, four each way. The talks had gone on for two years, and broke off five times. {_prose(6, 4)}</p>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _rss(pictures: str) -> str:
    items = (
        ("Ferry to run every half hour from Monday, harbour office says after a winter of complaints", "ferry", 1, _LONG,
         f'<enclosure url="{pictures}tall.png" type="image/png" length="900"/>'),
        ("Prisoners exchanged at the old harbour", "exchange", 2, _SAME, ""),
        ("Why “AT&T” & <others> pay: 3 < 4", "pay", 3, "<p>A short one.</p>", ""),
        ("", "untitled", 4, "<p>A note without a title, which is called by its first words.</p>", ""),
        ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "long", 26, f"<p>{_prose(7, 4)}</p>", ""),
    )  # fmt: skip
    written = "".join(
        f"<item><title>{_escaped(title)}</title><link>https://harbour.example.org/{name}</link><guid>{name}</guid>"
        f"<dc:creator>Sarah Rain</dc:creator><pubDate>{_ago(hours):%d %b %Y %H:%M:%S +0000}</pubDate>"
        f"<comments>https://harbour.example.org/{name}#comments</comments><category>Boats</category>{more}"
        f"<description>{_escaped(html.replace('PICTURES/', pictures))}</description></item>"
        for title, name, hours, html, more in items
    )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Gazette</title>'
        f"<link>https://harbour.example.org/</link><description>d</description>{written}</channel></rss>"
    )


def _atom(site: str, language: str, *entries: tuple[str, int, str, tuple[str, ...]]) -> str:
    written = "".join(
        f'<entry><id>{site}{number}</id><title>{_escaped(title)}</title><link href="{site}{number}"/>'
        + "".join(f"<author><name>{name}</name></author>" for name in authors)
        + f"<updated>{_ago(hours):%Y-%m-%dT%H:%M:%SZ}</updated>"
        f'<content type="html">{_escaped(html)}</content></entry>'
        for number, (title, hours, html, authors) in enumerate(entries)
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}"><id>{site}</id><title>Feed</title>'
        f'<updated>2026-01-01T00:00:00Z</updated><link href="{site}"/><rights>© The authors</rights>{written}</feed>'
    )


_WRITERS = ("Ada Byron", "Charles Babbage", "Mary Somerville", "Augustus De Morgan", "Michael Faraday")
_ARABIC = "عاد ثمانية أشخاص إلى بلادهم بعد مفاوضات استمرت عامين، وقال الوزير إن الاتفاق بداية جيدة. "
_LETTER = (
    "عادت القوارب قبل الظهر ولم يسأل أحد على الرصيف أين كانت. فقد اثنان منها شباكهما، وهذا يعني في ذلك الموسم أن "
    "أصحابهما خسروا الشتاء كله. جلس الآخرون يعدون ما بقي، ووجدوا أنه يكفي عائلة واحدة، وربما عائلتين إن تأخر الصقيع."
)

_COURIER = (
    ("Prisoners exchanged at old harbour, four each way", 3, _SAME, _WRITERS),
    (
        "東京の港で新しいフェリーが就航",
        5,
        "<p>新しいフェリーが月曜日から三十分ごとに運航される。" + "長い文章。" * 30 + "</p>",
        (),
    ),
    ("Harbour pilots strike", 50, f"<p>{_prose(8, 4)}</p>", ("Mary Somerville",)),
    ("An article that was found in the archive", 24 * 40, f"<p>{_prose(9, 12)}</p>", ()),
)
_QALAM = (
    ('اتفاق جديد بين «موسكو» و"واشنطن" بعد عامين', 2, f"<p>{_ARABIC}</p>", ("ليلى حسن",)),
    ("مقال طويل عن الميناء", 30, f"<h2>الميناء</h2><p>{_ARABIC * 8}</p><ul><li>أولا</li><li>ثانيا</li></ul>", ()),
)

_SEEDS = {
    "letters.txt": f"""Letters from the harbour

By Ivan Petrov

The boats came back before noon, and nobody on the quay asked where they had been. {_prose(10, 4)}

“We will borrow,” said the oldest of them, & went home. {_prose(11, 4)}
""",
    "rich.md": f"""---
title: How a saved article looks
date: 2024-10-24
author: Maria Sola
tags: [harbours, "boats & nets"]
---
{_prose(12, 4)}

## A heading

* one
* two, with `code` and a [link](https://harbour.example.org/x)

> A quotation that somebody said, and that was put here to see how it looks.

| Line | First | Last | Passengers a day | Crew | Remarks that are somewhat longer than the others |
| --- | --- | --- | --- | --- | --- |
| North | 05:40 | 23:10 | 12,400 | 7 | not on holidays, and never on the first of May |

    a block of code that is so long that it cannot stand on the screen of a phone without scrolling sideways

{_prose(13, 4)}
""",
    "arabic.txt": f"رسائل من الميناء\n\nبقلم سمير يوسف\n\n{_LETTER}\n\n«سنقترض»، قال أكبرهم سنا، ومضى إلى بيته. {_LETTER[60:]}\n",
}


def build(place: Place, base_url: str, pictures: str) -> None:
    """Publish the site: `base_url` is where the pages will be served, `pictures` where the items' pictures are."""
    media = [("wave.mp3", "audio/mpeg", 7_340_032), ("wave.mp4", "video/mp4", None)]
    waves = [
        {"id": "7", "url": "https://waves.example.org/7", "title": "Episode 7: listening to a harbour", "image": f"{pictures}wide.png",
         "content_html": f"<p>{_prose(14, 4)}</p>", "date_published": f"{_ago(6):%Y-%m-%dT%H:%M:%SZ}", "authors": [{"name": "DJ <Quick>"}],
         "attachments": [{"url": f"{pictures}{name}", "mime_type": kind, **({"size_in_bytes": size} if size else {})} for name, kind, size in media]}
    ]  # fmt: skip
    place.configure(_FEEDS_TOML.format(base_url=base_url), head="")
    place.save(
        {
            "harbour.rss": _rss(pictures),
            "courier.atom": _atom("https://courier.example.org/", "en", *_COURIER),
            "qalam.atom": _atom("https://qalam.example.org/", "ar", *_QALAM),
            "waves.json": json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Waves", "items": waves}),
        }
        | {f"seeds/{name}": text for name, text in _SEEDS.items()}
    )
    assert place.run("-q", "fetch") == 0
    _give_it_a_past(place)
    assert place.run("-q", "publish") == 0


def _give_it_a_past(place: Place) -> None:
    """Thirty days of polls, for the charts."""
    for day in range(1, 30):
        for source, fails in (("harbour", day % 7 == 0), ("courier", False), ("refused", day < 12)):
            for hour in range(4):
                at = f"{_ago(24 * day + hour):%Y-%m-%dT%H:%M:%SZ}"
                error = "connection refused" if fails and hour < 3 else None
                place.change(
                    "INSERT INTO polls (source, at, status, milliseconds, bytes, new_items, error) VALUES (?, ?, ?, 9, 9, 0, ?)",
                    source, at, None if error else 200, error,
                )  # fmt: skip


def _ago(hours: int) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)


def pictures() -> dict[str, bytes]:
    """PNG pictures of several shapes, by file name."""
    return {"wide.png": _png(960, 400), "tall.png": _png(300, 700), "small.png": _png(24, 24)}


def _png(width: int, height: int) -> bytes:
    rows = b"".join(
        b"\0" + bytes(part for x in range(width) for part in (40 + 120 * x // width, 90 + 90 * y // height, 150))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
