"""Health and figures as text, what is told of troubles, and when it is time to publish: all decided from values."""

import re
from datetime import UTC, datetime

import pytest

from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.record import Result
from aggregator.serving.press import is_time
from aggregator.serving.shelf import Body, Shelf
from aggregator.serving.troubles import Troubles, Voice
from aggregator.serving.vitals import Present, Vitals, health, metrics
from aggregator.storage.figures import Figures

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def result(status: int | None = 200, state: str = "ok", error: str = "", new: int = 0) -> Result:
    """A poll's result."""
    return Result("a", state, status, Ingested(new=new), 5, NOW, error)


def present(figures: Figures | None = None) -> Present:
    """A moment."""
    return Present(NOW, {}, {304: 7, 200: 2}, 3, 4, figures)


def test_figures_are_in_the_form_that_prometheus_reads() -> None:
    """Each family has its HELP and TYPE before its samples, and its name once."""
    vitals = Vitals(started=1000.5)
    for one in (result(new=3), result(304), result(500, "failing", "no"), result(410, "gone", "gone")):
        vitals.note(one)
    lines = metrics(vitals, present(Figures(9, {"ok": 1, "failing": 2}, 2, datetime(2026, 11, 22, 11, 59, tzinfo=UTC))))
    assert lines.endswith("\n")
    families = re.findall(
        r"^# HELP (\S+) .+\n# TYPE \1 (gauge|counter)\n((?:\1(?:\{\w+=\"[^\"]+\"\})? [\d.]+\n)+)", lines, re.MULTILINE
    )
    assert "".join(f"{name}" for name, _, _ in families).count("aggregator_") == len({name for name, _, _ in families})
    assert sum(samples.count("\n") + 2 for _, _, samples in families) == lines.count("\n")
    for sample in (
        'polls_total{outcome="read"} 1',
        'polls_total{outcome="not_modified"} 1',
        'polls_total{outcome="failed"} 1',
        'polls_total{outcome="gone"} 1',
        'items_total{kind="new"} 3',
        'http_requests_total{status="304"} 7',
        "http_connections 3",
        "polls_under_way 4",
        "sources_due 2",
        "due_lag_seconds 60",
        "items_stored 9",
        'sources{state="failing"} 2',
        "start_time_seconds 1000.500",
    ):
        assert f"\naggregator_{sample}\n" in lines


def test_figures_without_a_database_are_those_of_the_server() -> None:
    """No invented zeros."""
    lines = metrics(Vitals(started=0), present())
    assert "aggregator_http_connections 3" in lines
    assert "aggregator_items_stored" not in lines


HEALTH = [
    ("well", 0.0, {}, 200, "ok\n"),
    ("just ticked", 1000.0, {}, 200, "ok\n"),
    ("stalled", 900.0, {}, 503, "not well\npolling: the scheduler has not ticked for 101 seconds\n"),
    ("a broken edit", 1000.0, {"feeds.toml": "line 3"}, 200, "ok\nfeeds.toml: line 3\n"),
    ("no database", 1000.0, {"database": "damaged"}, 503, "not well\ndatabase: damaged\n"),
    ("no polling", 1000.0, {"polling": "disk full"}, 503, "not well\npolling: disk full\n"),
]


@pytest.mark.parametrize(("name", "ticked", "troubles", "status", "text"), HEALTH, ids=[row[0] for row in HEALTH])
def test_health_is_ok_or_says_why_not(
    name: str, ticked: float, troubles: dict[str, str], status: int, text: str
) -> None:
    """503 where asking this server is no use; a broken feeds.toml is said, but the last good one serves well."""
    assert health(Vitals(0.0, ticked), troubles, 1001.0) == (status, text), name


def test_health_publishes_no_secret() -> None:
    """An error may quote an address with a token in it."""
    _, text = health(Vitals(0.0), {"feeds.toml": 'url "https://me:pw@a.example/?token=s3cr3t" is taken'}, 1.0)
    assert "a.example" in text
    assert "s3cr3t" not in text
    assert "pw" not in text


def test_a_trouble_is_told_once_and_its_end_too() -> None:
    """Not at every retry; again where it is another."""
    said: list[str] = []
    troubles = Troubles(Voice(lambda text: said.append(f"say {text}"), lambda text: said.append(f"warn {text}")))
    for sentence in ("full", "full", "read-only"):
        troubles.begin("disk", sentence)
    assert troubles.now == {"disk": "read-only"}
    troubles.end("disk")
    troubles.end("disk")
    assert troubles.now == {}
    assert said == ["warn disk: full", "warn disk: read-only", "say disk: all is well again"]


TIMES = [
    ("news", 2.0, 0.1, True, True, True),
    ("news, right after the last time", 1.9, 0.1, True, True, False),
    ("news, after a long publication", 29.0, 10.0, True, True, False),
    ("news, when it has rested", 30.0, 10.0, True, True, True),
    ("polls alone", 59.0, 0.1, False, True, False),
    ("polls alone for a minute", 60.0, 0.1, False, True, True),
    ("nothing", 599.0, 0.1, False, False, False),
    ("items may have grown too old", 600.0, 0.1, False, False, True),
]


@pytest.mark.parametrize(("name", "rested", "took", "news", "polls", "wanted"), TIMES, ids=[row[0] for row in TIMES])
def test_it_is_published_soon_but_never_all_the_time(
    name: str, rested: float, took: float, news: bool, polls: bool, wanted: bool
) -> None:
    """News within seconds, the status page within a minute, and never more than a quarter of the time."""
    assert is_time(rested, took, news=news, polls=polls) is wanted, name


def test_the_shelf_keeps_what_is_asked_for_and_no_more_than_fits() -> None:
    """The least lately used goes; what is larger than the shelf is not kept."""
    shelf = Shelf(10)
    for name in "abc":
        shelf.put(name, "br", Body(b"", (), b"1234"))
        shelf.get("a", "br")
    assert (shelf.get("a", "br") is None, shelf.get("b", "br") is None, shelf.get("c", "br") is None) == (
        False,
        True,
        False,
    )
    shelf.put("a", "br", Body(b"", (), b"12"))
    assert shelf.size == 6
    shelf.put("d", "br", Body(b"", (), b"12345678901"))
    assert shelf.get("d", "br") is None
    assert shelf.size == 0
