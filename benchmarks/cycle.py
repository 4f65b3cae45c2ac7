"""Polls many feeds with us and with others, each as a whole process, and prints medians and ratios.

    python -m benchmarks.cycle [--corpus FOLDER] [--python PEERS/bin/python] [--feeds 500] [--rounds 5]
                               [--only aggregator,curl] [--kinds cold,same,changed] [--short] [--memory] [--parts]

Cold: everything is new, with an empty database. Same: nothing has changed, and the server says 304 to who asks.
Changed: every feed has new items, one in twenty. The programs take turns within each round, so that what else the
machine does falls on all of them. `polls-alone` is us without a topic: the others publish nothing. `--parts` compares
us with and without duplicates and thirty topics more instead; `--memory` samples the peak of the whole tree of
processes. Without a corpus the feeds are made up, and with `--short` have one to three items: enough where it is polls
that are counted, and all of them are sound.
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path

from benchmarks.measuring import Cost, markdown, middle, run
from benchmarks.programs import ALL, PLAIN, Program, Setup, limit_files, named, ours
from benchmarks.web import Web, bodies_of, made_feeds, served

KINDS = ("cold", "same", "changed")
_WORDS = (
    "market russia energy apple climate election python music river train football health bank space film water trade "
    "school city storm war game phone science art food travel law police weather"
)
# It is routing that is measured: of these topics as little is published as can be.
_RULES = "".join(
    f'[topics.{word}]\ntitle = "{word}"\nmatch = \'{word} OR "new {word}" OR /{word}s?/ OR title:{word}*\'\n'
    "limit = 1\narchive = false\n"
    for word in _WORDS.split()
)
_PARTS = {
    "neither": ours(ALL, PLAIN),
    "duplicates": ours(ALL),
    "30 topics": ours(ALL + _RULES, PLAIN),
    "both": ours(ALL + _RULES),
}

Costs = dict[tuple[str, str], list[Cost]]
Answers = dict[tuple[str, str], Counter[str]]


class Comparison:
    """Runs of some programs over the same feeds."""

    def __init__(self, web: Web, setups: dict[str, Setup], folder: Path, *, memory: bool) -> None:
        self._web, self._setups, self._folder, self._memory = web, setups, folder, memory
        self._rounds = 0
        self.costs: Costs = defaultdict(list)
        self.answers: Answers = {}

    def round(self, kinds: Collection[str]) -> None:
        """One poll of each kind by each program, all of them in new folders.

        Nothing is deleted before the end: ext4 looks at every inode that was freed in the last half minute before it
        makes a file, which takes longer than to publish.
        """
        programs = {}
        self._rounds += 1
        for name, set_up in self._setups.items():
            folder = self._folder / str(self._rounds) / name
            folder.mkdir(parents=True)
            programs[name] = set_up(folder, self._web)
            if programs[name].first:
                run(programs[name].first, self._folder / f"{name}.log", programs[name].env)
        for kind in ("cold", *(kind for kind in KINDS[1:] if kind in kinds)):
            if kind == "changed":
                self._web.change()
            for name, program in programs.items():
                self._poll(kind, name, program, memory=self._memory and kind in kinds)
        if "changed" in kinds:
            self._web.restore()

    def _poll(self, kind: str, name: str, program: Program, *, memory: bool) -> None:
        program.due()
        self._web.answers()
        cost = run(program.poll, self._folder / f"{name}.log", program.env, memory=memory)
        self.costs[kind, name].append(cost)
        self.answers[kind, name] = self._web.answers()

    def table(self, kind: str) -> str:
        """The medians of one kind, and how they compare with the first program's."""
        names = [name for name in self._setups if (kind, name) in self.costs]
        costs = {name: middle(self.costs[kind, name]) for name in names}
        first = costs[names[0]]
        rows = [
            (
                *(name, cost.wall, cost.cpu, cost.wall / first.wall, cost.cpu / first.cpu, cost.memory),
                " ".join(f"{count}×{status}" for status, count in sorted(self.answers[kind, name].items())),
            )
            for name, cost in costs.items()
        ]
        head = (kind, "wall s", "CPU s", f"wall / {names[0]}", f"CPU / {names[0]}", "peak MB", "answers")
        return markdown(head, rows)


def main() -> None:
    """Compare, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--python", type=Path, default=Path("python3"))
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="aggregator,polls-alone,newsboat,sfeed,reader,feed2exec,curl")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--parts", action="store_true")
    options = parser.parse_args()
    limit_files()
    setups = _PARTS if options.parts else named(options.only.split(","), options.python.absolute())
    bodies = bodies_of(options.corpus) if options.corpus else made_feeds(short=options.short)
    with served(bodies, options.feeds) as web, tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        comparison = Comparison(web, setups, Path(folder), memory=options.memory)
        for _ in range(options.rounds):
            comparison.round(options.kinds.split(","))
    print(f"{options.feeds} feeds, medians of {options.rounds}\n")
    for kind in options.kinds.split(","):
        print(comparison.table(kind))


if __name__ == "__main__":
    main()
