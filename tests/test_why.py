"""The answers to "why": explain, preview, search; and split, for when the answer is wrong."""

import json
import re

import pytest
from fakeweb import FakeWeb, answer
from places import Place, item, rss

LEAD = "The two governments agreed on Monday to reopen the bridge that has been closed since the flood of last winter. "
BODY = LEAD + (
    "Engineers will inspect the pillars before the first lorries cross, and a ferry carries passengers until then. "
    "Shopkeepers on both banks said they had lost a third of their custom, and some of them have closed for good. "
    "The ministers of transport shook hands in front of the barrier and promised that it would be gone by spring. "
    "Nobody mentioned the dispute over tolls, which is to be settled by a commission of six members before June. "
)
DATE = "Sun, 01 Nov 2026 08:00:00 GMT"


@pytest.fixture(params=["ab", "ba"], ids=["a first", "b first"])
def folded(place: Place, request: pytest.FixtureRequest) -> Place:
    """Whichever comes first, two papers with one wire story under other headlines, a third with its own, all polled over loopback."""
    script = {
        "/a": [answer(200, rss(item("Bridge across the river to reopen", "a1", "https://a.example/x", BODY, DATE), title="A"))],
        "/b": [answer(200, rss(item("Neighbours settle bridge row", "b1", "https://b.example/y", BODY + "Our own reporter adds a line.", DATE.replace("08:", "09:")), title="B"))],
        "/c": [answer(200, rss(item("Football tonight", "c1", "https://c.example/z", "A match between two sides.", DATE), title="C"))],
    }  # fmt: skip
    with FakeWeb(script) as web:
        place.configure(
            "".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n' for name in "abc")
            + '[topics.all]\ntitle = "All"\n[topics.bridge]\ntitle = "Bridges"\nany = ["bridge*", "tunnel"]\n'
            + '[topics.quiet]\ntitle = "Quiet"\nmatch = "match -football"\nlanguages = ["en"]\n'
        )
        for name in request.param:
            assert place.run("-q", "fetch", name) == 0
        assert place.run("-q", "fetch") == 0
    return place


def test_a_wire_story_under_two_headlines_is_one_entry_that_names_both(folded: Place) -> None:
    """One entry in the feed; both sources are named in it."""
    assert sorted(folded.titles("all")) == ["Bridge across the river to reopen", "Football tonight"]
    entry = next(entry for entry in folded.feed("all").entries if "Bridge" in entry.title)
    assert entry.source.title == "A"
    assert re.search(r"Also in.*B", entry.content[0].value)


