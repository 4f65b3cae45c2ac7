"""`fetch` as a user runs it: over a web on loopback, with a real database and real files."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from fakeweb import HANG, FakeWeb, Reply, answer
from places import Place, item, rss

LONG = "The council met in the evening and agreed on the plan that had been on its table since the spring. " * 12


def sources(web: FakeWeb, *names: str, more: str = "") -> str:
    """Feeds at paths of the fake web, and a topic of everything."""
    text = "".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n{more}\n' for name in names)
    return text + '[topics.all]\ntitle = "All"\n'


def web_of(**feeds: Reply | Sequence[Reply]) -> FakeWeb:
    """A web with a feed at each name; bytes that are no HTTP answer are a body with validators."""

    def reply(body: Reply) -> Reply:
        return answer(200, body, ETag='"1"') if isinstance(body, bytes) and not body.startswith(b"HTTP") else body

    script = {
        f"/{name}": [reply(one) for one in (body if isinstance(body, list) else [body])] for name, body in feeds.items()
    }
    return FakeWeb(script)


def test_a_first_fetch_publishes_every_item_once_in_every_format(place: Place) -> None:
    """Two feeds, one topic: newest first, with source, link, date and id, the same in all three formats."""
    a = rss(item("Old", guid="1", link="https://a.example/1", date="Sun, 01 Nov 2026 08:00:00 GMT"), title="Feed A")
    b = rss(item("New", guid="https://b.example/2", link="https://b.example/2", date="Mon, 02 Nov 2026 08:00:00 GMT"))
    with web_of(a=a, b=b) as web:
        place.configure(sources(web, "a", "b"))
        assert place.run("-q", "fetch") == 0
    atom, as_rss = place.feed("all"), place.feed("all", "rss")
    assert place.titles("all") == ["New", "Old"]
    assert [entry.link for entry in atom.entries] == [entry.link for entry in as_rss.entries]
    assert [entry.id for entry in atom.entries] == [entry.id for entry in as_rss.entries]
    assert atom.entries[0].id == "https://b.example/2"
    assert atom.entries[1].id.startswith("tag:feeds.example.org,2026:a/")
    assert atom.entries[1].source.title == "Feed A"
    for name in ("index.html", "status.html", "status.json", "topics.opml", "all.json", "all.html"):
        assert (place.folder / "public" / name).stat().st_size


def test_nothing_is_asked_before_its_time_and_then_only_conditionally(place: Place) -> None:
    """A second fetch asks nobody; a forced one, and a due one, send the validators; no byte of output changes."""
    with web_of(a=[rss(item("A", guid="1")), answer(304)]) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        before = place.published()
        place.run("-q", "fetch")
        assert len(web.requests) == 1
        place.run("-q", "fetch", "--force")
        place.let_time_pass()
        place.run("-q", "fetch")
        assert [request.header("if-none-match") for request in web.requests] == [None, b'"1"', b'"1"']
    assert place.published() == before


def test_force_does_not_pass_over_a_servers_wish(place: Place) -> None:
    """Retry-After and 410 hold whatever we are told."""
    with web_of(a=answer(503, b"", Retry_After="3600"), b=answer(410)) as web:
        place.configure(sources(web, "a", "b"))
        assert place.run("-q", "fetch") == 1
        place.run("-q", "fetch", "--force")
        place.let_time_pass()
        assert len(web.requests) == 2
    assert dict(place.rows("SELECT name, state FROM sources")) == {"a": "failing", "b": "gone"}


def test_only_the_named_sources_are_polled(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """`fetch NAME` is for that source; a name that is none is an error with a hint, and nothing is polled."""
    with web_of(one=rss(item("A")), two=rss(item("B"))) as web:
        place.configure(sources(web, "one", "two"))
        assert place.run("fetch", "tow") == 2
        assert 'did you mean "two"?' in capsys.readouterr().err
        assert place.run("-q", "fetch", "two") == 0
        assert [request.target for request in web.requests] == ["/two"]


FAILURES: list[tuple[str, Reply, str]] = [
    ("a page", answer(200, b"<html>Log in</html>", ETag='"bad"'), "an HTML page, not a feed"),
    ("an error", answer(500), "500"),
    ("cut short", answer(200, rss(item("New")), ETag='"bad"')[:-9], ""),
    ("silence", HANG, "no complete answer within 1 s"),
]


@pytest.mark.parametrize(("name", "reply", "reason"), FAILURES, ids=[row[0] for row in FAILURES])
def test_a_source_that_fails_keeps_its_items_and_its_validators(
    place: Place, name: str, reply: Reply, reason: str
) -> None:
    """Errors never become items, take nothing away, and the validators of the last good body are kept."""
    with web_of(a=[rss(item("Good", guid="1")), reply, answer(304)], b=rss(item("Other"))) as web:
        place.configure(sources(web, "a", "b", more='timeout = "1s"'))
        place.run("-q", "fetch")
        for _ in range(2):
            place.let_time_pass()
            place.run("-q", "fetch")
        assert web.asked("/a")[2].header("if-none-match") == b'"1"'
    assert sorted(place.titles("all")) == ["Good", "Other"]
    errors = [error or "" for (error,) in place.rows("SELECT error FROM polls WHERE source = 'a' ORDER BY id")]
    assert (errors[0], errors[2]) == ("", "")
    assert errors[1]
    assert reason in errors[1]


def test_all_failed_is_exit_1_and_some_failed_is_0(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary names who failed and why; the exit code says whether anything was done."""
    with web_of(a=answer(404)) as web:
        place.configure(sources(web, "a"))
        assert place.run("fetch") == 1
        assert "404" in capsys.readouterr().err
    with web_of(a=answer(404), b=rss(item("B"))) as web:
        place.configure(sources(web, "a", "b"))
        assert place.run("fetch") == 0
        assert "2 polled, 1 failed, 1 new items" in capsys.readouterr().out


