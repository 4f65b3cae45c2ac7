"""What many tests begin with."""

from pathlib import Path

import pytest
from places import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder in which commands are run."""
    return Place(tmp_path)