@pytest.mark.parametrize("name", ["https://b.example/y", "b1", "a1", "1"])
def test_explain_tells_the_rule_the_score_and_the_words(
    folded: Place, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """By number, URL or guid of any copy: who showed it, what was folded and why, which topics and by which terms."""
    assert folded.run("explain", name) == 0
    told = capsys.readouterr().out
    assert "folded by the rule “text” or “title and text”" in told or re.search(
        r"folded by the rule “[\w ]+”, score \d\.\d\d: .*%", told
    )
    assert "in all: the topic takes every item of its sources" in told
    assert "in bridge: matches by bridge*" in told
    assert "not in quiet: does not match: match is missing" in told


def test_explain_says_what_kept_an_item_out(folded: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Excluded by a term, none of the terms, a source that the topic does not take."""
    folded.run("explain", "c1")
    told = capsys.readouterr().out
    assert "not in quiet: does not match: excluded by football" in told
    assert "not in bridge: does not match: none of" in told


def test_an_item_that_is_not_there_is_an_error_with_a_hint(folded: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and the command that finds items."""
    assert folded.run("explain", "nothing") == 2
    assert "aggregator search" in capsys.readouterr().err


def test_split_is_for_good(folded: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """The torn copy is an entry of its own, keeps its id, and is not folded again by a later poll or rebuild."""
    before = {entry.title: entry.id for entry in folded.feed("all").entries}
    assert folded.run("split", "b1") == 0
    assert "is “Neighbours settle bridge row” from b" in capsys.readouterr().out
    after = {entry.title: entry.id for entry in folded.feed("all").entries}
    assert set(after) == {*before, "Neighbours settle bridge row"}
    assert {title: after[title] for title in before} == before
    assert "Also in" not in folded.feed("all").entries[0].content[0].value
    folded.run("-q", "publish")
    assert {entry.title: entry.id for entry in folded.feed("all").entries} == after
    assert folded.run("split", "b1") == 2
    assert "nothing to split" in capsys.readouterr().err


def test_a_third_copy_does_not_undo_a_split(folded: Place) -> None:
    """What a person tore apart stays apart, also where a new copy is like both."""
    folded.run("-q", "split", "b1")
    with FakeWeb({"/d": [answer(200, rss(item("Bridge to reopen", "d1", "https://d.example/y", BODY, DATE)))]}) as web:
        text = (folded.folder / "feeds.toml").read_text()
        (folded.folder / "feeds.toml").write_text(text + f'[sources.d]\nurl = "{web.url("/d")}"\n')
        folded.run("-q", "fetch", "d")
    items = dict(folded.rows("SELECT guid, item_id FROM appearances"))
    assert items["a1"] != items["b1"]
    assert items["d1"] in (items["a1"], items["b1"])


def test_a_copy_that_joins_two_items_makes_them_one(place: Place) -> None:
    """The older item stays, the younger one's id goes on meaning it, and the feed has one entry less."""
    title = "Bridge will reopen in spring after long repairs"
    items = {
        "a": item("Ministers shake hands", "urn:test:a", "https://a.example/x", BODY, DATE),
        "b": item(title, "urn:test:b", "https://b.example/bridge", "", DATE),
        "c": item(title, "urn:test:c", "https://b.example/bridge?utm_source=c", BODY, DATE),
    }
    script = {f"/{name}": [answer(200, rss(one))] for name, one in items.items()}
    with FakeWeb(script) as web:
        place.configure(
            "".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n' for name in "abc")
            + '[topics.all]\ntitle = "All"\n'
        )
        place.run("-q", "fetch", "a", "b")
        assert len(place.titles("all")) == 2
        place.run("-q", "fetch", "c")
    assert len(place.titles("all")) == 1
    assert place.rows("SELECT count(*) FROM appearances") == [(3,)]
    kept = place.feed("all").entries[0].id
    gone = ({"urn:test:a", "urn:test:b"} - {kept}).pop()
    assert place.rows("SELECT uid FROM aliases") == [(gone,)]
    assert place.run("explain", gone) == 0


def test_preview_tells_what_an_edit_would_do_and_does_nothing(
    folded: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """Gained and lost with the terms; the feed and the database are as before."""
    before = folded.published()
    path = folded.folder / "feeds.toml"
    path.write_text(path.read_text().replace('any = ["bridge*", "tunnel"]', 'any = ["football"]'))
    assert folded.run("preview", "bridge") == 0
    told = capsys.readouterr().out
    assert re.search(r"\+ +\d+ +2026-11-01 +c +Football tonight +football", told)
    assert re.search(r"- +\d+ +2026-11-01 +a +Bridge across the river", told)
    assert "bridge: 1 would be gained, 1 lost, 0 stay" in told
    assert folded.published() == before
    assert len(folded.titles("bridge")) == 1
    assert folded.run("preview", "brigde") == 2


SEARCHES = [
    ("bridge", ["Bridge across the river to reopen"]),
    ("title:bridge", ["Bridge across the river to reopen"]),
    ("ferry OR match", ["Bridge across the river to reopen", "Football tonight"]),
    ("pass*", ["Bridge across the river to reopen"]),
    ("/foot(ball)?/i -bridge", ["Football tonight"]),
    ("source:c", ["Football tonight"]),
    ('"two sides"', ["Football tonight"]),
    ("tunnel", []),
]


@pytest.mark.parametrize(("query", "titles"), SEARCHES)
def test_search_speaks_the_language_of_rules(
    folded: Place, capsys: pytest.CaptureFixture[str], query: str, titles: list[str]
) -> None:
    """What is found is what a topic with that rule would take, the terms beside it."""
    assert folded.run("search", query, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(hit["title"] for hit in found) == titles
    assert all(set(hit) >= {"id", "uid", "url", "source", "published", "terms", "topics"} for hit in found)


def test_a_query_that_cannot_be_read_is_told_like_a_rule(folded: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 and the parser's own message."""
    assert folded.run("search", "(bridge") == 2
    assert "never closed" in capsys.readouterr().err


def test_status_tells_the_same_on_the_console_and_in_the_file(
    folded: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """`status --json` and public/status.json are one document with the promised keys."""
    assert folded.run("status", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == folded.status()
    assert set(told["sources"][0]) >= {
        "name",
        "url",
        "state",
        "last_polled",
        "next_poll",
        "last_status",
        "last_error",
        "failures",
        "items",
    }
    assert [(topic["name"], topic["items"]) for topic in told["topics"]] == [("all", 2), ("bridge", 1), ("quiet", 0)]
    assert folded.run("status") == 0
    assert "bridge" in capsys.readouterr().out


def test_a_question_before_the_first_fetch_has_an_answer(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """No database yet: exit 1 and the command that makes one; none is made."""
    place.configure('[topics.t]\ntitle = "T"\n')
    for command in (["status"], ["search", "x"], ["explain", "1"], ["preview", "t"], ["split", "1"], ["publish"]):
        assert place.run(*command) == 1
        assert '"aggregator fetch" makes one' in capsys.readouterr().err
    assert [path.name for path in place.folder.iterdir()] == ["feeds.toml"]
