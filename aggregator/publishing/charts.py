"""The status page's small charts: figures in, rectangles out, and these as inline SVG.

They are no template, because a page of a thousand sources has thirty thousand of these rectangles.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import chain

from markupsafe import Markup, escape

from aggregator.publishing.dates import day_and_month, day_and_time
from aggregator.publishing.status import Activity, SourceDay

DAYS = 30
_STEP, _GAP, _HEIGHT = 8, 2, 32
_SLOTS = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle in the chart's units from its top left; `kind` is its CSS class, `label` what a pointer shows.

    `drawn` is its SVG, made once for all the charts that have it.
    """

    x: int
    y: int
    width: int
    height: int
    kind: str
    label: str
    drawn: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        place = f'x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}"'
        label = f"<title>{escape(self.label)}</title>"
        object.__setattr__(self, "drawn", f'<rect class="{escape(self.kind)}" {place}>{label}</rect>\n')


@dataclass(frozen=True, slots=True)
class Chart:
    """A row of bars and what it shows, said in words for those who do not see it; `first` and `last` label its ends."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    label: str
    first: str
    last: str


def drawn(chart: Chart) -> Markup:
    """The chart as inline SVG; in words, where it has nothing to show."""
    if not chart.bars:
        return Markup('<span class="none">no figures yet</span>\n')
    width, height = chart.width, chart.height
    head = f'<svg class="chart" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
    ground = f'<path class="ground" d="M0 {height - 0.5}H{width}"/>\n'
    bars = "".join(bar.drawn for bar in chart.bars)
    label = f'aria-label="{escape(chart.label)}" preserveAspectRatio="none"'
    return Markup(f"{head} {label}>\n{ground}{bars}</svg>\n")  # noqa: S704  numbers, and what is escaped above


def window(activity: Activity) -> tuple[date, ...]:
    """The days the charts cover: the last thirty up to the newest day that has any figure; none without figures."""
    days = [figure.day for figure in activity.topics] + [figure.day for figure in activity.sources]
    newest = max(days, default=None)
    return () if newest is None else tuple(newest - timedelta(days=back) for back in reversed(range(DAYS)))


def items_a_day(counts: dict[date, int], days: tuple[date, ...]) -> Chart:
    """A topic's new items, a bar a day, the tallest as high as the chart."""
    most = max((counts.get(day, 0) for day in days), default=0)
    bars = tuple(
        _standing(at, counts[day], most, "items", f"{day_and_month(day)}: {_items(counts[day])}")
        for at, day in enumerate(days)
        if counts.get(day)
    )
    total = sum(counts.get(day, 0) for day in days)
    label = f"{_items(total)} in {len(days)} days, at most {most} on one day."
    return Chart(len(days) * _STEP, _HEIGHT, bars, label, *_ends(days))


def polls_a_day(figures: Iterable[SourceDay], days: tuple[date, ...]) -> Chart:
    """A source's polls, a bar a day: of full height, its upper part standing for the share that failed."""
    known = {figure.day: figure for figure in figures}
    there = [(at, day, known[day].polls, known[day].failures) for at, day in enumerate(days) if day in known]
    bars = tuple(chain.from_iterable(_split(*figure) for figure in there))
    polls = sum(figure[2] for figure in there)
    failed = sum(figure[3] for figure in there)
    label = f"{polls} {'poll' if polls == 1 else 'polls'} in {len(days)} days, {failed} failed."
    return Chart(len(days) * _STEP, _HEIGHT, bars, label, *_ends(days))


def due(times: Iterable[datetime]) -> Chart | None:
    """When polls are due: the time from the first to the last in 24 slots; None where nothing is due."""
    known = sorted(times)
    if not known:
        return None
    start, slot = known[0], max((known[-1] - known[0]) / _SLOTS, timedelta(minutes=1))
    counts = Counter(min(int((moment - start) / slot), _SLOTS - 1) for moment in known)
    most = max(counts.values())
    bars = tuple(
        _standing(at, counts[at], most, "due", f"{_sources(counts[at])} from {day_and_time(start + at * slot)}", wide=2)
        for at in sorted(counts)
    )
    first, last = day_and_time(start), day_and_time(known[-1])
    label = f"{_sources(len(known))} due from {first} to {last}, at most {most} in one of {_SLOTS} slots."
    return Chart(_SLOTS * _STEP * 2, _HEIGHT, bars, label, first, last)


def _standing(at: int, count: int, most: int, kind: str, label: str, *, wide: int = 1) -> Bar:
    height = max(round(_HEIGHT * count / most), 2)
    return Bar(at * _STEP * wide, _HEIGHT - height, _STEP * wide - _GAP, height, kind, label)


@lru_cache(maxsize=10_000)
def _split(at: int, day: date, polls: int, failures: int) -> tuple[Bar, ...]:
    """A day's bars; on most days most sources are polled equally often, and none of it fails."""
    label = f"{day_and_month(day)}: {polls} polls, {failures} failed"
    height = round(_HEIGHT * failures / polls) if polls else 0
    height = max(height, 4) if failures else 0
    failed, fine = (
        Bar(at * _STEP, 0, _STEP - _GAP, height, "failed", label),
        Bar(at * _STEP, height, _STEP - _GAP, _HEIGHT - height, "fine", label),
    )
    return (*((failed,) if height else ()), *((fine,) if height < _HEIGHT else ()))


def _ends(days: tuple[date, ...]) -> tuple[str, str]:
    return (day_and_month(days[0]), day_and_month(days[-1])) if days else ("", "")


def _items(count: int) -> str:
    return f"{count} {'item' if count == 1 else 'items'}"


def _sources(count: int) -> str:
    return f"{count} {'source' if count == 1 else 'sources'}"
