"""Whether feeds.toml has polls made on a cluster; only where it does, Dask is imported, and must be installed."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from aggregator.config.values import Config
from aggregator.errors import UserError
from aggregator.pipeline.batch import Polls, poll_batch
from aggregator.pipeline.where import Standing, Where, poll_settings

if TYPE_CHECKING:
    from aggregator.cluster.batch import Terms


class ClusterError(UserError):
    """feeds.toml asks for what is not installed."""

    code = 2


class Cluster:
    """The cluster that feeds.toml may name, and how it was last seen."""

    def __init__(self, terms: "Terms | None" = None, told: Callable[[Standing | None], None] = lambda _: None) -> None:
        """`told` is called with what `standing` returns, whenever it may be another."""
        self._terms = terms
        self._told = told
        self._standing: Standing | None = None

    def standing(self) -> Standing | None:
        """Return how the cluster was doing a moment ago; None where none is asked for."""
        return self._standing

    def polls(self, config: Config) -> Polls:
        """Return what polls by this feeds.toml. Raises ClusterError."""
        must_be_installed(config)
        self._note(None)
        if not config.polling.cluster:
            return poll_batch
        from aggregator.cluster.coordinator import polls_on

        return polls_on(config.polling.cluster, poll_settings(config), self._note, self._terms)

    @property
    def where(self) -> Where:
        """What an engine is given."""
        return Where(self.polls, self.standing)

    def _note(self, standing: Standing | None) -> None:
        self._standing = standing
        self._told(standing)


def must_be_installed(config: Config) -> None:
    """Raise ClusterError where a cluster is asked for, and the optional extra for it is missing."""
    if config.polling.cluster and not (find_spec("distributed") and find_spec("cryptography")):
        raise ClusterError(
            f'[polling] cluster = "{config.polling.cluster}" needs Dask, which is not installed here; '
            "pip install 'aggregator[cluster]' installs it"
        )
