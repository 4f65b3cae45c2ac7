"""The entries of an Atom document (RFC 4287) as text, from what is ready to show: four times as fast as by feedgen.

Every element stands on a line of its own, so that a diff shows what changed.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from aggregator.publishing.links import Link
from aggregator.publishing.shown import Attribution, Shown


def entries(items: Iterable[Shown]) -> str:
    """The entries, as they stand within a feed that declares the prefix `media`."""
    return "".join(f"  <entry{_language(item)}>\n{_parts(item)}  </entry>\n" for item in items)


def entry_links(item: Shown) -> Iterator[Link]:
    """An entry's links, its address first."""
    yield Link("alternate", item.link, "text/html")
    for enclosure in item.enclosures:
        yield Link("enclosure", enclosure.url, enclosure.type, length=enclosure.length)
    for copy in item.also:
        if copy.url:
            yield Link("related", copy.url, "text/html", copy.source.title)
    if item.via and item.via.url:
        yield Link("via", item.via.url, title=item.via.title)
    if item.comments:
        yield Link("replies", item.comments, "text/html")


def _language(item: Shown) -> str:
    return f' xml:lang="{_attribute(item.language)}"' if item.language else ""


def _parts(item: Shown) -> str:
    updated = item.updated.isoformat()
    before, after = _source(item.source)
    return "".join(
        (
            f"    <id>{_escaped(item.uid)}</id>\n",
            f'    <title type="text">{_plain(item.title)}</title>\n',
            f"    <updated>{updated}</updated>\n",
            *(f"    <author>\n      <name>{_plain(name)}</name>\n    </author>\n" for name in item.credited),
            f'    <content type="html">{_escaped(item.html)}</content>\n' if item.html else "",
            f'    <summary type="text">{_plain(item.summary)}</summary>\n' if item.summary else "",
            *(f'    <category term="{_attribute(category)}"/>\n' for category in item.categories),
            f"    <published>{item.published.isoformat()}</published>\n",
            f"    <rights>{_plain(item.rights)}</rights>\n" if item.rights else "",
            *(f"    {_link(link)}\n" for link in entry_links(item)),
            f"{before}{updated}{after}",
            f'    <media:thumbnail url="{_attribute(item.image)}"/>\n' if item.image else "",
        )
    )


@lru_cache(maxsize=1_000)
def _source(source: Attribution) -> tuple[str, str]:
    """A source (section 4.2.11) up to its date and from there, for its many entries.

    Its date is the entry's: what its feed said of itself at its last poll would change with every poll.
    """
    title = _plain(source.title)
    before = f'    <source>\n      <id>{_escaped(source.id)}</id>\n      <title type="text">{title}</title>\n'
    own = f"      {_link(Link('self', source.feed_url))}\n" if source.feed_url else ""
    page = f"      {_link(Link('alternate', source.url, 'text/html'))}\n" if source.url else ""
    rights = f"      <rights>{_plain(source.rights)}</rights>\n" if source.rights else ""
    after = f"      <author>\n        <name>{title}</name>\n      </author>\n{own}{page}{rights}    </source>\n"
    return f"{before}      <updated>", f"</updated>\n{after}"


def _link(link: Link) -> str:
    stated = [("rel", link.rel), ("href", link.href), ("type", link.type), ("title", link.title)]
    if link.length is not None:
        stated.append(("length", str(link.length)))
    return "<link" + "".join([f' {name}="{_attribute(value)}"' for name, value in stated if value]) + "/>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _plain(text: str) -> str:
    """Plain text on one line, with hexadecimal references: see feeds.py."""
    return text.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    """All that stands in one is on one line already."""
    return _escaped(text).replace('"', "&quot;")
