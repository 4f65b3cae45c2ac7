"""feeds.toml: what it may hold, and that every fault in it is told at once, with its place and a remedy."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.load import load
from aggregator.config.problems import ConfigError
from aggregator.config.schema import SiteTable
from aggregator.config.values import Config

SITE = '[site]\ntitle = "T"\nbase_url = "https://feeds.example.org"\n'


def config(tmp_path: Path, text: str, site: str = SITE) -> Config:
    """The config of a feeds.toml."""
    path = tmp_path / "feeds.toml"
    path.write_text(site + text, encoding="utf-8")
    return load(path)


def faults(tmp_path: Path, text: str, site: str = SITE) -> list[tuple[int, str, str]]:
    """What is wrong with a feeds.toml: (line, key, message)."""
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, text, site)
    return [(problem.line, problem.key, problem.message) for problem in caught.value.problems]


WHOLE = """
[polling]
every = "2h"
timeout = "10s"
max_bytes = "500KB"
concurrency = 8
host_delay = "0s"
allow_private_addresses = ["192.168.1.0/24", "fd00::/8"]
keep = "1y"
cluster = "local:4"
[sources.one]
url = "https://one.example/feed?x=1"
title = "One"
every = "30m"
tags = ["news", "a b"]
topics = ["world"]
priority = -3
content = "link"
full_text = true
dedupe = false
enabled = false
[sources.files]
path = "seeds/**/*.txt"
every = "1m"
keep = "forever"
[topics.world]
title = "World"
[topics.some-2]
title = "Some"
any = ["prisoner exchange", "diplomat*"]
all = ["x"]
none = ["sponsored"]
match = 'russia (washington OR "united states") -title:football'
in = ["title"]
sources = ["one", "tag:nobody-has-it", "!tag:podcast"]
languages = ["en", "pt-BR"]
limit = 5
max_per_source = 2
max_age = "30d"
content = "summary"
duplicates = "show"
stories = "group"
archive = false
renamed_from = ["old"]
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    """Every key of the contract reaches its value; what a source leaves out it inherits."""
    found = config(tmp_path, WHOLE)
    assert found.site.base_url == "https://feeds.example.org/"
    assert found.site.output == tmp_path / "public"
    assert found.polling.allow_private == (ip_network("192.168.1.0/24"), ip_network("fd00::/8"))
    assert (found.polling.concurrency, found.polling.cluster) == (8, "local:4")
    one, files = found.sources["one"], found.sources["files"]
    assert (one.every, one.timeout, one.max_bytes) == (timedelta(minutes=30), timedelta(seconds=10), 500_000)
    assert (one.priority, one.content, one.full_text, one.dedupe, one.enabled) == (-3, "link", True, False, False)
    assert (one.tags, one.topics, one.keep) == ({"news", "a b"}, {"world"}, timedelta(days=365))
    assert (files.path, files.every, files.keep) == (str(tmp_path / "seeds/**/*.txt"), timedelta(minutes=1), None)
    topic = found.topics["some-2"]
    assert topic.rule is not None
    assert (topic.sources, topic.languages, topic.max_age) == ({"one"}, ("en", "pt-br"), timedelta(days=30))
    assert (topic.limit, topic.max_per_source, topic.archive, topic.renamed_from) == (5, 2, False, ("old",))
    assert (topic.content, topic.duplicates, topic.stories) == ("summary", "show", "group")
    assert (found.topics["world"].rule, found.topics["world"].sources) == (None, {"one", "files"})


SELECTORS = [
    ([], {"a", "b", "c"}),
    (["a"], {"a"}),
    (["tag:x"], {"a", "b"}),
    (["tag:x", "!a"], {"b"}),
    (["!tag:x"], {"c"}),
    (["c", "!tag:nobody"], {"c"}),
    (["a", "!a"], set()),
]


@pytest.mark.parametrize(("selectors", "names"), SELECTORS)
def test_source_selectors(tmp_path: Path, selectors: list[str], names: set[str]) -> None:
    """Names and tags choose, "!" leaves out, and with only "!" the rest is chosen."""
    sources = "".join(
        f'[sources.{name}]\nurl = "https://{name}.example/"\ntags = {tags}\n'
        for name, tags in (("a", '["x"]'), ("b", '["x", "y"]'), ("c", "[]"))
    )
    found = config(tmp_path, f'{sources}[topics.t]\ntitle = "T"\nsources = {selectors}\n')
    assert found.topics["t"].sources == names