def test_the_same_article_from_two_sources_is_one_entry_that_names_both(place: Place) -> None:
    """One canonical URL, tracking and all: one item, two appearances, "Also in" at its end and a related link."""
    a = rss(
        item("Council agrees", guid="a1", link="https://site.example/story?utm_source=rss", text=LONG), title="A paper"
    )
    b = rss(item("Council agrees", guid="b1", link="http://www.site.example/story", text=LONG), title="B paper")
    with web_of(a=a, b=b) as web:
        place.configure(sources(web, "a", "b"))
        place.run("-q", "fetch")
    assert place.titles("all") == ["Council agrees"]
    entry = place.feed("all").entries[0]
    assert "Also in" in entry.content[0].value
    assert "related" in {link.rel for link in entry.links}
    assert place.rows("SELECT count(*), count(rule) FROM appearances") == [(2, 1)]


def test_dedupe_false_keeps_copies_apart(place: Place) -> None:
    """A source that takes no part in folding has its items as its own."""
    same = rss(item("Council agrees", guid="1", link="https://site.example/story", text=LONG))
    with web_of(a=same, b=same) as web:
        place.configure(sources(web, "a", "b", more="dedupe = false"))
        place.run("-q", "fetch")
    assert place.titles("all") == ["Council agrees", "Council agrees"]


def test_a_topic_may_show_every_copy(place: Place) -> None:
    """`duplicates = "show"`: each copy an entry with an id of its own, the first with the article's."""
    a = rss(item("Council agrees", guid="urn:test:1", link="https://site.example/story", text=LONG), title="A paper")
    b = rss(item("Council agrees", guid="urn:test:1", link="https://site.example/story", text=LONG), title="B paper")
    with web_of(a=a, b=b) as web:
        place.configure(sources(web, "a", "b") + '[topics.each]\ntitle = "Each"\nduplicates = "show"\n')
        place.run("-q", "fetch")
    entries = place.feed("each").entries
    assert sorted(entry.source.title for entry in entries) == ["A paper", "B paper"]
    assert len({entry.id for entry in entries}) == 2
    assert place.feed("all").entries[0].id in {entry.id for entry in entries}
    assert "Also in" not in entries[0].content[0].value


