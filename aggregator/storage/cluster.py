"""How the cluster that polls for this database was last seen, for `status`, which is another process."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.storage.times import from_text, to_text


def note(db: Database, address: str, standing: Mapping[str, object], now: datetime) -> None:
    """Write it down; only the last one is kept."""
    db.execute("DELETE FROM cluster WHERE address <> ?", [address])
    db.execute(
        "INSERT OR REPLACE INTO cluster (address, at, standing) VALUES (?, ?, ?)",
        [address, to_text(now), json.dumps(standing)],
    )


def last_seen(db: Database, address: str) -> tuple[datetime, dict[str, Any]] | None:
    """Return when it was, and what was written down; None where nothing was."""
    row = db.execute("SELECT at, standing FROM cluster WHERE address = ?", [address]).fetchone()
    return (from_text(row[0]), json.loads(row[1])) if row else None
