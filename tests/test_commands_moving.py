"""`init`, `import` and `export` as a user runs them."""

import io
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from fakeweb import FakeWeb, answer
from places import HEAD, Place, item, rss

from aggregator.config.load import load

FEED = rss(item("One", guid="1", text="x"), item("Two", guid="2", text="y"), title="The Feed")
TOPICS = '\n# My topics, in this order\n\n[topics.all]  # everything\ntitle = "All"\n'


def text(place: Place) -> str:
    """What feeds.toml says."""
    return (place.folder / "feeds.toml").read_text(encoding="utf-8")


# -- init -----------------------------------------------------------------------------------------------------------


def test_init_writes_a_file_that_is_right_and_teaches(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """The next commands work on it as it is, and everything in it that is commented out is right too."""
    assert place.run("init") == 0
    assert "aggregator add" in capsys.readouterr().out
    assert place.run("check") == 0
    assert place.run("-q", "fetch") == 0
    assert sorted(path.name for path in place.folder.iterdir()) == [
        "aggregator.db", "aggregator.db.backups", "aggregator.db.lock", "feeds.toml", "public",
    ]  # fmt: skip
    examples = re.findall(r"^# (\[[\w.]+\]|\w+ +=.*)$", text(place), re.MULTILINE)
    place.configure("\n".join(examples), head=text(place))
    assert place.run("check") == 0
    assert list(load(place.folder / "feeds.toml").sources) == ["example", "seeds"]


def test_init_never_touches_a_file_that_is_there(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A right one, a broken one, an empty one, a link that leads nowhere."""
    path = place.folder / "feeds.toml"
    for content in (HEAD, "[broken", ""):
        path.write_text(content)
        assert place.run("init") == 1
        assert "is there already" in capsys.readouterr().err
        assert path.read_text() == content
    path.unlink()
    path.symlink_to("nowhere")
    assert place.run("init") == 1
    assert not (place.folder / "nowhere").exists()


# -- import and export ----------------------------------------------------------------------------------------------

LIST = """<?xml version="1.0"?>
<opml version="2.0"><body>
<outline text="News">
<outline text="One & only" xmlUrl="https://one.example/feed"/>
<outline text="Program" xmlUrl="|rm"/>
</outline>
<outline text="Two" xmlUrl="https://two.example/feed" frss:filtersActionRead="intitle:ad"/>
</body></opml>
"""


def test_a_list_moves_in(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """What is new is added with its tags and notes, what is there is passed over, what is wrong is told with its line."""
    place.save({"list.opml": LIST})
    place.configure('[sources.mine]\nurl = "http://www.two.example/feed/"\n' + TOPICS)
    path = str(place.folder / "list.opml")
    assert place.run("import", path) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"1 added to {place.folder / 'feeds.toml'}, 1 there already, 1 left out", "tags, from its folders: News",
    ]  # fmt: skip
    assert err.splitlines() == [
        f"{path}:4: this is no XML: not well-formed (invalid token); read on all the same",
        f"{path}:5: Program: a program to run, which is never done for a list: |rm",
    ]
    found = load(place.folder / "feeds.toml").sources
    assert list(found) == ["mine", "one-only"]
    assert (found["one-only"].title, found["one-only"].tags) == ("One & only", {"News"})
    before = text(place)
    assert place.run("import", path) == 0
    assert text(place) == before


def test_notes_become_comments(place: Place) -> None:
    """What another reader filtered is not lost, and not obeyed."""
    place.save({"list.opml": LIST})
    place.configure(TOPICS)
    assert place.run("-q", "import", str(place.folder / "list.opml")) == 0
    assert '\ntitle = "Two"\n# FreshRSS marked as read what matched: intitle:ad\n' in text(place)


def test_a_planet_moves_in_from_standard_input(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`import -` reads it; that it is INI is told by what it is."""
    planet = b"[Planet]\nname = x\n[https://one.example/feed]\nname = One\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(planet)))
    place.configure(TOPICS)
    assert place.run("-q", "import", "-") == 0
    assert load(place.folder / "feeds.toml").sources["one"].url == "https://one.example/feed"


NO_LISTS: list[tuple[bytes | None, int, str]] = [
    (None, 2, "cannot be read: No such file"),
    (b"", 1, "no subscriptions in it"),
    (FEED, 1, "no subscriptions in it"),
    (b"<html><body>Log in</body></html>", 1, "no subscriptions in it"),
    (b"\x00\x01\x02" * 100, 1, "no subscriptions in it"),
    (b"x" * 10_000_001, 1, "larger than 10 MB"),
]


@pytest.mark.parametrize(("body", "code", "words"), NO_LISTS)
def test_what_is_no_list(
    place: Place, capsys: pytest.CaptureFixture[str], body: bytes | None, code: int, words: str
) -> None:
    """Told as such; nothing is written."""
    place.save({} if body is None else {"list.opml": body})
    place.configure(TOPICS)
    assert place.run("import", str(place.folder / "list.opml")) == code
    assert words in capsys.readouterr().err
    assert text(place) == HEAD + TOPICS


SOURCES = """
[sources.bbc]
url = "https://bbc.example/feed?a=1&b=<2>"
title = 'The "BBC" & more'
tags = ["news", "a b", "50%, or / so"]
[sources.private]
url = "https://user:secret@x.example/feed"
[sources.off]
url = "https://off.example/"
enabled = false
tags = ["news"]
[sources.files]
path = "seeds"
"""


def test_what_is_exported_is_imported_again(
    place: Place, tmp_path_factory: pytest.TempPathFactory, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The same names, titles, URLs and tags; who is private is warned of; files are no part of it."""
    place.configure(SOURCES + TOPICS)
    assert place.run("export") == 0
    out, err = capfdbinary.readouterr()
    assert b"they are files: files" in err
    assert b"password or a token: private" in err
    other = Place(tmp_path_factory.mktemp("other"))
    other.save({"list.opml": out})
    other.configure(TOPICS)
    assert other.run("-q", "import", str(other.folder / "list.opml")) == 0
    before, after = load(place.folder / "feeds.toml").sources, load(other.folder / "feeds.toml").sources
    assert {name: before[name] for name in after} == after
    assert before.keys() - after.keys() == {"files"}


def test_an_export_says_what_the_feeds_call_themselves(place: Place, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """For other readers; it does not become a title of ours when it comes back."""
    place.configure(TOPICS)
    with FakeWeb({"/feed": [answer(200, FEED)]}) as web:
        place.run("-q", "add", web.url("/feed"))
    capfdbinary.readouterr()
    assert place.run("export") == 0
    out = capfdbinary.readouterr().out
    assert b'text="The Feed" type="rss"' in out
    assert b"htmlUrl=" in out
    assert b"title=" not in out


def test_the_topics_are_exported_as_they_are_published(place: Place, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """`export --topics` prints topics.opml, without a database."""
    place.configure(TOPICS)
    assert place.run("export", "--topics") == 0
    out = capfdbinary.readouterr().out
    assert b"https://feeds.example.org/all.atom" in out
    place.run("-q", "fetch")
    assert out == (place.folder / "public" / "topics.opml").read_bytes()


def test_fifty_commands_leave_the_file_as_its_owner_wrote_it(place: Place) -> None:
    """Imports and additions in turn: every line that was there is there, in its order, and means what it meant."""
    owners = (
        HEAD
        + "\n# one\n\n\n[sources.own] # mine\nurl = 'https://own.example/'\n# every = '2h'\n"
        + TOPICS
        + "\n\n# the end"
    )
    place.configure(owners, head="")
    before = tomllib.loads(owners)
    with FakeWeb({f"/{number}.xml": [answer(200, rss(title=f"Feed {number}"))] for number in range(6)}) as web:
        for number in range(50):
            if number % 9:
                outline = f'<outline text="T{number % 7}"><outline text="L{number}" xmlUrl="https://{number}.example/"/></outline>'
                place.save({"list.opml": f"<opml><body>{outline}</body></opml>"})
                assert place.run("-q", "import", str(place.folder / "list.opml")) == 0
            else:
                topic = ["--topic", f"t{number}"] if number % 2 else []
                assert place.run("-q", "add", web.url(f"/{number // 9}.xml"), *topic) == 0
    lines = iter(text(place).splitlines())
    assert all(line in lines for line in owners.splitlines())
    after = tomllib.loads(text(place))
    assert after["sources"]["own"] == before["sources"]["own"]
    assert after["topics"]["all"] == before["topics"]["all"]
    assert len(after["sources"]) == 51
    assert place.run("check") == 0


def test_the_commands_run_from_a_shell(tmp_path: Path) -> None:
    """`python -m aggregator`, as it is installed: from nothing to a list of what is read."""
    (tmp_path / "list.opml").write_text('<opml><body><outline text="A" xmlUrl="https://a.example/feed"/></body></opml>')
    for arguments in (["init"], ["import", "list.opml"], ["check"], ["export"]):
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", *arguments], cwd=tmp_path, capture_output=True, check=True
        )
    assert b'xmlUrl="https://a.example/feed"' in done.stdout
