"""A small site with everything that readers have been seen to get wrong: the sources it is made of, and what is right.

The sources are files, so that no network is needed. What is expected is written out here by hand and is not taken from
what was published; only the dates that a source does not give are.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

FEEDS_TOML = """
[site]
title = "Combined & tested"
base_url = "{base_url}"
hub = "https://hub.example.org/"

[sources.news]
path = "news.rss"
title = "News & Views"
[sources.blog]
path = "blog.atom"
[sources.pods]
path = "pods.json"
[sources.seeds]
path = "seeds"
title = "Saved articles"

[topics.everything]
title = "Everything & more"
description = "What readers get wrong"
"""

NEWS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>News</title><link>https://news.example.org/</link><description>All the news</description>
<item><title>Tom &amp; Jerry: "3 &lt; 4" isn't 5 &gt; 4</title><link>https://news.example.org/tom?a=1&amp;b=2</link>
  <guid isPermaLink="false">news-1</guid><dc:creator>Sarah Rain</dc:creator><pubDate>01 Nov 2024 08:00:00 +0100</pubDate>
  <category>Film</category><category>AT&amp;T</category><category>Häuser &amp; Gärten</category>
  <content:encoded>&lt;p&gt;First &lt;b&gt;bold&lt;/b&gt; words, a &lt;a href="https://news.example.org/x?y=1&amp;amp;z=2"&gt;link&lt;/a&gt;.&lt;/p&gt;</content:encoded></item>
<item><title>Why AT&amp;T pays</title><link>https://news.example.org/pays</link>
  <guid>https://news.example.org/pays</guid><author>ann@news.example.org (Ann O'Neill)</author>
  <pubDate>31 Oct 2024 23:30:00 -0500</pubDate><description>A description &amp;amp; nothing else</description></item>
<item><title>Écoutez « l’été » – 東京から 🎧</title><link>https://news.example.org/ecoutez</link>
  <guid isPermaLink="false">news-3</guid><dc:creator>Zoë Müller-Çelik</dc:creator><pubDate>30 Oct 2024 10:00:00 GMT</pubDate>
  <enclosure url="https://cdn.example.org/a.mp3?x=1&amp;y=2" length="12345" type="audio/mpeg"/>
  <description>&lt;p&gt;Zum Hören.&lt;/p&gt;</description></item>
<item><link>https://news.example.org/untitled</link><guid isPermaLink="false">news-4</guid>
  <pubDate>29 Oct 2024 10:00:00 GMT</pubDate><description>A note that has no title, only these words.</description></item>
<item><title>An item without a date</title><link>https://news.example.org/dateless</link><guid isPermaLink="false">news-5</guid>
  <dc:creator>Sarah Rain</dc:creator><description>Nobody knows when.</description></item>
</channel></rss>
"""

BLOG = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:blog.example.org,2020:feed</id><title>A blog</title>
<updated>2024-10-28T12:00:00Z</updated><link href="https://blog.example.org/"/><link rel="self" href="https://blog.example.org/atom"/>
<entry xml:lang="ar"><id>tag:blog.example.org,2020:1</id><title>اتفاق جديد بين "موسكو" و&amp;واشنطن</title>
  <link href="https://blog.example.org/1"/><author><name>ليلى حسن</name></author>
  <published>2024-10-28T12:00:00+03:00</published><updated>2024-10-28T15:30:00+03:00</updated>
  <content type="html">&lt;p&gt;نص الخبر باللغة العربية.&lt;/p&gt;</content></entry>
<entry><id>tag:blog.example.org,2020:2</id><title type="html">Why &amp;lt;vector&amp;gt; &lt;i&gt;matters&lt;/i&gt; in C++ &amp;amp; C</title>
  <link href="https://blog.example.org/2"/><author><name>Ada Byron</name></author><author><name>Charles Babbage</name></author>
  <published>2024-10-27T09:00:00Z</published><updated>2024-10-27T09:00:00Z</updated>
  <link rel="enclosure" href="https://cdn.example.org/b.pdf" type="application/pdf" length="99"/>
  <link rel="enclosure" href="https://cdn.example.org/b.ogg" type="audio/ogg"/>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Two files, <em>two</em> authors.</p><pre>a &lt; b</pre></div></content></entry>
