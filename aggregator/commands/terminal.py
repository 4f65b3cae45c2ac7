"""Tables and progress for a person: drawn on a terminal, plain text when piped. The only module that imports rich."""

import sys
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from aggregator.commands.wording import shown
from aggregator.pipeline.fetch import Watcher
from aggregator.pipeline.record import Result

_WIDEST = 2_000  # letters of a cell


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> None:
    """Print rows under a head; the columns in `numbers` stand to the right. Piped, a column is as wide as it needs.

    What a cell says comes from elsewhere: nothing in it is obeyed by a terminal.
    """
    rows = [[shown(cell, _WIDEST) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        _plain([head, *rows], numbers)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(head):
        drawn.add_column(name, justify="right" if number in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=_STYLES.get(cell.partition(" ")[0], "")) for cell in row))
    Console().print(drawn)


_STYLES = {"failed": "red", "failing": "red", "gone": "yellow", "ok": "green"}


def _plain(rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if number in numbers else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(cells).rstrip())


def when(moment: datetime | None) -> str:
    """Return a time as a person in its place reads it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


class Progress(Watcher):
    """A bar on stderr while sources are polled, where stderr is a terminal; nothing elsewhere."""

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden or not sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if not self._hidden:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            name = TextColumn("{task.description}", markup=False)
            columns = (TextColumn("polling"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), name)
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("", total=None)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def expect(self, total: int) -> None:
        """Say how many sources there are to poll."""
        if self._bar:
            self._bar.update(self._task, total=total)

    def advance(self, result: Result) -> None:
        """Note that one source is done."""
        if self._bar:
            self._bar.update(self._task, advance=1, description=result.source)
