"""A feeds.toml that is added to: every byte that was there stays, and means what it meant."""

import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config.edit import EditError, NewSource, NewTopic, added
from aggregator.config.editing import editing
from aggregator.config.load import interpret, load
from aggregator.config.naming import feed_key, source_name
from aggregator.config.problems import ConfigError

SITE = '[site]\ntitle = "T"\nbase_url = "https://feeds.example.org"\n'
NEW = NewSource("new", "https://new.example/feed")
TABLE = '[sources.new]\nurl = "https://new.example/feed"\n'

# (what it shows, the text after the edit: what came in stands between « and », @ is the table)
PLACES = [
    ("a file without sources or topics", "[site]\nx = 1\n«\n@»"),
    ("no line end at the end", "[site]\nx = 1«\n\n@»"),
    ("behind the last source", "[sources.a]\nx = 1\n\n[sources.b]\nx = 1\n«\n@»\n[topics.t]\nx = 1\n"),
    ("not under the topics' heading", "[sources.a]\nx = 1\n«\n@»\n# -- Topics --\n# more\n\n[topics.t]\nx = 1\n"),
    ("a comment right above a header heads it", "[sources.a]\nx = 1\n«\n@\n»# The topics\n[topics.t]\nx = 1\n"),
    ("a comment right below a table is its own", "[sources.a]\nx = 1\n# y = 2\n«\n@»\n# Topics\n[topics.t]\nx = 1\n"),
    ("sources behind the topics", "[topics.t]\nx = 1\n\n[sources.a]\nx = 1 # one\n«\n@»"),
    (
        "before the topics, where no source is",
        "[site]\nx = 1\n\n# -- Sources\n# [sources.a]\n\n«@\n»# -- Topics\n\n[topics.t]\n",
    ),
    ("before topics without a heading", "[site]\nx = 1\n«\n@\n»[topics.t]\n"),
    ("behind an array of several lines", "[sources.a]\nx = [\n  1, # one\n\n]\n«\n@»\n[topics.t]\n"),
    ("behind a string that looks like a table", '[sources.a]\nx = """\n[topics.z]\n# no"""\n«\n@»'),
    ("quoted names", '["sources"."a"]\nx = 1\n«\n@»\n[ topics . "t" ]\nx = 1\n'),
    ("below a table of tables", '[sources]\na.url = "u"\nb = { url = "v" }\n«\n@»'),
    ("blank lines stay", "[sources.a]\nx = 1\n«\n@»\n\n\n\n[topics.t]\n\n\n"),
]


@pytest.mark.parametrize("text", [text for _, text in PLACES], ids=[name for name, _ in PLACES])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_source_stands_where_a_person_would_put_it(text: str, end: str, bom: str) -> None:
    """With the other sources, not under the heading of the topics; with the file's own line ends, and its mark."""
    text = bom + text.replace("@", TABLE).replace("\n", end)
    before, rest = text.split("«")
    block, after = rest.split("»")
    assert added(before + after, [NEW]) == before + block + after


def test_an_empty_file_becomes_the_table() -> None:
    """Nothing before, nothing behind."""
    assert added("", [NEW]) == TABLE


def test_an_inline_table_cannot_be_added_to() -> None:
    """TOML closes it; that is told, and what would do."""
    with pytest.raises(EditError, match=r"write each one as \[sources.name\]"):
        added('sources = { a = { url = "u" } }\n', [NEW])


def test_what_is_written() -> None:
    """Only what is given; quotes, backslashes and notes as TOML wants them."""
    source = NewSource(
        "n", 'https://x.example/?a="\\"', 'É "q"', ("a b", "c"), ("t",), full_text=True, enabled=False, notes=("kept: #1",)
    )  # fmt: skip
    text = added("", [source], [NewTopic("t", "T", ("n",))])
    assert tomllib.loads(text) == {
        "sources": {"n": {"url": 'https://x.example/?a="\\"', "title": 'É "q"', "tags": ["a b", "c"], "topics": ["t"],
                          "full_text": True, "enabled": False}},
        "topics": {"t": {"title": "T", "sources": ["n"]}},
    }  # fmt: skip
    assert "\n# kept: #1\n\n[topics.t]\n" in text


# -- Fifty edits ---------------------------------------------------------------------------------------------------

