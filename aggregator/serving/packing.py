"""feeds.toml on its way to a worker: packed once, and unpacked there once, however often the worker is asked."""

import pickle
from functools import lru_cache

from aggregator.config.values import Config


def packed(config: Config) -> bytes:
    """Return it as bytes for `unpacked`."""
    return pickle.dumps(config)


@lru_cache(maxsize=1)
def unpacked(config: bytes) -> Config:
    """Return what was packed; the last one is kept."""
    known: Config = pickle.loads(config)  # noqa: S301 - our own bytes, from the process that started this one
    return known