def test_copies_without_a_url_share_the_page_of_their_article(place: Place) -> None:
    """With `duplicates = "show"` each copy is an entry; none has an address, and both lead to one page."""
    for name, words in (("a", "First words. "), ("b", "Other words. ")):
        place.save({f"{name}/1.txt": f"Council agrees on the harbour wall\n\n{words}{LONG}\n"})
    place.configure(
        '[sources.a]\npath = "a"\npriority = 1\n[sources.b]\npath = "b"\n'
        '[topics.each]\ntitle = "Each"\nduplicates = "show"\narchive = false\n'
    )
    place.run("-q", "fetch")
    assert len({entry.id for entry in place.feed("each").entries}) == 2
    (link,) = {entry.link for entry in place.feed("each").entries}
    page = place.published()[link.removeprefix("https://feeds.example.org/")]
    assert b"First words" in page
    place.run("-q", "publish")
    assert place.published()[link.removeprefix("https://feeds.example.org/")] == page


def test_articles_on_one_event_are_linked_under_the_newest(place: Place) -> None:
    """`stories = "group"`: the newest names the others, and none of them is hidden."""
    quake = "A strong earthquake shook the island of Varo on Friday, and {} people were hurt when roofs fell in the old town."
    more = " Rescue teams from Varo and the mainland searched the old town for people under the fallen roofs through the night."
    feed = rss(
        item("Earthquake shakes Varo", guid="1", link="https://a.example/1", text=quake.format("dozens of") + more, date="Fri, 06 Nov 2026 08:00:00 GMT"),
        item("Rescue after the Varo earthquake", guid="2", link="https://a.example/2", text="Teams went on looking. " + more + quake.format("sixty"), date="Sat, 07 Nov 2026 08:00:00 GMT"),
        item("Chess champion retires", guid="3", link="https://a.example/3", text="After thirty years at the board she wants to teach.", date="Sat, 07 Nov 2026 09:00:00 GMT"),
    )  # fmt: skip
    with web_of(a=feed) as web:
        place.configure(sources(web, "a") + '[topics.told]\ntitle = "Told"\nstories = "group"\n')
        place.run("-q", "fetch")
    entries = {entry.title: entry.content[0].value for entry in place.feed("told").entries}
    assert len(entries) == 3
    assert "More on this story" in entries["Rescue after the Varo earthquake"]
    assert "https://a.example/1" in entries["Rescue after the Varo earthquake"]
    assert "More on this story" not in entries["Earthquake shakes Varo"] + entries["Chess champion retires"]
    assert "More on this story" in (place.folder / "public" / "told.html").read_text()
    assert "More on this story" not in (place.folder / "public" / "all.html").read_text()


def test_the_higher_priority_is_shown_and_the_id_stays(place: Place) -> None:
    """When a better copy comes, it takes over; the published id and date do not change, and nothing looks new."""
    date, later = "Sun, 01 Nov 2026 08:00:00 GMT", "Sun, 01 Nov 2026 09:00:00 GMT"
    a = rss(item("Council agrees", guid="a1", link="https://site.example/story", text="First. " + LONG, date=date))
    b = rss(item("Council agrees", guid="b1", link="https://site.example/story", text="Second. " + LONG, date=later))
    with web_of(a=a, b=b) as web:
        place.configure(sources(web, "a") + '[topics.more]\ntitle = "More"\n')
        place.run("-q", "fetch")
        before = place.feed("all").entries[0]
        assert "First." in before.content[0].value
        place.configure(sources(web, "a", "b").replace('/b"\n', '/b"\npriority = 5\n'))
        place.run("-q", "fetch")
    after = place.feed("all").entries[0]
    assert "Second." in after.content[0].value
    assert (after.id, after.published, after.updated) == (before.id, before.published, before.updated)
    assert len(place.feed("all").entries) == 1


