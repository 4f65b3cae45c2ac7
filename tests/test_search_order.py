"""What a search finds comes by date, though the index is read in the order in which items were stored."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from aggregator.curation.rules import indexed
from aggregator.model import Item
from aggregator.storage.items import NewItem, add_items
from aggregator.storage.schema import migrations
from aggregator.storage.search import newest_matches

START = datetime(2026, 3, 1, tzinfo=UTC)
# Hours from one item's storing to the next one's, and by how many hours its date is before (or after) that.
STORED = st.lists(st.tuples(st.integers(0, 40), st.integers(-24, 200)), max_size=30)


@given(STORED)
def test_matches_come_by_date_whenever_they_were_stored(stored: list[tuple[int, int]]) -> None:
    """The order is that of all items sorted by date, the later stored first where two have the same."""
    db = Database(memory=True)
    migrations.apply(db)
    now, dates = START, []
    for number, (pause, age) in enumerate(stored):
        now += timedelta(hours=pause)
        published = now - timedelta(hours=age)
        item = Item(str(number), "river" if number % 3 else "market")
        (item_id,) = add_items(db, [NewItem(item, "s", str(number), published, published, now, indexed(item))])
        if number % 3:
            dates.append((published, item_id))
    found = [row["id"] for row in newest_matches(db, "river")]
    assert found == [item_id for _, item_id in sorted(dates, reverse=True)]
