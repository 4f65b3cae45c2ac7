"""`aggregator backtest`: scores on labelled sets, and a sample of what is stored, without changing anything."""

import json

import pytest
from places import Place

TEXT = (
    "The harbour will be closed for a week while divers look for the anchor that a freighter lost there on Sunday night. "
    * 3
)
OTHER = (
    "A new library opens in the old brewery, with reading rooms under the copper kettles and a children's floor above. "
    * 3
)


def row(number: int, feed: str, title: str, content: str, cluster: str) -> tuple[dict[str, object], dict[str, object]]:
    """An item of a set and its label."""
    item = {"id": str(number), "feed": feed, "title": title, "url": f"https://{feed}.example/{number}",
            "published": 1_790_000_000 + number, "summary": "", "content": content, "lang": "en", "source": feed}  # fmt: skip
    return item, {"id": str(number), "cluster": cluster, "story": cluster, "kind": "plain"}


ROWS = [
    row(1, "a", "Harbour closed for a week", TEXT, "x"),
    row(2, "b", "Divers search for lost anchor", TEXT, "x"),
    row(3, "c", "Library opens in old brewery", OTHER, "y"),
    row(4, "d", "Books under the kettles", OTHER, "z"),
]


def test_a_set_is_scored_and_its_mistakes_are_shown(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Pairs found and right, pairs wrongly joined, and the titles of what was wrong."""
    place.save({
        "sets/small.items.jsonl": "\n".join(json.dumps(item) for item, _ in ROWS),
        "sets/small.gold.jsonl": "\n".join(json.dumps(label) for _, label in ROWS),
    })  # fmt: skip
    assert place.run("backtest", "--sets", str(place.folder / "sets")) == 0
    told = capsys.readouterr().out.split()
    assert told[told.index("small") : told.index("small") + 6] == ["small", "4", "0.500", "1.000", "0.667", "1"]
    assert "kettles" in told


BROKEN = [
    ({}, "holds no labelled set"),
    ({"s.items.jsonl": "{", "s.gold.jsonl": ""}, "not made of JSON lines"),
    ({"s.items.jsonl": '{"id": "1"}', "s.gold.jsonl": ""}, "missing"),
]


@pytest.mark.parametrize(("files", "words"), BROKEN)
def test_what_is_no_set_is_told(
    place: Place, capsys: pytest.CaptureFixture[str], files: dict[str, str], words: str
) -> None:
    """Exit 2 and what is wrong with it."""
    place.save({f"sets/{name}": text for name, text in files.items()})
    assert place.run("backtest", "--sets", str(place.folder / "sets")) == 2
    assert words in capsys.readouterr().err


def test_what_is_stored_is_folded_anew_and_stays_as_it_is(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Copies of the last days, how many would be folded, and a sample with the reason."""
    place.save(
        {"a/one.txt": f"Harbour closed for a week\n\n{TEXT}\n", "b/two.txt": f"Divers search for an anchor\n\n{TEXT}\n"}
    )
    place.configure('[sources.a]\npath = "a"\n[sources.b]\npath = "b"\ndedupe = true\n[topics.all]\ntitle = "All"\n')
    assert place.run("-q", "fetch") == 0
    before = place.published()
    assert place.run("backtest", "--days", "1") == 0
    told = capsys.readouterr().out
    assert "2 copies first seen in the last 1 days: 1 would be folded" in told
    assert "Divers search for an anchor" in told
    assert place.published() == before
