"""The sources as an OPML list: for other readers, and back to what they were when the list is read again."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.values import Site, Source
from aggregator.lists.opml import read_opml
from aggregator.lists.plan import plan
from aggregator.model import SourceInfo
from aggregator.publishing.opml import render_sources

SITE = Site("My feeds", "https://feeds.example.org/", *[None] * 2)  # type: ignore[arg-type]  # no files are touched
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn")), min_size=1, max_size=20)
_NAMES = st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)


@given(
    st.dictionaries(_NAMES, st.tuples(_TEXT | st.just(""), st.frozensets(_TEXT, max_size=3), st.booleans()), max_size=6)
)
def test_what_goes_out_comes_in_again(given: dict[str, tuple[str, frozenset[str], bool]]) -> None:
    """Names, titles, URLs, tags and whether it is polled: the same sources, whatever is in them."""
    sources = {
        name: Source(name, f"https://{number}.example/?a=b&c=<d>", title=title, tags=tags, enabled=enabled)
        for number, (name, (title, tags, enabled)) in enumerate(given.items())
    }
    known = {name: SourceInfo(name, "What it calls itself", "https://a.example/") for name in list(sources)[:2]}
    listing = read_opml(render_sources(SITE, sources.values(), known))
    found = plan(listing, {})
    assert listing.warnings == found.left_out == ()
    assert {one.name: (one.url, one.title, frozenset(one.tags), one.enabled) for one in found.new} == {
        name: (one.url, one.title, one.tags, one.enabled) for name, one in sources.items()
    }


def test_a_list_is_one_that_other_readers_understand() -> None:
    """A folder for the first tag, text and title, no secret of ours but the URL; files are no part of it."""
    sources = [
        Source("one", "https://one.example/feed", tags=frozenset({"news", "a"})),
        Source("two", "https://two.example/feed", title="Two"),
        Source("files", path="/seeds"),
    ]
    known = {"one": SourceInfo("one", "One Calls Itself", "https://one.example/")}
    assert render_sources(SITE, sources, known).decode().splitlines()[6:-2] == [
        '  <outline text="a">',
        '   <outline text="One Calls Itself" type="rss" category="a,news" xmlUrl="https://one.example/feed"'
        ' htmlUrl="https://one.example/" aggregator:name="one" />',
        "  </outline>",
        '  <outline text="Two" title="Two" type="rss" xmlUrl="https://two.example/feed" aggregator:name="two" />',
    ]
