"""`add` as a user runs it, over a web on loopback."""

import pytest
from fakeweb import FakeWeb, answer
from places import HEAD, Place, item, rss

from aggregator.config.load import load

FEED = rss(item("One", guid="1", text="x"), item("Two", guid="2", text="y"), title="The Feed")
TOPICS = '\n# My topics, in this order\n\n[topics.all]  # everything\ntitle = "All"\n'


def page(*feeds: str) -> bytes:
    """A page that names feeds."""
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" title="{feed[1:]}" href="{feed}">' for feed in feeds
    )
    return answer(200, f"<!doctype html><html><head>{links}</head></html>".encode(), Content_Type="text/html")


def site() -> FakeWeb:
    """A site with a feed, and a feed of its comments."""
    return FakeWeb({"/": [page("/comments", "/feed")], "/feed": [answer(200, FEED, ETag='"1"'), answer(304)]})


def text(place: Place) -> str:
    """What feeds.toml says."""
    return (place.folder / "feeds.toml").read_text(encoding="utf-8")


def test_a_site_is_added_in_one_poll_and_published(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Its feed is asked once, its items are there at once, and the next fetch asks nobody."""
    place.configure(TOPICS)
    with site() as web:
        assert place.run("add", web.url("/")) == 0
        out, err = capsys.readouterr()
        assert place.run("-q", "fetch") == 0
        assert [request.target for request in web.requests] == ["/robots.txt", "/", "/feed"]
        place.let_time_pass()
        place.run("-q", "fetch")
        assert web.requests[-1].header("if-none-match") == b'"1"'
    assert out.startswith(f"added the-feed: {web.url('/feed')} (2 items)\nin the topics: all\n")
    assert web.url("/comments") in err
    assert place.titles("all") == ["One", "Two"]
    added = f'\n[sources.the-feed]\nurl = "{web.url("/feed")}"\n'
    assert text(place) == HEAD + added + TOPICS
    assert place.rows("SELECT name, state, last_status FROM sources") == [("the-feed", "ok", 304)]
    assert place.rows("SELECT source, status, new_items FROM polls")[0] == ("the-feed", 200, 2)


def test_a_feed_is_added_under_a_name_and_into_a_topic(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A topic that is there takes all its items, whatever its rule; one that is not is made, and takes this source's."""
    place.configure('[topics.strict]\ntitle = "Strict"\nany = ["nothing"]\n')
    with FakeWeb({"/feed": [answer(200, FEED)], "/other.xml": [answer(200, rss(item("Three", guid="3")))]}) as web:
        assert place.run("add", web.url("/feed"), "--name", "mine", "--topic", "strict") == 0
        assert place.run("add", web.url("/other.xml"), "--topic", "new-one") == 0
    out = capsys.readouterr().out
    assert "topic strict: takes all its items" in out
    assert "topic new-one: new, with this source alone" in out
    found = load(place.folder / "feeds.toml")
    assert list(found.sources) == ["mine", "a-feed"]
    assert (found.sources["mine"].topics, found.topics["new-one"].title) == ({"strict"}, "New one")
    assert (found.topics["new-one"].sources, found.topics["strict"].sources) == ({"a-feed"}, {"mine", "a-feed"})
    assert (place.titles("strict"), place.titles("new-one")) == (["One", "Two"], ["Three"])


def test_a_source_whose_items_no_topic_takes_is_told_of(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise one would look for them in vain; the name to write below is there."""
    place.configure('[topics.strict]\ntitle = "Strict"\nany = ["nothing"]\n')
    with FakeWeb({"/feed": [answer(200, FEED)]}) as web:
        assert place.run("add", web.url("/feed")) == 0
    assert (
        "no topic takes any of them: see its rules, or write topics = [...] below [sources.the-feed]"
        in capsys.readouterr().out
    )


def test_what_is_there_already_is_said(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """By its feed's address in another form, and by its site's; nothing is written, and it is no failure."""
    with site() as web:
        place.configure(f'[sources.mine]\nurl = "{web.url("/feed")}"\n{TOPICS}')
        before = text(place)
        for address in (web.url("/feed/?utm_source=x"), web.url("/")):
            assert place.run("add", address) == 0
            assert "there already, as the source mine" in capsys.readouterr().out
        assert [request.target for request in web.requests] == ["/robots.txt", "/"]
    assert text(place) == before
    assert not (place.folder / "aggregator.db").exists()


def test_a_topic_for_what_is_there_already_is_not_passed_over(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Its table stays as it is, and the line to write into it is told."""
    with site() as web:
        place.configure(f'[sources.mine]\nurl = "{web.url("/feed")}"\n{TOPICS}')
        assert place.run("add", web.url("/feed"), "--topic", "all") == 0
    assert 'write topics = ["all"] below [sources.mine]' in capsys.readouterr().err


def test_an_address_without_a_scheme_is_asked_for_under_both(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """With TLS first; where nothing answers so, without. An address with a scheme is taken at its word."""
    place.configure(TOPICS)
    with site() as web:
        bare = web.url("/").removeprefix("http://")
        assert place.run("add", f"https://{bare}") == 1
        assert web.requests == []
        assert place.run("add", bare) == 0
    assert capsys.readouterr().out.startswith(f"added the-feed: {web.url('/feed')}")


def test_a_feed_that_redirects_to_one_that_is_there_is_the_same(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its permanent address counts."""
    with FakeWeb({"/feed": [answer(200, FEED)], "/old.xml": [answer(301, b"", Location="/feed")]}) as web:
        place.configure(f'[sources.mine]\nurl = "{web.url("/feed")}"\n{TOPICS}')
        assert place.run("add", web.url("/old.xml")) == 0
    assert "there already, as the source mine" in capsys.readouterr().out


def test_no_feed_is_exit_1_with_what_was_tried(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Every address with its reason; nothing is written."""
    place.configure(TOPICS)
    with FakeWeb({"/": [page()]}) as web:
        assert place.run("add", web.url("/")) == 1
    err = capsys.readouterr().err
    assert f"no feed was found for {web.url('/')}; nothing is changed" in err
    assert f"\n  {web.url('/')}: an HTML page, not a feed\n" in err
    assert f"\n  {web.url('/feed/')}: the server answered 404 Not Found" in err
    assert text(place) == HEAD + TOPICS


WRONG = [
    (["ftp://x.example/"], "no web address"),
    (["https://a b.example/"], "no web address"),
    (["https://a.example\\@b.example/"], "no web address"),
    (["https://a.example/\r\nHost: b"], "no web address"),
    (["https://a.example/\x00"], "no web address"),
    (["https://[::1/"], "no web address"),
    (["javascript:alert(1)"], "no web address"),
    (["https://user:secret@a.example/feed"], "by hand"),
    (["https://a.example/feed", "--name", "../../x"], "no name"),
    (["https://a.example/feed", "--name", "Mine"], "no name"),
    (["https://a.example/feed", "--name", "mine"], "a source \"mine\" already"),
    (["https://a.example/feed", "--topic", "../x"], "no name of a topic"),
    (["https://a.example/feed", "--topic", "index"], "no name of a topic"),
    (["https://a.example/feed", "--topic", "alll"], 'did you mean "all"?'),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_wrong_arguments_are_told_before_anybody_is_asked(
    place: Place, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    """Exit 2, with what would be right; a password is not repeated."""
    place.configure('[sources.mine]\nurl = "https://mine.example/"\n' + TOPICS)
    before = text(place)
    assert place.run("add", *arguments) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "secret" not in err
    assert text(place) == before


def test_a_broken_feeds_toml_is_never_edited(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Its fault is told with its line, nobody is asked, and it stays as it is."""
    place.save({"list.opml": '<opml><body><outline xmlUrl="https://a.example/feed"/></body></opml>'})
    place.configure("[sources.a]\nurll = 1\n")
    before = text(place)
    with site() as web:
        for arguments in (["add", web.url("/")], ["import", str(place.folder / "list.opml")], ["export"]):
            assert place.run(*arguments) == 2
            assert ":9: sources.a.urll" in capsys.readouterr().err
        assert web.requests == []
    assert text(place) == before


def test_hostile_titles_make_no_name_and_no_escape(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A title cannot leave the folder, nor colour the terminal, nor break the file."""
    title = '../../\u009b31m"]\n[site]\nx = "'
    with FakeWeb({"/": [page("/a", "/b\u009b31m")], "/a": [answer(200, rss(item("A", guid="1"), title=title))]}) as web:
        place.configure(TOPICS)
        assert place.run("add", web.url("/")) == 0
    assert list(load(place.folder / "feeds.toml").sources) == ["31m-site-x"]
    printed = "".join(capsys.readouterr())
    assert not [letter for letter in printed if not letter.isprintable() and letter != "\n"]
