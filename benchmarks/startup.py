"""What it takes to start: whole processes, beside one that imports everything.

python -m benchmarks.startup [--rounds 9]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import markdown, middle, run

_EVERYTHING = (
    "import pkgutil, importlib, aggregator\n"
    "for module in pkgutil.walk_packages(aggregator.__path__, 'aggregator.'):\n"
    "    if not module.name.endswith('__main__'): importlib.import_module(module.name)\n"
    "import feedparser, feedgen.feed, jinja2, trafilatura, markdown_it, rich.console, starlette, uvicorn"
    ", pebble, tomlkit"
)
_FEEDS = """[site]
title = "S"
base_url = "https://s.example/"
[sources.notes]
path = "notes"
[topics.all]
title = "All"
"""


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        (folder / "notes").mkdir()
        (folder / "feeds.toml").write_text(_FEEDS)
        ours = (sys.executable, "-m", "aggregator", "--config", str(folder / "feeds.toml"), "-q")
        commands = {
            "everything imported": (sys.executable, "-c", _EVERYTHING),
            "Python alone": (sys.executable, "-c", "pass"),
            "--help": (*ours, "--help"),
            "check": (*ours, "check"),
            "fetch, nothing due": (*ours, "fetch"),
        }
        for command in commands.values():
            run(command, folder / "log")  # compiled, and the day's backup made
        rounds = [
            {name: run(command, folder / "log") for name, command in commands.items()} for _ in range(options.rounds)
        ]
    costs = {name: middle(one[name] for one in rounds) for name in commands}
    first = costs["everything imported"]
    rows = [(name, cost.wall, cost.cpu, cost.wall / first.wall, cost.cpu / first.cpu) for name, cost in costs.items()]
    print(markdown(("", "wall s", "CPU s", "wall / everything", "CPU / everything"), rows))


if __name__ == "__main__":
    main()
