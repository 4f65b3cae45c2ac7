"""The web pages, by Jinja2, from what is ready to show: no script, no clock, no file. The only module on Jinja2.

A page depends on nothing but its own data, so that a new item in one topic leaves the other topics' pages as they are.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from importlib.resources import files
from importlib.util import cache_from_source
from itertools import groupby
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket

from aggregator.config.values import Share, Site, Topic
from aggregator.digest import digest
from aggregator.model import Document, Entry
from aggregator.publishing import charts, dates, links
from aggregator.publishing.articles import article, file_name, is_rtl
from aggregator.publishing.shown import Shown, show, shown
from aggregator.publishing.status import Activity, SourceDay, SourceStatus, Status, public_error
from aggregator.publishing.wording import language_tag, one_line

# What a page may load. Pictures come from anywhere, as they do in any reader; everything else that could act is out.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self' https: http: data:; media-src https: http:; style-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
_TEMPLATES = files("aggregator.publishing") / "templates"
_ROWS = 1000  # so many sources are listed on the status page; status.json holds all
_URGENCY = ("failing", "gone", "new", "ok", "disabled")


@dataclass(frozen=True, slots=True)
class Overview:
    """A topic on the index page: its newest entries, and when it last changed (None: never)."""

    topic: Topic
    newest: tuple[Entry, ...] = ()
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source on the status page."""

    source: SourceStatus
    title: str
    url: str
    error: str
    chart: charts.Chart


def render_topic_page(site: Site, topic: Topic, items: tuple[Shown, ...], updated: datetime) -> Document:
    """`<topic>.html`: the topic's items by day, and how to subscribe."""
    by_day = [(day, [article(item, top=4) for item in group]) for day, group in groupby(items, _day)]
    sources = Counter((item.source.title, item.source.url or item.source.feed_url) for item in items)
    feed = _feed(site, topic)
    page = _page(
        "topic.html", site, topic=feed, days=by_day, sources=_ranked(sources), count=len(items), updated=updated
    )
    return Document(f"{topic.name}.html", page)


def render_index(site: Site, overviews: Iterable[Overview]) -> Document:
    """index.html: every topic with its newest titles and its feeds."""
    topics = [
        (_feed(site, overview.topic), shown(site, "link", overview.newest, {}), overview.updated)
        for overview in overviews
    ]
    return Document("index.html", _page("index.html", site, topics=topics))


def render_item_page(site: Site, entry: Entry, share: Share) -> Document:
    """`items/<id>.html`: an item that has no address of its own; `share` is its source's `content` setting."""
    item = article(show(site, entry, share), top=2, whole=True)
    return Document(links.item_path(entry), _page("item.html", site, root="../", article=item))


def render_status_page(site: Site, status: Status, activity: Activity) -> Document:
    """status.html: every source's health, those in trouble first, with charts of the last thirty days."""
    days = charts.window(activity)
    figures: dict[str, list[SourceDay]] = defaultdict(list)
    for figure in activity.sources:
        figures[figure.source].append(figure)
    ordered = sorted(status.sources, key=lambda source: _URGENCY.index(source.state))
    page = _page(
        "status.html",
        site,
        states=Counter(source.state for source in ordered),
        rows=[_row(source, figures[source.name], days) for source in ordered[:_ROWS]],
        unlisted=max(len(ordered) - _ROWS, 0),
        topics=[
            (topic, one_line(topic.title) or topic.name, charts.items_a_day(_counts(activity, topic.name), days))
            for topic in status.topics
        ],
        due=charts.due(source.next_poll for source in ordered if source.next_poll and source.state != "disabled"),
    )
    return Document("status.html", page)


def render_assets() -> tuple[Document, ...]:
    """The style sheet and the icon that all pages use: files, because the policy allows no style within a page."""
    return tuple(Document(name, (_TEMPLATES / name).read_bytes()) for name in ("style.css", "icon.svg"))


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates, kept where Python keeps our compiled modules, so that not every process compiles them.

    Where nothing can be written there, or what is there cannot be read, they are compiled.
    """

    def __init__(self) -> None:
        super().__init__(str(Path(cache_from_source(__file__)).parent), "%s.template")
        self._made_by = f"{version('jinja2')} {digest(Path(__file__).read_bytes()).hex()}"

    def get_source_checksum(self, source: str) -> str:
        """What the code must have been made of: the template, but also Jinja, and the settings in this file."""
        return super().get_source_checksum(self._made_by + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the bucket its code, if it is there."""
        with suppress(OSError, EOFError, UnpicklingError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the bucket's code, if that is possible."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aggregator.publishing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,  # they do not change under us, and to ask the file system of each costs each page a part
        bytecode_cache=None if sys.dont_write_bytecode else _Compiled(),
    )
    for written in (dates.full_day, dates.plain_day, dates.day_and_month, dates.clock, dates.day_and_time):
        environment.filters[written.__name__] = written
    environment.filters |= {"file_name": file_name, "drawn": charts.drawn}
    environment.tests["rtl"] = is_rtl
    return environment


_ENVIRONMENT = _environment()


def _page(template: str, site: Site, *, root: str = "", **values: Any) -> bytes:
    page = _ENVIRONMENT.get_template(template).render(
        site_title=one_line(site.title),
        site_language=language_tag(site.language) or "en",
        contact=links.web_url(site.contact),
        policy=CONTENT_SECURITY_POLICY,
        root=root,
        **values,
    )
    return page.encode()


def _feed(site: Site, topic: Topic) -> Mapping[str, str]:
    return {
        "name": topic.name,
        "title": one_line(topic.title) or topic.name,
        "description": one_line(topic.description),
        "address": links.topic_url(site, topic.name, "atom"),
    }


def _day(item: Shown) -> date:
    return item.published.date()


def _ranked(sources: Counter[tuple[str, str]]) -> list[tuple[str, str, int]]:
    return [
        (title, url, count) for (title, url), count in sorted(sources.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _row(source: SourceStatus, figures: list[SourceDay], days: tuple[date, ...]) -> SourceRow:
    title = one_line(source.title) or source.name
    return SourceRow(source, title, links.web_url(source.url), public_error(source), charts.polls_a_day(figures, days))


def _counts(activity: Activity, topic: str) -> dict[date, int]:
    return {figure.day: figure.items for figure in activity.topics if figure.topic == topic}
