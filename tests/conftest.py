"""What many tests begin with."""

from collections.abc import Iterator
from pathlib import Path

import clusters
import pytest
from hypothesis import HealthCheck, settings
from places import Place

# How fast a machine is, or what else it has to do, is no fault of ours.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --cluster` has the polls of all tests made on a Dask LocalCluster; nothing else of them changes."""
    parser.addoption("--cluster", action="store_true", help="make all polls in the workers of a Dask LocalCluster")


@pytest.fixture(scope="session", autouse=True)
def polls_are_made(request: pytest.FixtureRequest) -> Iterator[None]:
    """Here, or on a cluster: the one switch."""
    if not request.config.getoption("--cluster"):
        yield
        return
    with clusters.switched():
        yield


@pytest.fixture(autouse=True)
def hosts_are_forgotten() -> Iterator[None]:
    """No test meets a pause that another one caused."""
    yield
    clusters.forget()


@pytest.fixture
def at_home_only(request: pytest.FixtureRequest) -> None:
    """For a test that reaches into the process that polls."""
    if request.config.getoption("--cluster"):
        pytest.skip("it reaches into the process that polls")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder in which commands are run."""
    return Place(tmp_path)
