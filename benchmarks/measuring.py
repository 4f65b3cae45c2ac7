"""What a whole process costs, with everything it starts: wall clock, CPU and memory; and tables of medians."""

import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: processes whose parent has ended become ours, and what they cost is counted


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, seconds of CPU of the whole tree of processes, and its peak memory in MB, or 0."""

    wall: float
    cpu: float
    memory: float = 0.0


def run(command: Sequence[str], log: Path, env: Mapping[str, str] | None = None, *, memory: bool = False) -> Cost:
    """Run a command to its end; raises RuntimeError where it fails. `memory` is sampled, which itself costs time."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    others = set(descendants(os.getpid()))
    before = _children_cpu()
    with log.open("ab") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}
        )
        peak = _watch(process) if memory else 0.0
        code = process.wait()
        wall = time.monotonic() - began
    for orphan in set(descendants(os.getpid())) - others:
        with suppress(ChildProcessError):
            os.waitpid(orphan, 0)
    if code:
        raise RuntimeError(f"{' '.join(command)[:200]} ended with {code}; see {log}")
    return Cost(wall, _children_cpu() - before, peak)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: subprocess.Popen[bytes]) -> float:
    """Its peak; looked at seldom enough to slow nothing down, which in large processes takes the kernel a while."""
    peak = 0
    while process.poll() is None:
        began = time.monotonic()
        peak = max(peak, sum(map(_memory_of, descendants(process.pid))))
        time.sleep(max(0.05, 20 * (time.monotonic() - began)))
    return peak / 1024


def descendants(pid: int) -> list[int]:
    """Return a process and all that it has started."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                found += [int(child) for child in task.read_text().split()]
    return found


def _memory_of(pid: int) -> int:
    """Kilobytes, memory that several processes share counted once for all of them (Pss)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def middle(costs: Iterable[Cost]) -> Cost:
    """Return the medians of some runs."""
    walls, cpus, memories = zip(*((cost.wall, cost.cpu, cost.memory) for cost in costs), strict=True)
    return Cost(median(walls), median(cpus), median(memories))


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; a float has two decimals, below 0.1 four, and from 100 on none."""
    lines = [head, ["---"] * len(head), *([_shown(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _shown(cell: object) -> str:
    if not isinstance(cell, float):
        return str(cell)
    return f"{cell:.4f}" if cell < 0.1 else f"{cell:.2f}" if cell < 100 else f"{cell:,.0f}"
