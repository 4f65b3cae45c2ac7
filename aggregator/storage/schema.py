"""The tables, as migrations that run by themselves, each in one transaction. docs/database.md explains every column.

Migrations are only ever added, at the end: a database of any earlier version must become one of this.
"""

from pathlib import Path

from sqlite_utils import Database, Migrations

from aggregator.storage.errors import StoreError
from aggregator.storage.tallies import TABLES as TALLY_TABLES
from aggregator.storage.tallies import TRIGGERS as TALLY_TRIGGERS
from aggregator.storage.topics import digest_of

migrations = Migrations("aggregator")

_TABLES = """
CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'ok', 'failing', 'gone', 'disabled')),
    last_polled TEXT,
    next_poll TEXT,
    last_status INTEGER,
    last_error TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    validators_url TEXT NOT NULL DEFAULT '',
    configured INTEGER NOT NULL DEFAULT 1,
    local INTEGER NOT NULL DEFAULT 0,
    priority INTEGER NOT NULL DEFAULT 0,
    shown_as TEXT NOT NULL DEFAULT '',
    next_poll_reason TEXT NOT NULL DEFAULT '',
    not_before TEXT,
    failing_since TEXT,
    last_new TEXT,
    gap REAL NOT NULL DEFAULT 0,
    moved_to TEXT NOT NULL DEFAULT '',
    moved_since TEXT,
    moved_polls INTEGER NOT NULL DEFAULT 0,
    poll_url TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',
    site_url TEXT NOT NULL DEFAULT '',
    feed_id TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    rights TEXT NOT NULL DEFAULT '',
    format TEXT NOT NULL DEFAULT '',
    hub TEXT NOT NULL DEFAULT '',
    ttl INTEGER NOT NULL DEFAULT 0,
    skip_hours TEXT NOT NULL DEFAULT '[]',
    skip_days TEXT NOT NULL DEFAULT '[]',
    body_digest BLOB NOT NULL DEFAULT x'',
    known BLOB NOT NULL DEFAULT x'',
    claimed_by INTEGER
);
CREATE INDEX sources_due ON sources (next_poll) WHERE configured = 1;

CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    author TEXT NOT NULL,
    summary TEXT NOT NULL,
    content TEXT NOT NULL,
    language TEXT NOT NULL,
    published TEXT NOT NULL,
    updated TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    authors TEXT NOT NULL,
    image TEXT NOT NULL,
    comments TEXT NOT NULL,
    rights TEXT NOT NULL,
    origin_title TEXT NOT NULL,
    origin_url TEXT NOT NULL,
    evidence TEXT NOT NULL
);
CREATE INDEX items_published ON items (published);
CREATE INDEX items_url ON items (url) WHERE url <> '';

CREATE TABLE appearances (
    id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    guid TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    published TEXT,
    first_seen TEXT NOT NULL,
    rule TEXT,
    score REAL,
    why TEXT NOT NULL DEFAULT '',
    guid_key TEXT NOT NULL,
    url_key TEXT NOT NULL,
    digest BLOB NOT NULL,
    content_digest BLOB NOT NULL,
    shown INTEGER NOT NULL,
    copy TEXT,
    UNIQUE (source, guid_key)
);
CREATE INDEX appearances_item ON appearances (item_id);
CREATE INDEX appearances_url ON appearances (url_key) WHERE url_key <> '';

CREATE TABLE aliases (
    uid TEXT PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE enclosures (
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    url TEXT NOT NULL,
    type TEXT NOT NULL,
    length INTEGER,
    PRIMARY KEY (item_id, position)
) WITHOUT ROWID;

CREATE TABLE categories (
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (item_id, position)
) WITHOUT ROWID;

CREATE TABLE topics (
    name TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    scope TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    changes INTEGER NOT NULL DEFAULT 1,
    published_changes INTEGER NOT NULL DEFAULT 0,
    rendered_with TEXT NOT NULL DEFAULT '',
    expires TEXT,
    closed_month TEXT NOT NULL DEFAULT ''
);

CREATE TABLE topic_items (
    topic TEXT NOT NULL,
    published TEXT NOT NULL,
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    terms TEXT NOT NULL,
    month TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (topic, published, item_id)
) WITHOUT ROWID;
CREATE INDEX topic_items_item ON topic_items (item_id);
CREATE INDEX topic_items_month ON topic_items (topic, month);

CREATE TABLE polls (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    at TEXT NOT NULL,
    status INTEGER,
    milliseconds INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    new_items INTEGER NOT NULL,
    error TEXT
);
CREATE INDEX polls_source ON polls (source, at);
CREATE INDEX polls_at ON polls (at);

CREATE TABLE files (
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    digest BLOB NOT NULL,
    guid TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (source, path)
) WITHOUT ROWID;

CREATE TABLE vetoes (
    one INTEGER NOT NULL REFERENCES appearances (id) ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES appearances (id) ON DELETE CASCADE,
    PRIMARY KEY (one, other)
) WITHOUT ROWID;
CREATE INDEX vetoes_other ON vetoes (other);

CREATE TABLE tombstones (
    source TEXT NOT NULL,
    guid_key TEXT NOT NULL,
    PRIMARY KEY (source, guid_key)
) WITHOUT ROWID;

CREATE TABLE pages (
    appearance INTEGER PRIMARY KEY REFERENCES appearances (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('wanted', 'done', 'failed')),
    error TEXT
);
CREATE INDEX pages_wanted ON pages (appearance) WHERE state = 'wanted';

CREATE TABLE documents (
    path TEXT PRIMARY KEY,
    topic TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIRTUAL TABLE items_fts USING fts5 (
    title, author, categories, content, tokenize = 'unicode61 remove_diacritics 2'
);
"""