<entry><id>https://blog.example.org/3</id><title>What &amp;copy; stands for: Tom &amp; Jerry's "Oaks"</title><link href="https://blog.example.org/3"/>
  <published>2020-02-29T23:59:59Z</published><updated>2024-10-20T00:00:00Z</updated><summary>Only a summary, of an old article that was edited.</summary></entry>
</feed>
"""

PODS = """{"version": "https://jsonfeed.org/version/1.1", "title": "Pods", "home_page_url": "https://pods.example.org/", "items": [
 {"id": "https://pods.example.org/7", "url": "https://pods.example.org/7", "title": "Episode 7: “Curly” & 'straight'",
  "content_html": "<p>Show notes</p>", "date_published": "2024-10-26T06:00:00-07:00", "authors": [{"name": "DJ \\"Q\\" <Quick>"}],
  "tags": ["pods", "music & sound"], "language": "en",
  "attachments": [{"url": "https://cdn.example.org/7.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 7000000}]},
 {"id": "8", "url": "https://pods.example.org/8", "title": "Grüße aus Łódź", "content_text": "Plain text: 1 < 2 & 3",
  "date_published": "2024-10-25T06:00:00Z"}]}
"""

SEED = """Letters from the harbour

By Ivan Petrov

The boats came back before noon, and nobody on the quay asked where they had been. Two of them had lost their nets, which in that season meant that their owners had lost the winter.

“We will borrow,” said the oldest of them, & went home. The others stayed to count what was left, and found that it was enough for one family, perhaps two, if the frost kept away until Christmas.
"""

DATED_SEED = """---
title: An article with its own date
date: 2024-10-24
author: Maria Sola
---
It was pasted from a page that nobody can find any more, so that it has no address.

Its second paragraph is there to make it look like an article.
"""

FILES = {
    "news.rss": NEWS,
    "blog.atom": BLOG,
    "pods.json": PODS,
    "seeds/letters.txt": SEED,
    "seeds/dated.md": DATED_SEED,
}


@dataclass(frozen=True)
class Expected:
    """An item as it must be published: `link` is "" for a page of ours, `date` None for the time it was first seen.

    An item without an author is credited to its source.
    """

    key: str
    title: str
    link: str = ""
    date: datetime | None = None
    authors: tuple[str, ...] = ()


def _at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


EXPECTED = (
    Expected(
        "ampersand",
        'Tom & Jerry: "3 < 4" isn\'t 5 > 4',
        "https://news.example.org/tom?a=1&b=2",
        _at(2024, 11, 1, 7),
        ("Sarah Rain",),
    ),
    Expected(
        "mail address",
        "Why AT&T pays",
        "https://news.example.org/pays",
        _at(2024, 11, 1, 4, 30),
        ("Ann O'Neill",),
    ),
    Expected(
        "enclosure",
        "Écoutez « l’été » – 東京から 🎧",
        "https://news.example.org/ecoutez",
        _at(2024, 10, 30, 10),
        ("Zoë Müller-Çelik",),
    ),
    Expected(
        "untitled",
        "A note that has no title, only these words.",
        "https://news.example.org/untitled",
        _at(2024, 10, 29, 10),
        ("News & Views",),
    ),
    Expected("dateless", "An item without a date", "https://news.example.org/dateless", authors=("Sarah Rain",)),
    Expected(
        "arabic", 'اتفاق جديد بين "موسكو" و&واشنطن', "https://blog.example.org/1", _at(2024, 10, 28, 9), ("ليلى حسن",)
    ),
    Expected(
        "two authors",
        "Why ‹vector› matters in C++ & C",
        "https://blog.example.org/2",
        _at(2024, 10, 27, 9),
        ("Ada Byron", "Charles Babbage"),
    ),
    Expected(
        "entity",
        'What &copy; stands for: Tom & Jerry\'s "Oaks"',
        "https://blog.example.org/3",
        _at(2020, 2, 29, 23, 59, 59),
        ("blog",),
    ),
    Expected(
        "quotes",
        "Episode 7: “Curly” & 'straight'",
        "https://pods.example.org/7",
        _at(2024, 10, 26, 13),
        ('DJ "Q" ‹Quick›',),
    ),
    Expected("plain text", "Grüße aus Łódź", "https://pods.example.org/8", _at(2024, 10, 25, 6), ("pods",)),
    Expected("seed", "Letters from the harbour", authors=("Ivan Petrov",)),
    Expected("dated seed", "An article with its own date", date=_at(2024, 10, 24), authors=("Maria Sola",)),
)