def test_an_edit_of_priority_or_title_shows_without_a_request(place: Place) -> None:
    """`publish` after an edit of a source: the other copy is shown, the source is named anew, the ids stay."""
    a = rss(item("Council agrees", guid="a1", link="https://site.example/story", text="First. " + LONG))
    b = rss(item("Council agrees", guid="b1", link="https://site.example/story", text="Second. " + LONG))
    with web_of(a=a, b=b) as web:
        text = sources(web, "a", "b")
        place.configure(text.replace('/a"\n', '/a"\npriority = 5\n'))
        place.run("-q", "fetch")
        first = place.feed("all").entries[0]
        place.configure(text.replace('/b"\n', '/b"\npriority = 5\ntitle = "The Second"\n'))
        place.run("-q", "publish")
        assert len(web.requests) == 2
    second = place.feed("all").entries[0]
    assert "First." in first.content[0].value
    assert "Second." in second.content[0].value
    assert (second.id, second.updated, second.source.title) == (first.id, first.updated, "The Second")


def test_an_edit_changes_its_item_in_place(place: Place) -> None:
    """Same id, new words: one entry, the same id and date, `updated` moves; a mere touch of the mark-up moves nothing."""
    first = rss(item("Title", guid="1", text="<p>Words here</p>"))
    touched = rss(item("Title", guid="1", text="<div>Words here</div>"))
    edited = rss(item("Title", guid="1", text="<p>Other words</p>"))
    with web_of(a=[first, touched, edited]) as web:
        place.configure(sources(web, "a"))
        seen = []
        for _ in range(3):
            place.run("-q", "fetch")
            place.let_time_pass()
            seen.append(place.feed("all").entries[0])
    assert len(place.feed("all").entries) == 1
    assert len({(entry.id, entry.published) for entry in seen}) == 1
    assert seen[0].updated == seen[1].updated < seen[2].updated
    assert "Other words" in seen[2].content[0].value


def test_an_item_whose_guid_changes_is_not_new(place: Place) -> None:
    """A CMS that mints new ids for the same page and title adds nothing and marks nothing unread."""
    old = rss(item("Title", guid="old-1", link="https://site.example/post", text=LONG))
    new = rss(item("Title", guid="new-1", link="https://site.example/post", text=LONG))
    with web_of(a=[old, new]) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        before = place.feed("all").entries
        place.let_time_pass()
        place.run("-q", "fetch")
    after = place.feed("all").entries
    assert [(entry.id, entry.updated) for entry in after] == [(entry.id, entry.updated) for entry in before]
    assert "Also in" not in after[0].content[0].value


def test_ids_survive_the_move_to_https(place: Place) -> None:
    """http://a/1 and https://a/1 are one id; the published one stays as it was first."""
    old = rss(item("Title", guid="http://a.example/1"))
    new = rss(item("Title", guid="https://a.example/1", text="more"))
    with web_of(a=[old, new]) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        place.let_time_pass()
        place.run("-q", "fetch")
    assert [entry.id for entry in place.feed("all").entries] == ["http://a.example/1"]


def test_one_guid_for_several_articles_is_no_id(place: Place) -> None:
    """A feed that gives every item the same guid loses none, in one body or over several."""
    one, two = item("One", guid="x", link="https://a.example/1"), item("Two", guid="x", link="https://a.example/2")
    three = item("Three", guid="x", link="https://a.example/3")
    with web_of(a=[rss(one), rss(two, one), rss(three, two)]) as web:
        place.configure(sources(web, "a"))
        for _ in range(3):
            place.run("-q", "fetch")
            place.let_time_pass()
    assert sorted(place.titles("all")) == ["One", "Three", "Two"]
    assert len({entry.id for entry in place.feed("all").entries}) == 3