_COMMENTS = ("# a comment\n", "\n", "\n\n\n", "# -- Topics ---\n", "   # [sources.no] in a comment\n", "#\n\n#\n")
_SOURCES = (
    'url = "https://{0}.example/"\n',
    "url='https://{0}.example/' # why\n",
    'tags = [\n  "a", # one\n\n  # two\n  "[topics.x]",\n]\nurl = "https://{0}.example/"\n',
    'title = """\n[sources.no]\n# no\n"""\nurl = "https://{0}.example/"\n',
)
_TOPICS = ('title = "T"\n', 'title = "T"\nany = ["x", "y*"] # words\n', "title = '''\nT'''\nmatch = 'a OR \"b #\"'\n")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A right feeds.toml in any order, with comments and blank lines everywhere."""
    pieces = []
    for number in range(draw(st.integers(0, 6))):
        kind, bodies = draw(st.sampled_from((("sources", _SOURCES), ("topics", _TOPICS))))
        pieces.append(f"[{kind}.old-{number}]\n{draw(st.sampled_from(bodies)).format(number)}")
    pieces.insert(draw(st.integers(0, len(pieces))), SITE)
    text = "".join(draw(st.sampled_from(_COMMENTS)) + piece + draw(st.sampled_from(_COMMENTS)) for piece in pieces)
    text = text if draw(st.booleans()) else text.rstrip("\n")
    text = text.replace("\n", draw(st.sampled_from(("\n", "\r\n"))))
    return draw(st.sampled_from(("", "\ufeff"))) + text


_WORDS = (
    "",
    "plain",
    "a b",
    "É",
    '"quoted"',
    "back\\slash",
    "# none",
    "[sources.no]",
    "'''",
    '""' + '"',
    "Вести 新聞 👍",
)


def _is_insertion(before: str, after: str) -> bool:
    """Whether `after` is `before` with one piece put in, and nothing else."""
    pairs = enumerate(zip(before, after, strict=False))
    common = next((place for place, (one, other) in pairs if one != other), len(before))
    return len(after) >= len(before) and after.endswith(before[common:])


@settings(max_examples=8)
@given(documents(), st.randoms(use_true_random=False))
def test_after_fifty_edits_everything_that_was_there_is_there(text: str, random: Random) -> None:
    """Each edit only puts text in: every comment, order and blank line stays, and the old values mean what they meant."""
    first = text
    for number in range(50):
        title, tags = random.choice(_WORDS), tuple(random.sample(_WORDS, 2))
        new = [
            NewSource(f"new-{number}-{one}", f"https://new.example/{number}/{one}", title, tags, notes=(title,))
            for one in range(random.randint(1, 3))
        ]
        after = added(text, new)
        assert _is_insertion(text, after)
        if random.random() < 0.3:
            text, after = after, added(after, [], [NewTopic(f"topic-{number}", title or "T", (new[0].name,))])
            assert _is_insertion(text, after)
        text = after
    first, text = first.removeprefix("\ufeff"), text.removeprefix("\ufeff")
    lines = iter(text.splitlines())
    assert all(line in lines for line in first.splitlines())  # a subsequence: `in` moves the iterator on
    before, now = tomllib.loads(first), tomllib.loads(text)
    for kind in ("site", "sources", "topics"):
        assert {name: now[kind][name] for name in before.get(kind, {})} == before.get(kind, {})
    assert len(interpret(Path("/nowhere/feeds.toml"), text).sources) == len(now["sources"])


# -- The file ------------------------------------------------------------------------------------------------------


def add(path: Path, *sources: NewSource) -> None:
    """Edit a file."""
    with editing(path) as edit:
        edit.add(sources)
        edit.write()


def test_the_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    """A feeds.toml that is a link into a folder of dot files is edited there; nothing is left beside either."""
    (tmp_path / "dots").mkdir()
    (tmp_path / "home").mkdir()
    real, link = tmp_path / "dots" / "feeds.toml", tmp_path / "home" / "feeds.toml"
    real.write_text(SITE)
    real.chmod(0o640)
    link.symlink_to("../dots/feeds.toml")
    add(link, NEW)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert load(link).sources["new"].url == NEW.url
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["dots", "feeds.toml", "feeds.toml", "home"]


BROKEN = [SITE + "[sources.a]\n", SITE + "[sources", "", "[site]\ntitle = 5\n"]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_never_edited(tmp_path: Path, text: str) -> None:
    """Its faults are told, with their lines, and not a byte of it moves."""
    path = tmp_path / "feeds.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        add(path, NEW)
    assert path.read_text() == text


REFUSED: Sequence[NewSource] = (
    NewSource("Not A Name", "https://a.example/"),
    NewSource("a", "javascript:alert(1)"),
    NewSource("a", "https://a.example/", topics=("no-such-topic",)),
)


@pytest.mark.parametrize("source", REFUSED, ids=lambda source: source.url)
def test_what_would_break_the_file_is_not_written(tmp_path: Path, source: NewSource) -> None:
    """The text is checked as a file before it becomes one."""
    path = tmp_path / "feeds.toml"
    path.write_text(SITE)
    with pytest.raises(ConfigError):
        add(path, source)
    assert path.read_text() == SITE


def test_an_edit_by_another_program_meanwhile_is_not_lost(tmp_path: Path) -> None:
    """Whoever saved the file while we were at it wins, and is not overwritten."""
    path = tmp_path / "feeds.toml"
    path.write_text(SITE)
    with editing(path) as edit:
        edit.add([NEW])
        path.write_text(SITE + "# mine\n")
        with pytest.raises(EditError, match="try again"):
            edit.write()
    assert path.read_text() == SITE + "# mine\n"


def test_edits_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    """Eight at once: none is lost, none is refused."""
    path = tmp_path / "feeds.toml"
    path.write_text(SITE)
    edits = [
        threading.Thread(target=add, args=(path, NewSource(f"s{number}", f"https://{number}.example/")))
        for number in range(8)
    ]
    for edit in edits:
        edit.start()
    for edit in edits:
        edit.join()
    assert sorted(load(path).sources) == [f"s{number}" for number in range(8)]


# -- Names ---------------------------------------------------------------------------------------------------------

# (title, URL, names taken, name)
NAMES = [
    ("BBC News – World", "https://feeds.bbci.co.uk/x", (), "bbc-news-world"),
    ("Élan Vital’s Café", "https://x.example/", (), "elan-vitals-cafe"),
    ("Вести.Ru", "https://www.vesti.ru/vesti.rss", (), "vesti-ru"),
    ("朝日新聞", "https://rss.asahi.com/x.rdf", (), "asahi-com"),
    ("", "https://blog.example.org/feed", (), "blog-example-org"),
    ("https://www.engadget.com/", "https://www.engadget.com/rss.xml", (), "engadget-com"),
    ("../../etc/passwd", "https://x.example/", (), "etc-passwd"),
    ("A", "https://x.example/", ("a", "a-2"), "a-3"),
    ("", "http://feeds.feedburner.com/zenhabits", ("feedburner-com",), "feedburner-com-zenhabits"),
    ("", "http://[::1]/", (), "1"),
    ("", "", (), "feed"),
    ("The Moscow Times - Independent News From Russia", "", (), "the-moscow-times-independent-news-from"),
]


@pytest.mark.parametrize(("title", "url", "taken", "name"), NAMES)
def test_names_are_made_of_titles_or_hosts(title: str, url: str, taken: tuple[str, ...], name: str) -> None:
    """Short, typeable, free; of the host where the title has other letters than a name can have."""
    assert source_name(title, url, taken) == name


@given(st.text(max_size=200), st.text(max_size=60), st.integers(0, 150))
def test_every_title_makes_a_name(title: str, url: str, how_many: int) -> None:
    """Whatever stands in a list, the name is one, and free."""
    taken: set[str] = set()
    for _ in range(how_many % 5 + 1):
        name = source_name(title, f"https://{url}", taken)
        assert name not in taken
        taken.add(name)
        interpret(Path("/nowhere/feeds.toml"), added(SITE, [NewSource(name, "https://a.example/")]))


SAME = [
    ("http://x.example/feed", "https://www.x.example/feed/"),
    ("https://x.example/", "http://x.example"),
    ("https://x.example/feed?utm_source=rss", "https://x.example/feed"),
]
DIFFERENT = [
    ("https://x.example/?feed=rss2", "https://x.example/?feed=comments-rss2"),
    ("https://www.youtube.com/feeds/videos.xml?channel_id=a", "https://www.youtube.com/feeds/videos.xml?channel_id=b"),
    ("https://x.example/", "https://y.example/"),
    ("https://x.example/blog/feed", "https://x.example/feed"),
]


@pytest.mark.parametrize(
    ("one", "other", "same"), [(*pair, True) for pair in SAME] + [(*pair, False) for pair in DIFFERENT]
)
def test_what_is_one_subscription(one: str, other: str, same: bool) -> None:
    """Scheme, www, a slash and tracking make no other feed; a parameter that chooses one does."""
    assert (feed_key(one) == feed_key(other)) == same
