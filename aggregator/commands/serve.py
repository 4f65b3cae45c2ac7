"""`aggregator serve`: the scheduler, and an HTTP server over the published files, until SIGTERM or SIGINT."""

import asyncio
import sys
from argparse import Namespace

from aggregator.cluster.where import must_be_installed
from aggregator.config.load import load
from aggregator.serving.connections import listen
from aggregator.serving.daemon import serve
from aggregator.serving.troubles import Voice

# Seconds after which the interpreter lets another thread go on. The one that writes polls hands over at each question
# to SQLite; by default it would go on only 5 ms later, each time, where many clients keep the loop busy.
_SWITCH = 0.0005


def run(options: Namespace) -> int:
    """Serve until told to stop, which is how it is meant to end."""
    config = load(options.config)
    must_be_installed(config)
    listening = listen(options.host, options.port)
    host, port = listening.getsockname()[:2]
    voice = Voice(say=_nothing if options.quiet else _tell, warn=_tell)
    try:
        voice.say(f"serving {config.site.output} at http://{f'[{host}]' if ':' in host else host}:{port}/")
        sys.setswitchinterval(_SWITCH)
        asyncio.run(serve(config, listening, voice))
    except KeyboardInterrupt:  # told to stop before the loop has taken the signals over
        voice.say("stopping")
    return 0


def _tell(sentence: str) -> None:
    print(f"aggregator: {sentence}", file=sys.stderr, flush=True)


def _nothing(_: str) -> None:
    """Be quiet."""