def test_another_source_cannot_take_over_an_id(place: Place) -> None:
    """The same id from elsewhere for other words is another item with an id of ours (fault 80)."""
    with web_of(a=rss(item("True", guid="urn:x:1")), b=rss(item("Stolen", guid="urn:x:1"))) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        place.configure(sources(web, "a", "b"))
        place.run("-q", "fetch")
    ids = {entry.title: entry.id for entry in place.feed("all").entries}
    assert ids["True"] == "urn:x:1"
    assert ids["Stolen"].startswith("tag:")


def test_an_empty_feed_takes_nothing_away(place: Place) -> None:
    """Empty, then full again: nothing deleted, nothing twice (fault 76)."""
    full = rss(item("A", guid="1"), item("B", guid="2"))
    with web_of(a=[full, rss(), full]) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        before = place.published()
        for _ in range(2):
            place.let_time_pass()
            place.run("-q", "fetch")
            assert place.published() == before


def test_undated_items_keep_the_date_at_which_they_were_first_seen(place: Place) -> None:
    """No date, or another at each poll: the published date is frozen at first sight (fault 74)."""
    bodies = [rss(item("A", guid="1", date="", text=str(number))) for number in range(2)]
    with web_of(a=bodies) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        before = place.feed("all").entries[0].published
        place.change("UPDATE items SET published = '2026-01-02T03:04:05Z'")
        place.change("UPDATE topic_items SET published = '2026-01-02T03:04:05Z'")
        place.let_time_pass()
        place.run("-q", "fetch")
    assert before
    assert place.feed("all").entries[0].published == "2026-01-02T03:04:05+00:00"


def test_a_rule_edit_shows_in_the_feed_without_a_request(place: Place) -> None:
    """publish after an edit: items come and go as if the rule had always stood; a removed topic's files go."""
    feed = rss(
        item("Russia talks", guid="1"), item("Football", guid="2", text="russia lost"), item("Weather", guid="3")
    )
    with web_of(a=feed) as web:
        place.configure(sources(web, "a") + '[topics.t]\ntitle = "T"\nany = ["weather"]\n')
        place.run("-q", "fetch")
        assert place.titles("t") == ["Weather"]
        place.configure(sources(web, "a") + '[topics.t]\ntitle = "T"\nmatch = "russia -title:football"\n')
        assert place.run("-q", "publish") == 0
        assert place.titles("t") == ["Russia talks"]
        assert place.rows("SELECT terms FROM topic_items WHERE topic = 't'") == [('["russia"]',)]
        place.configure(sources(web, "a"))
        place.run("-q", "publish")
        assert not list((place.folder / "public").glob("t*.atom"))
        assert len(web.requests) == 1


def test_a_source_that_leaves_the_file_leaves_the_topics_and_stays_in_the_archive(place: Place) -> None:
    """Unsubscribed: no further request, its items out of the feeds, still found by search."""
    with web_of(a=rss(item("Stays")), b=rss(item("Leaves"))) as web:
        place.configure(sources(web, "a", "b"))
        place.run("-q", "fetch")
        place.configure(sources(web, "a"))
        place.let_time_pass()
        place.run("-q", "fetch")
        assert [request.target for request in web.requests].count("/b") == 1
    assert place.titles("all") == ["Stays"]
    assert place.rows("SELECT count(*) FROM items") == [(2,)]


def test_topics_of_a_source_need_no_rule(place: Place) -> None:
    """`topics = [...]` puts all of a source's items there, whatever the rule says; languages filter the rest."""
    with web_of(a=rss(item("Anything")), b=rss(item("Russia"), more="<language>de</language>")) as web:
        text = sources(web, "a", "b").replace('/a"\n', '/a"\ntopics = ["t"]\n')
        place.configure(text + '[topics.t]\ntitle = "T"\nany = ["russia"]\nlanguages = ["en"]\n')
        place.run("-q", "fetch")
    assert place.titles("t") == ["Anything"]


