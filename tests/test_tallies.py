"""Figures that triggers keep are those that counting gives, whatever happens to copies and topics."""

import sqlite3
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from aggregator.storage.schema import migrations

_COUNTED = {
    "tallies": """SELECT 'source', source, count(DISTINCT item_id) FROM appearances GROUP BY source
        UNION ALL SELECT 'topic', topic, count(*) FROM topic_items GROUP BY topic""",
    "poll_days": "SELECT source, substr(at, 1, 10), count(*), count(error) FROM polls GROUP BY 1, 2",
}
_ITEM = """INSERT OR IGNORE INTO items VALUES (?, 'uid' || ?, 's', '', '', '', '', '', '', '', '', '', '', '', '', '', '',
    '', '')"""
_COPY = """INSERT OR IGNORE INTO appearances (id, item_id, source, guid, url, title, first_seen, guid_key, url_key, digest,
    content_digest, shown) VALUES (?, ?, ?, '', '', '', '', ?, '', x'', x'', 0)"""
_numbers, _names = st.integers(1, 6), st.sampled_from("ab")
_steps = st.one_of(
    st.tuples(st.just(_COPY), st.tuples(_numbers, _numbers, _names, _numbers)),
    st.tuples(st.just("UPDATE appearances SET item_id = ? WHERE id = ?"), st.tuples(_numbers, _numbers)),
    st.tuples(st.just("DELETE FROM appearances WHERE id = ?"), st.tuples(_numbers)),
    st.tuples(st.just("DELETE FROM items WHERE id = ?"), st.tuples(_numbers)),
    st.tuples(st.just(_ITEM), st.builds(lambda number: (number, number), _numbers)),
    st.tuples(st.just("INSERT OR IGNORE INTO topic_items VALUES (?, '', ?, '[]', '')"), st.tuples(_names, _numbers)),
    st.tuples(st.just("DELETE FROM topic_items WHERE topic = ?"), st.tuples(_names)),
    st.tuples(
        st.just("INSERT INTO polls (source, at, error, milliseconds, bytes, new_items) VALUES (?, ?, ?, 0, 0, 0)"),
        st.tuples(_names, st.sampled_from(["2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z"]), st.sampled_from([None, "x"])),
    ),
)  # fmt: skip


@settings(max_examples=60)
@given(steps=st.lists(_steps, max_size=40))
def test_what_is_kept_is_what_is_counted(steps: list[tuple[str, tuple[object, ...]]]) -> None:
    """After any steps, by triggers and cascades alike."""
    db = Database(memory=True)
    db.execute("PRAGMA foreign_keys = ON")
    migrations.apply(db)
    for number in range(1, 7):
        db.execute(_ITEM, (number, number))
    for statement, values in steps:
        with suppress(sqlite3.IntegrityError):  # an item that is not there
            db.execute(statement, values)
    for table, counted in _COUNTED.items():
        kept = {row for row in db.execute(f"SELECT * FROM {table}").fetchall() if row[2]}
        assert kept == set(db.execute(counted).fetchall())


def test_a_database_from_before_is_counted_once(tmp_path: Path) -> None:
    """The migration starts from what is there."""
    db = Database(tmp_path / "a.db")
    migrations.apply(db, stop_before="tallies")
    db.execute(_ITEM, (1, 1))
    db.execute(_COPY, (1, 1, "a", 1))
    db.execute("INSERT INTO topic_items VALUES ('t', '', 1, '[]', '')")
    migrations.apply(db)
    assert set(db.execute("SELECT * FROM tallies").fetchall()) == {("source", "a", 1), ("topic", "t", 1)}
