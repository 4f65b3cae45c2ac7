"""`python -m aggregator`, and the `aggregator` command."""

import gc
import os
import signal
import sys

from aggregator.cli import run


def main() -> None:
    """Run the command line and leave with its exit code; SIGTERM ends a command at any moment as Ctrl-C does."""
    gc.disable()  # what is imported stays; reading feeds.toml turns it on
    gc.set_threshold(50_000)  # objects: two thousand polls make as many that are no cycles
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # we have none, and looking takes a while
    signal.signal(signal.SIGTERM, _interrupt)
    code = run(sys.argv[1:])
    gc.freeze()  # nor need it all be looked at for cycles as the interpreter ends
    sys.exit(code)


def _interrupt(*_signal: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