def test_a_disabled_source_is_not_polled(place: Place) -> None:
    """`enabled = false` stops the requests and keeps the items."""
    with web_of(a=rss(item("A"))) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        place.configure(sources(web, "a", more="enabled = false"))
        place.let_time_pass()
        place.run("-q", "fetch", "--force")
        assert len(web.requests) == 1
    assert place.titles("all") == ["A"]
    assert place.status()["sources"][0]["state"] == "disabled"


def test_a_broken_config_polls_and_writes_nothing(place: Place) -> None:
    """Exit 2 before anything is done."""
    with web_of(a=rss(item("A"))) as web:
        place.configure(sources(web, "a") + "[topics.t]\n")
        assert place.run("-q", "fetch") == 2
        assert web.requests == []
    assert sorted(path.name for path in place.folder.iterdir()) == ["feeds.toml"]


def test_two_fetches_at_once_poll_no_source_twice(place: Place) -> None:
    """Claims: what one process polls the other leaves alone, and nothing is lost."""
    names = [f"s{number}" for number in range(12)]
    replies: dict[str, Reply] = {name: (0.15, answer(200, rss(item(name)), ETag='"1"')) for name in names}
    with web_of(**replies) as web:
        place.configure(sources(web, *names))
        command = [sys.executable, "-m", "aggregator", "--config", str(place.folder / "feeds.toml"), "-q", "fetch"]
        both = [subprocess.Popen(command), subprocess.Popen(command)]
        assert [process.wait(60) for process in both] == [0, 0]
        assert sorted(request.target for request in web.requests) == sorted(f"/{name}" for name in names)
    assert sorted(place.titles("all")) == sorted(names)


@pytest.mark.parametrize("owner", [1, 77])
def test_a_claim_ends_with_its_process(place: Place, owner: int) -> None:
    """What a killed process had claimed is polled by the next one at once, also where that one gets its number."""
    with web_of(a=rss(item("A"))) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        place.let_time_pass()
        place.change("UPDATE sources SET claimed_by = ?", owner)
        place.run("-q", "fetch")
        assert len(web.requests) == 2


def test_a_permanent_redirect_is_believed_after_three_polls(place: Place) -> None:
    """301: the target is read at once and stored when it has proved itself; ids and links stay."""
    with web_of(new=[rss(item("A", guid="1", link="/x", text=str(number))) for number in range(9)]) as web:
        place.configure(sources(web, "a"))
        web.script["/a"] = [answer(301, b"", Location=web.url("/new"))]
        for _ in range(4):
            place.run("-q", "fetch")
            place.let_time_pass()
        assert len(web.asked("/a")) == 3
        assert len(web.asked("/new")) == 4
    assert len(place.feed("all").entries) == 1


def test_a_feed_that_breaks_off_leaves_no_validators(place: Place) -> None:
    """Its whole items are taken; the next poll asks for all of it again."""
    whole = rss(item("A", guid="1"), item("B", guid="2"))
    with web_of(a=[whole[: whole.index(b"<title>B")], whole]) as web:
        place.configure(sources(web, "a"))
        place.run("-q", "fetch")
        assert place.titles("all") == ["A"]
        place.let_time_pass()
        place.run("-q", "fetch")
        assert web.requests[1].header("if-none-match") is None
    assert sorted(place.titles("all")) == ["A", "B"]


def test_a_secret_in_a_url_is_published_nowhere(place: Place) -> None:
    """Passwords and tokens of a fetch URL stand in no file of the output."""
    with web_of(a=rss(item("A", guid="1"))) as web:
        web.script["/feed?token=s3cr3tvalue"] = web.script["/a"]
        address = web.url("/feed?token=s3cr3tvalue", user="me:passw0rd@")
        place.configure(f'[sources.a]\nurl = "{address}"\n[sources.b]\nurl = "{address}b"\n[topics.t]\ntitle = "T"\n')
        place.run("-q", "fetch")
    for path in (place.folder / "public").rglob("*.*"):
        assert b"s3cr3t" not in path.read_bytes()
        assert b"passw0rd" not in path.read_bytes()
    assert place.titles("t") == ["A"]