_WEBSUB = """
ALTER TABLE sources ADD COLUMN hub_topic TEXT NOT NULL DEFAULT '';
CREATE INDEX sources_hub ON sources (name) WHERE hub_topic <> '';

CREATE TABLE subscriptions (
    token TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    callback TEXT NOT NULL,
    secret TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asking', 'active', 'denied', 'ending', 'ended')),
    due TEXT,
    failures INTEGER NOT NULL,
    error TEXT,
    since TEXT,
    verified TEXT,
    lease_ends TEXT,
    pushed TEXT,
    missed TEXT,
    otherwise TEXT
) WITHOUT ROWID;
CREATE INDEX subscriptions_source ON subscriptions (source);
CREATE INDEX subscriptions_due ON subscriptions (due) WHERE due IS NOT NULL;
CREATE INDEX subscriptions_hub ON subscriptions (hub, due) WHERE due IS NOT NULL;
CREATE INDEX subscriptions_lease ON subscriptions (lease_ends) WHERE state = 'active';

CREATE TABLE pings (
    path TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    hub TEXT NOT NULL,
    due TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    error TEXT
) WITHOUT ROWID;
CREATE INDEX pings_due ON pings (due) WHERE due IS NOT NULL;
"""


@migrations()
def tables(db: Database) -> None:
    """The first version."""
    _run(db, _TABLES)


@migrations()
def fingerprints(db: Database) -> None:
    """The index of the duplicate finder."""
    from aggregator.storage.fingerprints import TABLES

    _run(db, TABLES)


@migrations()
def retired_topics(db: Database) -> None:
    """The names of topics that feeds.toml no longer has, so that their readers can be told."""
    db.execute("CREATE TABLE retired_topics (name TEXT PRIMARY KEY) WITHOUT ROWID")


@migrations()
def chores(db: Database) -> None:
    """When what is done once a day was last done."""
    db.execute("CREATE TABLE chores (name TEXT PRIMARY KEY, done TEXT NOT NULL) WITHOUT ROWID")


@migrations()
def dedupe_of_sources(db: Database) -> None:
    """Whether what is stored of a source has been folded, as far as it goes."""
    db.execute("ALTER TABLE sources ADD COLUMN dedupe INTEGER NOT NULL DEFAULT 1")


@migrations()
def tallies(db: Database) -> None:
    """Figures that are kept as things come."""
    _run(db, TALLY_TABLES)
    for trigger in TALLY_TRIGGERS:
        db.execute(trigger)


@migrations()
def polled_at(db: Database) -> None:
    """Sources that are polled at one address are polled together."""
    db.execute("CREATE INDEX sources_polled_at ON sources (poll_url)")


@migrations()
def websub(db: Database) -> None:
    """Subscriptions at hubs, and of what our own hub is to be told."""
    _run(db, _WEBSUB)


@migrations()
def due_of_many(db: Database) -> None:
    """What is due, and what is claimed, is found without looking at all sources."""
    db.execute("DROP INDEX sources_due")
    db.execute("CREATE INDEX sources_due ON sources (coalesce(next_poll, '')) WHERE configured = 1")
    db.execute("CREATE INDEX sources_claimed ON sources (claimed_by) WHERE claimed_by IS NOT NULL")


@migrations()
def cluster(db: Database) -> None:
    """How the cluster that polls for this database was last seen."""
    db.execute("CREATE TABLE cluster (address TEXT PRIMARY KEY, at TEXT NOT NULL, standing TEXT NOT NULL)")


@migrations()
def topic_scopes(db: Database) -> None:
    """The sources of a topic apart from its row, which is written at every change of what it shows."""
    db.execute("CREATE TABLE topic_scopes (topic TEXT PRIMARY KEY, sources TEXT NOT NULL)")
    db.execute("INSERT INTO topic_scopes SELECT name, scope FROM topics")
    for topic, names in db.execute("SELECT topic, sources FROM topic_scopes").fetchall():
        db.execute("UPDATE topics SET scope = ? WHERE name = ?", [digest_of(names), topic])


@migrations()
def pauses(db: Database) -> None:
    """Hosts that asked to be left alone for a while."""
    db.execute("CREATE TABLE pauses (host TEXT PRIMARY KEY, until TEXT NOT NULL) WITHOUT ROWID")


@migrations()
def polls_by_time(db: Database) -> None:
    """No index of polls by their source: each poll had a page of its own to write in it, and no query went by it."""
    db.execute("DROP INDEX polls_source")


def must_not_be_newer(db: Database, path: Path) -> None:
    """Raise StoreError where the database at `path` has been through migrations that this version does not know."""
    known = {migration.name for migration in migrations.pending(Database(memory=True, execute_plugins=False))}
    if not {migration.name for migration in migrations.applied(db)} <= known:
        raise StoreError(f"{path}: a newer version of this program has written it; use that one")


def _run(db: Database, script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)
