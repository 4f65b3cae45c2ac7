"""The documentation says what there is: every command, key, table and column."""

import re
from argparse import ArgumentParser
from pathlib import Path

from places import Place

from aggregator.cli import parser
from aggregator.config.schema import PollingTable, SiteTable, SourceTable, TopicTable

ROOT = Path(__file__).parent.parent


def text(name: str) -> str:
    """A documentation file."""
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> dict[str, ArgumentParser]:
    """Every command's own parser."""
    actions = [action for action in parser()._actions if action.dest == "command"]
    return dict(actions[0].choices or {})  # type: ignore[arg-type]  # the choices of sub-parsers are parsers


def test_every_command_and_option_is_in_the_readme() -> None:
    """A row for each command, which names each of its arguments."""
    rows = dict(re.findall(r"^\| `aggregator (\w+)([^|]*)`", text("README.md"), re.MULTILINE))
    assert set(rows) == set(commands())
    for name, command in commands().items():
        for action in command._actions:
            if action.dest != "help":
                shown = action.option_strings[-1] if action.option_strings else action.metavar or action.dest
                assert str(shown) in text("README.md"), f"{name} {shown}"


def test_every_key_is_documented() -> None:
    """Each key of each table of feeds.toml stands in its page."""
    page = text("docs/feeds-toml.md")
    for table in (SiteTable, PollingTable, SourceTable, TopicTable):
        for name, field in table.model_fields.items():
            assert f"`{field.alias or name}`" in page, f"{table.__name__}.{name}"


def test_every_table_and_column_is_documented(place: Place) -> None:
    """Each column of a new database stands in docs/database.md."""
    place.configure("")
    place.run("-q", "fetch")
    page = text("docs/database.md")
    tables = [name for (name,) in place.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    own = [name for name in tables if not re.match(r"sqlite_|_sqlite|items_fts_|fingerprint", name)]
    assert {"items", "appearances", "sources", "polls"} <= set(own)
    for name in own:
        assert f"`{name}" in page or f"## {name}" in page or f", {name}" in page, name
        for (column,) in place.rows("SELECT name FROM pragma_table_info(?)", name):
            assert re.search(rf"\b{column}\b", page), f"{name}.{column}"
