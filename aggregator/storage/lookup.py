"""From what a person has of an item, its number, a published id, a URL or a source's id, to the item."""

from sqlite_utils import Database


def item_of(db: Database, text: str) -> int | None:
    """Return the item that a number, published id, URL or guid means, also one that was folded into another."""
    queries = [
        "SELECT id FROM items WHERE uid = :text",
        "SELECT item_id FROM aliases WHERE uid = :text",
        "SELECT id FROM items WHERE url = :text",
        "SELECT item_id FROM appearances WHERE guid = :text OR url = :text ORDER BY item_id",
    ]
    if text.isascii() and text.isdigit():
        queries.insert(0, "SELECT id FROM items WHERE id = CAST(:text AS INTEGER)")
    for query in queries:
        row = db.execute(query, {"text": text}).fetchone()
        if row:
            return int(row[0])
    return None


def copies_named(db: Database, item_id: int, text: str) -> list[int]:
    """Return the numbers of the item's copies that a guid or URL means."""
    query = "SELECT id FROM appearances WHERE item_id = ? AND (guid = ? OR url = ? OR source = ?) ORDER BY id"
    return [number for (number,) in db.execute(query, [item_id, text, text, text]).fetchall()]
