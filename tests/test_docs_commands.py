"""What the README and the docs tell a user to type does what it says, in a folder of its own.

A fenced block in `sh` is run, unless a comment above it says `network` (a registry, or somebody's site) or `root` (the
system is changed): of those the commands of ours are only parsed. `aggregator serve` is started, asked, and stopped. Blocks in
`toml` are put into a feeds.toml, the line in `cron` is run by sh as cron does, and so are the steps of the CI job.
"""

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from loopback import free_port, serving
from places import HEAD, Place, item, rss
from serving import ask

from aggregator.cli import parser
from aggregator.config.load import load

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")))
NOT_RUN = ("network", "root")
FEED = "[sources.sample]\npath = 'sample.rss'\ntags = ['news']\n[sources.seeds]\npath = 'seeds'\n[topics.all]\ntitle = 'All'\n"
OPML = '<opml version="2.0"><body><outline text="One" xmlUrl="https://one.example/feed"/></body></opml>'
PLANET = "[Planet]\nname = P\n[https://two.example/feed]\nname = Two\n"


@dataclass(frozen=True)
class Block:
    """A fenced block: where, its language, what the comment above it says, and what is in it."""

    page: str
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """All blocks in these languages."""
    return [block for page in PAGES for block in _blocks(page) if block.language in languages]


def _blocks(page: str) -> Iterator[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in re.finditer(r"^(?:<!-- ([a-z ]+) -->\n)?```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found[2], tuple((found[1] or "").split()), found[3])


SHELL = blocks("sh")


@pytest.fixture
def there(place: Place) -> Place:
    """The folder in which commands are typed: a feeds.toml, something to read, something published, a home."""
    place.configure(FEED)
    place.save({
        "sample.rss": rss(item("A title", "1", "https://a.example/1", "Some words")),
        "seeds/one.txt": "A headline\n\nA paragraph that is long enough to be an article of its own.\n",
        "subscriptions.opml": OPML,
        "config.ini": PLANET,
    })  # fmt: skip
    assert place.run("-q", "fetch") == 0
    (place.folder / ".venv").mkdir()
    (place.folder / ".venv" / "bin").symlink_to(sysconfig.get_path("scripts"))
    (place.folder / "feeds").symlink_to(".")
    return place


def typed(place: Place, script: str) -> tuple[int, str]:
    """Run a script as at a prompt: the commands of this environment come first, and the first that fails ends it.

    Returns its exit code, and what it said.
    """
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "HOME": str(place.folder), "PATH": path}
    done = subprocess.run(
        ["sh", "-ec", script],
        cwd=place.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, f"{script}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("block", [block for block in SHELL if not block.marks], ids=str)
def test_commands_of_the_docs_work(block: Block, there: Place) -> None:
    """Each block ends well where it is typed."""
    if "aggregator init" in block.text:
        (there.folder / "feeds.toml").unlink()
    lines = block.text.splitlines()
    served = [line for line in lines if re.match(r"(\.venv/bin/)?aggregator serve\b", line)]
    code, said = typed(there, "\n".join(line for line in lines if line not in served))
    assert code == 0, said
    if served:
        port = free_port()
        with serving(there.folder / "feeds.toml", port):
            assert ask(port, "/healthz").status == 200


def test_few_blocks_are_not_run() -> None:
    """Only for a reason that is known, and no more than a few: whoever adds one has to think."""
    marked = [block for block in SHELL if block.marks]
    assert all(mark in NOT_RUN for block in marked for mark in block.marks)
    assert len(marked) <= 12


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_commands_of_the_docs_can_be_typed(block: Block) -> None:
    """Whatever is run or not, the command line understands it."""
    for words in _commands(block.text):
        assert parser().parse_args(words).command in words


def _commands(script: str) -> Iterator[list[str]]:
    for line in script.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set(";&|<>()"):
                if words and Path(words[0]).name == "aggregator":
                    yield words[1:]
                words = []
            else:
                words.append(word)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_pieces_of_feeds_toml_are_right(block: Block, place: Place) -> None:
    """Each example can be put into a feeds.toml."""
    sources = "".join(f"[sources.{name}]\npath = '.'\n" for name in ("bbc-world",) if name not in block.text)
    site, rest = HEAD.split("[polling]")
    text = block.text.replace("[site]\n", site) if "[site]" in block.text else site + block.text
    place.configure(text + sources, head="" if "[polling]" in text else f"[polling]{rest}")
    config = load(place.folder / "feeds.toml")
    named = re.findall(r"^\[(?:sources|topics)\.([a-z0-9-]+)\]", block.text, re.MULTILINE)
    assert {*named} <= {*config.sources, *config.topics}


@pytest.mark.parametrize("block", blocks("cron"), ids=str)
def test_the_line_for_cron_works(block: Block, there: Place) -> None:
    """What stands behind the five fields, run by sh with little more than a home, does its work without a word."""
    command = block.text.split(maxsplit=5)[5]
    environment = {"HOME": str(there.folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", command], env=environment, cwd="/", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_the_steps_of_the_job_carry_the_database_along(block: Block, there: Place) -> None:
    """Twice, the second time on a fresh checkout that has nothing but what was kept: the same files are published."""
    steps = re.search(r"run: \|\n((?: {10}.*\n)+)", block.text)
    assert steps
    script = "".join(f"{line.strip()}\n" for line in steps[1].splitlines() if "pip install" not in line)
    code, said = typed(there, script)
    assert code == 0, said
    first = there.published()
    code, said = typed(there, f"rm -r public aggregator.db*\n{script}")
    assert code == 0, said
    assert there.published() == first


def test_python_runs_the_command_too() -> None:
    """`python -m aggregator` is the same command."""
    done = subprocess.run([sys.executable, "-m", "aggregator", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("aggregator ")
