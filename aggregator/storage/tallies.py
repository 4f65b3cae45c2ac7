"""What is counted as it comes, so that nobody has to count an archive of millions: items, and polls a day."""

# For the migrations: tables, the triggers that keep them, and the figures of what is there already.
#
# `tallies.of` is "source" (articles that it has a copy of) or "topic". "INSERT OR IGNORE" of a zero before each "+ 1",
# because the conflict clause of the statement that fires a trigger takes the place of one within it.
TABLES = """
CREATE TABLE tallies (
    of TEXT NOT NULL,
    name TEXT NOT NULL,
    items INTEGER NOT NULL,
    PRIMARY KEY (of, name)
) WITHOUT ROWID;
CREATE TABLE poll_days (
    source TEXT NOT NULL,
    day TEXT NOT NULL,
    polls INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    PRIMARY KEY (day, source)
) WITHOUT ROWID;
INSERT INTO tallies SELECT 'source', source, count(DISTINCT item_id) FROM appearances GROUP BY source;
INSERT INTO tallies SELECT 'topic', topic, count(*) FROM topic_items GROUP BY topic;
INSERT INTO poll_days SELECT source, substr(at, 1, 10), count(*), count(error) FROM polls GROUP BY 1, 2;
"""
TRIGGERS = (
    """CREATE TRIGGER copy_came AFTER INSERT ON appearances WHEN NOT EXISTS (
           SELECT 1 FROM appearances WHERE item_id = NEW.item_id AND source = NEW.source AND id <> NEW.id) BEGIN
       INSERT OR IGNORE INTO tallies VALUES ('source', NEW.source, 0);
       UPDATE tallies SET items = items + 1 WHERE of = 'source' AND name = NEW.source; END""",
    """CREATE TRIGGER copy_went AFTER DELETE ON appearances WHEN NOT EXISTS (
           SELECT 1 FROM appearances WHERE item_id = OLD.item_id AND source = OLD.source) BEGIN
       UPDATE tallies SET items = items - 1 WHERE of = 'source' AND name = OLD.source; END""",
    """CREATE TRIGGER copy_moved AFTER UPDATE OF item_id ON appearances WHEN NEW.item_id <> OLD.item_id BEGIN
       UPDATE tallies SET items = items
           - (NOT EXISTS (SELECT 1 FROM appearances WHERE item_id = OLD.item_id AND source = OLD.source))
           + (NOT EXISTS (
               SELECT 1 FROM appearances WHERE item_id = NEW.item_id AND source = NEW.source AND id <> NEW.id))
       WHERE of = 'source' AND name = NEW.source; END""",
    """CREATE TRIGGER topic_gained AFTER INSERT ON topic_items BEGIN
       INSERT OR IGNORE INTO tallies VALUES ('topic', NEW.topic, 0);
       UPDATE tallies SET items = items + 1 WHERE of = 'topic' AND name = NEW.topic; END""",
    """CREATE TRIGGER topic_lost AFTER DELETE ON topic_items BEGIN
       UPDATE tallies SET items = items - 1 WHERE of = 'topic' AND name = OLD.topic; END""",
    """CREATE TRIGGER polled AFTER INSERT ON polls BEGIN
       INSERT OR IGNORE INTO poll_days VALUES (NEW.source, substr(NEW.at, 1, 10), 0, 0);
       UPDATE poll_days SET polls = polls + 1, failures = failures + (NEW.error IS NOT NULL)
       WHERE day = substr(NEW.at, 1, 10) AND source = NEW.source; END""",
)
