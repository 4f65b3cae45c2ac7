"""The documentation says what there is: every command, option, key, table, column, metric, exit code and message."""

import ast
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from places import Place

from aggregator import cli
from aggregator.config.schema import PollingTable, SiteTable, SourceTable, TopicTable
from aggregator.errors import UserError
from aggregator.pipeline.where import Standing
from aggregator.serving.vitals import Present, Vitals, metrics
from aggregator.storage.figures import Figures

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "aggregator").rglob("*.py"))


def text(name: str) -> str:
    """A documentation file."""
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> dict[str, ArgumentParser]:
    """Every command's own parser."""
    actions = [action for action in cli.parser()._actions if action.dest == "command"]
    return dict(actions[0].choices or {})  # type: ignore[arg-type]  # the choices of sub-parsers are parsers


def test_every_command_has_its_row_with_each_of_its_options() -> None:
    """The row of a command in the README names each of its options and arguments, in that row."""
    rows = dict(re.findall(r"^\| `aggregator (\w+)([^|`]*)`", text("README.md"), re.MULTILINE))
    assert set(rows) == set(commands())
    for name, command in commands().items():
        for action in command._actions:
            if action.dest != "help":
                shown = action.option_strings[-1] if action.option_strings else action.metavar or action.dest
                assert str(shown) in rows[name], f"{name} {shown}"


def test_every_option_of_all_commands_is_in_the_readme() -> None:
    """What stands before a command is told below the table."""
    page = text("README.md")
    for action in cli.parser()._actions:
        for option in action.option_strings:
            assert option in ("-h", "--help") or f"`{option}" in page, option


def test_every_key_is_documented() -> None:
    """Each key of each table of feeds.toml stands in its page."""
    page = text("docs/feeds-toml.md")
    for table in (SiteTable, PollingTable, SourceTable, TopicTable):
        for name, field in table.model_fields.items():
            assert f"`{field.alias or name}`" in page, f"{table.__name__}.{name}"


def test_every_table_column_and_index_is_documented(place: Place) -> None:
    """Each column of a new database stands in docs/database.md, and each index by its name."""
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
        for (index,) in place.rows("SELECT name FROM pragma_index_list(?) WHERE origin = 'c'", name):
            assert f"`{index}`" in page


def test_every_metric_is_documented_and_no_other() -> None:
    """The rows of docs/serving.md are the metrics of a server, each with its kind."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    shown = metrics(Vitals(started=1.0), Present(now, {}, {200: 1}, 1, 0, Figures(1, {"ok": 1}, 1, now), Standing("")))
    there = set(re.findall(r"^# TYPE (\w+) (\w+)$", shown, re.MULTILINE))
    rows = set(re.findall(r"^\| `(aggregator_\w+)` \| (\w+) \|", text("docs/serving.md"), re.MULTILINE))
    assert rows == there


def test_every_exit_code_is_documented() -> None:
    """Those of the command line and of every error have a row in the page on trouble, and stand in the README."""
    for path in MODULES:  # every error is a class that was imported
        if "(UserError)" in path.read_text(encoding="utf-8") or path.name == "errors.py":
            __import__(".".join(path.relative_to(ROOT).with_suffix("").parts))
    codes = {cli.DONE, cli.FAILED, cli.WRONG, cli.INTERRUPTED, *(error.code for error in errors(UserError))}
    rows = set(re.findall(r"^\| (\d+) \|", text("docs/troubleshooting.md"), re.MULTILINE))
    assert rows == {str(code) for code in codes}
    for code in codes:
        assert re.search(rf"\b{code}\b", text("README.md").partition("Exit codes")[2].partition("\n\n")[0]), code


def test_every_status_that_the_server_answers_is_documented() -> None:
    """Each stands in the first cell of a row of docs/serving.md."""
    answered = {
        node.value
        for name in ("app", "files", "connections")
        for node in ast.walk(ast.parse(text(f"aggregator/serving/{name}.py")))
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and 200 <= node.value < 600
    }
    cells = re.findall(r"^\| ([\d, ]+) \|", text("docs/serving.md"), re.MULTILINE)
    documented = {int(status) for cell in cells for status in cell.split(",")}
    assert answered >= {200, 304, 404, 503}
    assert answered - documented == set()


PAGES = ("README.md", "CONTRIBUTING.md", *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")))


@pytest.mark.parametrize("page", PAGES)
def test_no_link_of_the_docs_leads_nowhere(page: str) -> None:
    """Each file that a page links to or shows is there, and so is the heading."""
    written = re.sub(r"^```.*?^```$", "", text(page), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", written):
        address, _, anchor = "".join(target).partition("#")
        if "://" in address:
            continue
        file = (ROOT / page).parent / address if address else ROOT / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), target


def anchors(written: str) -> set[str]:
    """What headings can be linked to by, as forges make it of their words."""
    headings = re.findall(r"^#+ (.+)$", written, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def errors(base: type[UserError]) -> Iterator[type[UserError]]:
    """An error and all that are made of it."""
    yield base
    for one in base.__subclasses__():
        yield from errors(one)


# What a developer meets, or what stands behind a message that is documented.
INTERNAL = {"AssertionError", "TypeError", "FaultError"}
INSIDE = {"is no path of a published document", "nobody waits for it any more"}
REMEDIES = {"_REMEDIES", "_REASONS", "_HINTS", "_MESSAGES"}
# A message about a rule says itself what to write instead.
OWN_REMEDY = ("curation/rules/",)


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the text of each message that a module makes, a placeholder being a line break."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            tells = called.endswith("Error") and called not in INTERNAL
            noted = called in ("Failed", "Unreadable") or (called in ("add", "begin") and len(node.args) == 2)
            yield from ((node.lineno, literal(one)) for one in node.args if tells or noted)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in REMEDIES:
            assert isinstance(node.value, ast.Dict)
            yield from ((value.lineno, literal(value)) for value in node.value.values)


def literal(node: ast.AST) -> str:
    """The text that an expression is sure to show."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{\w*\}", "\n", node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) if isinstance(part, ast.Constant) else "\n" for part in node.values)
    return ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT / "aggregator").as_posix())
def test_every_message_is_in_the_page_on_trouble(path: Path) -> None:
    """The longest piece of each message without anything variable in it stands there, so that a search finds it."""
    if any(part in path.as_posix() for part in OWN_REMEDY):
        return
    page = plain(text("docs/troubleshooting.md"))
    missing = []
    for line, message in messages(path):
        piece = plain(max(message.split("\n"), key=len))
        if " " in piece and piece not in page and piece not in INSIDE:
            missing.append(f"{path.name}:{line}: {piece}")
    assert not missing


def plain(words: str) -> str:
    """Text without what Markdown and the ends of pieces add to it."""
    return " ".join(re.sub(r"[`“”]", "", words).split()).strip(" .,:;()[]\"'")
