"""`aggregator serve`: the scheduler, and an HTTP server over the published files, until SIGTERM or SIGINT."""

import asyncio
import os
import sys
from argparse import Namespace

from aggregator.config.load import load
from aggregator.serving.connections import listen
from aggregator.serving.daemon import serve
from aggregator.serving.troubles import Voice


def run(options: Namespace) -> int:
    """Serve until told to stop, which is how it is meant to end."""
    config = load(options.config)
    listening = listen(options.host, options.port)
    host, port = listening.getsockname()[:2]
    voice = Voice(say=_nothing if options.quiet else _tell, warn=_tell)
    voice.say(f"serving {config.site.output} at http://{f'[{host}]' if ':' in host else host}:{port}/")
    done = asyncio.run(serve(config, listening, voice))
    if not done:
        _tell("a publication was not finished; the next start does it again")
        sys.stdout.flush()
        os._exit(0)  # its thread cannot be interrupted, and may be killed at any time: nothing is half done
    return 0


def _tell(sentence: str) -> None:
    print(f"aggregator: {sentence}", file=sys.stderr, flush=True)


def _nothing(_: str) -> None:
    """Be quiet."""