# (text after [site], which is lines 1 to 3; the line; the key; a part of the message)
FAULTS = [
    ("[siet]\n", 4, "siet", 'did you mean "site"?'),
    ('[polling]\nevery = "14m"\n', 5, "polling.every", "more than every 15m"),
    ("[polling]\nevery = 60\n", 5, "polling.every", 'such as "30s", "15m"'),
    ('[polling]\nmax_bytes = "10"\nmax_byts = "1MB"\n', 6, "polling.max_byts", 'did you mean "max_bytes"?'),
    ('[polling]\nmax_bytes = "1 mile"\n', 5, "polling.max_bytes", 'such as "500KB"'),
    ("[polling]\nconcurrency = 0\n", 5, "polling.concurrency", "at least 1"),
    ("[polling]\nconcurrency = true\n", 5, "polling.concurrency", "whole number"),
    ('[polling]\nallow_private_addresses = ["10.0.0.1/8"]\n', 5, "polling.allow_private_addresses", "has host bits"),
    ('[polling]\ncluster = "http://x"\n', 5, "polling.cluster", '"local:4"'),
    ('[sources.A]\nurl = "https://a.example/"\n', 4, "sources.A", "a-z, 0-9 and -"),
    ("[sources.a]\n", 4, "sources.a", "either url"),
    ('[sources.a]\nurl = "https://a.example/"\npath = "x"\n', 4, "sources.a", "not both"),
    ('[sources.a]\nurl = "a.example/feed"\n', 5, "sources.a.url", "write it whole"),
    ('[sources.a]\nurl = "file:///etc/passwd"\n', 5, "sources.a.url", "no web address"),
    ('[sources.a]\nurl = "https://a.example/ x"\n', 5, "sources.a.url", "no web address"),
    ('[sources.a]\nurl = "https://a.example:99999/"\n', 5, "sources.a.url", "no web address"),
    ('[sources.a]\nurl = "https://a.example/"\nevery = "5m"\n', 6, "sources.a.every", "15m"),
    ('[sources.a]\nurl = "https://a.example/"\ntopics = ["wrld"]\n[topics.world]\ntitle = "W"\n', 6,
     "sources.a.topics", 'did you mean "world"?'),
    ('[sources.a]\nurl = "https://a.example/"\ncontent = "ful"\n', 6, "sources.a.content", "'full', 'summary' or 'link'"),
    ("[topics.t]\n", 4, "topics.t.title", "is required"),
    ('[topics.index]\ntitle = "T"\n', 4, "topics.index", "are taken"),
    ('[topics.t]\ntitle = "T"\nsources = ["b"]\n[sources.a]\nurl = "https://a.example/"\n', 6,
     "topics.t.sources", 'no source "b"'),
    ('[topics.t]\ntitle = "T"\nany = [\n  "a",\n  "b*c",\n]\n', 6, "topics.t.any", "entry 2: A * may stand only at the end"),
    ("[topics.t]\ntitle = \"T\"\nmatch = 'a OR'\n", 6, "topics.t.match", "OR"),
    ('[topics.t]\ntitle = "T"\nnone = ["x"]\n', 6, "topics.t.none", "only excludes"),
    ('[topics.t]\ntitle = "T"\nin = ["body"]\n', 6, "topics.t.in", "choose from title"),
    ('[topics.t]\ntitle = "T"\nlanguages = ["english!"]\n', 6, "topics.t.languages", 'entry 1 '),
    ('[topics.t]\ntitle = "T"\nrenamed_from = ["t"]\n', 6, "topics.t.renamed_from", "in use"),
    ('[topics.t]\ntitle = "T"\nlimit = "100"\n', 6, "topics.t.limit", "whole number"),
    ("[topics.t\n", 4, "", "this is not TOML"),
    ('a = """\nb\n', 6, "", "this is not TOML"),
    ('sources = 5\n', 4, "site.sources", "no such key"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "words"), FAULTS)
def test_a_fault_is_told_with_its_place_and_a_remedy(
    tmp_path: Path, text: str, line: int, key: str, words: str
) -> None:
    """Each fault names its line, its key path and what would be right."""
    found = faults(tmp_path, text)
    assert [(one, name) for one, name, _ in found] == [(line, key)]
    assert words in found[0][2]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """A table with one fault is still looked at for others: nobody mends a file line by line."""
    text = """
[sources.a]
url = "https://a.example/"
prioritty = 1
topics = ["nothing"]
every = "1m"
[topics.t]
limit = 0
match = "("
"""
    keys = [key for _, key, _ in faults(tmp_path, text)]
    assert sorted(keys) == [
        "sources.a.every", "sources.a.prioritty", "sources.a.topics", "topics.t.limit", "topics.t.match",
        "topics.t.title",
    ]  # fmt: skip


_HOSTS = st.sampled_from(("x.example", "x.example/", "x:65535/", "x:65536/", "x:0", "-", ""))
_PIECES = st.sampled_from(("x", "-", "/", "@", ":", "?", "#", "[", "]", "\\", " ", "\t", "é", "℀", "%"))


@given(_HOSTS, st.lists(_PIECES, max_size=4))
def test_an_address_is_right_however_it_is_seen(host: str, pieces: list[str]) -> None:
    """What passes at a glance is what passes when it is taken apart, as one is whose scheme is in capitals."""

    def passes(scheme: str) -> bool:
        try:
            SiteTable.model_validate({"title": "x", "base_url": scheme + "://" + host + "".join(pieces)})
        except ValueError:
            return False
        return True

    assert passes("https") == passes("HTTPS")


def test_the_errors_print_as_a_compiler_would(tmp_path: Path) -> None:
    """FILE:LINE: KEY: MESSAGE, so that an editor can jump there."""
    path = tmp_path / "feeds.toml"
    path.write_text('[site]\ntitle = "T"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:1: site.base_url: is required"


def test_no_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no UTF-8 are told like any fault."""
    for name, content in (("none", None), ("latin", b"# \xe9\n")):
        path = tmp_path / f"{name}.toml"
        if content:
            path.write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert ("init" if content is None else "UTF-8") in str(caught.value)


def test_the_shipped_file_is_right() -> None:
    """The feeds.toml that newcomers get has no fault, eight feeds or more, and the topics it promises."""
    found = load(Path(__file__).parent.parent / "feeds.toml")
    assert sum(bool(source.url) for source in found.sources.values()) >= 8
    assert {"world", "russia-us"} <= set(found.topics)
