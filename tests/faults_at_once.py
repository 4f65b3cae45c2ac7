"""Every fault at once beside fifty healthy sources, in one feeds.toml and one `fetch`: what must hold, measured.

    python tests/faults_at_once.py

All items of the healthy are published; the run ends within the timeout and ten seconds; the event loop is never held up
for more than a quarter of a second; all processes together stay under 600 MB; every failing source keeps its last good
items, and `status` says why it fails. Takes under a minute; .ci/run runs it, pytest does not collect it.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakeweb import FakeWeb, Reply, Request, answer
from hostile import BODIES
from places import Place, item, rss
from test_polling_faults import FAULTS, OK, TARGETS
from test_polling_politeness import REFUSED_REDIRECTS

HEALTHY, TIMEOUT = 50, 10
MOST_SECONDS, MOST_HELD_UP, MOST_BYTES = TIMEOUT + 10, 0.25, 600_000_000
HEAD = f"""
[site]
title = "Faults"
base_url = "https://feeds.example.org/"
[polling]
allow_private_addresses = ["127.0.0.0/8"]
timeout = "{TIMEOUT}s"
"""
DEAD = 20  # names that nobody knows


def faults() -> dict[str, Reply]:
    """Every faulty answer by a name for its source."""
    rows: list[tuple[str, Reply]] = [(name, reply) for name, reply, _ in FAULTS]
    rows += [(name, answer(200, body, ETag='"bad"')) for name, body, _ in BODIES]
    rows += [
        (f"redirect {name}", answer(301, Location=target.encode()) if target else answer(301))
        for name, target, _ in REFUSED_REDIRECTS
    ]
    rows += [
        (f"redirect to {target}", answer(302, Location=f"http://{target}:9/"))
        for target in TARGETS
        if "127" not in target and "7f" not in target and target not in {"2130706434", "0x7f000002"}
    ]
    rows += [("403", answer(403)), ("404", answer(404)), ("410", answer(410)), ("451", answer(451))]
    rows += [("429", answer(429, Retry_After="60")), ("503", answer(503, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT"))]
    rows += [("cut feed", [OK + b"Content-Length: 500\r\n\r\n" + good("x", "cut")[:200]])]
    return {f"f{number:03d}-{_slug(name)}": reply for number, (name, reply) in enumerate(rows)}


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())[:50].strip("-")


def good(name: str, *titles: str) -> bytes:
    """A feed without anything to be said against."""
    items = (
        item(f"{title} of {name}", guid=f"urn:{name}:{title}", text=f"<p>{title} words of {name}</p>")
        for title in titles
    )
    return rss(*items, title=name)


def address(number: int) -> str:
    """A loopback address of its own for each source."""
    return f"127.1.{number // 200}.{number % 200 + 1}"


def main() -> None:
    """Run it, and say what was seen."""
    bad = faults()
    names = [*bad, *(f"h{number:02d}" for number in range(HEALTHY))]
    phase = {"faults": False}

    def reply_of(name: str) -> Sequence[Any]:
        def reply(request: Request) -> Reply:
            if not phase["faults"]:
                return answer(200, good(name, "Old"), ETag='"good"')
            found = bad.get(name, answer(200, good(name, "New", "Old"), ETag='"new"'))
            return found(request) if callable(found) else found

        return [reply]

    script = {f"{address(number)}/feed": reply_of(name) for number, name in enumerate(names)}
    with tempfile.TemporaryDirectory() as folder, FakeWeb(script, address="0.0.0.0") as web:
        place = Place(Path(folder))
        sources = "".join(
            f'[sources.{name}]\nurl = "{web.url("/feed", address(number))}"\ndedupe = false\n'
            for number, name in enumerate(names)
        )
        dead = "".join(
            f'[sources.dead{number}]\nurl = "http://nobody-{number}.invalid/feed"\n' for number in range(DEAD)
        )
        place.configure(sources + dead + '[topics.all]\ntitle = "All"\nlimit = 1000\nmax_per_source = 3\n', HEAD)
        assert place.run("-q", "fetch") == 0
        assert len(place.titles("all")) == len(names)
        phase["faults"] = True
        place.let_time_pass()
        measured = _measured(place)
        _judge(place, list(bad), measured)


@dataclass(frozen=True)
class Measured:
    """What a run took: seconds, bytes of all its processes at the most, seconds for which its loop did nothing else.

    `crowded` is whether the machine had so much else to do that times say nothing of the run.
    """

    seconds: float
    most: int
    held_up: float
    busy: float
    crowded: bool


def _measured(place: Place) -> Measured:
    """Run `fetch`."""
    told = place.folder / "told.json"
    began = time.monotonic()
    command = [sys.executable, str(Path(__file__).with_name("pulse.py")), str(place.folder / "feeds.toml"), str(told)]
    process = subprocess.Popen(command, start_new_session=True)
    most = 0
    while process.poll() is None:
        most = max(most, _memory(process.pid))
        time.sleep(0.05)
    assert process.returncode == 0, process.returncode
    seconds = time.monotonic() - began
    held_up, busy = json.loads(told.read_text())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{used.ru_utime + used.ru_stime:.1f} s of processor time, on {os.cpu_count()} processors")
    return Measured(seconds, most, held_up, busy, crowded=os.getloadavg()[0] > 2.5 * (os.cpu_count() or 1))


def _memory(session: int) -> int:
    """The bytes of all processes of a session; what several of them share is counted once (PSS)."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                    rollup = (entry / "smaps_rollup").read_text()
                    total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
            except (OSError, IndexError):  # it has just ended
                continue
    return total


def _judge(place: Place, bad: list[str], measured: Measured) -> None:
    titles = set(place.titles("all"))
    lost = [
        name
        for number in range(HEALTHY)
        for name in (f"New of h{number:02d}", f"Old of h{number:02d}")
        if name not in titles
    ]
    assert not lost, f"not published: {lost}"
    found = {row["name"]: row for row in place.status()["sources"]}
    failing = [name for name in bad if found[name]["state"] in {"failing", "gone"}]
    gone = [name for name in failing if f"Old of {name}" not in titles]
    assert not gone, f"their last good items are gone: {gone}"
    mute = [name for name in failing if not 10 < len(found[name]["last_error"] or "") < 300]
    assert not mute, f"no reason is told of: {[(name, found[name]['last_error']) for name in mute]}"
    ours = [
        name
        for name in found
        if "unexpected" in (found[name]["last_error"] or "") or "fault of ours" in (found[name]["last_error"] or "")
    ]
    assert not ours, [(name, found[name]["last_error"]) for name in ours]
    well = [name for name in bad if name not in failing]
    assert place.rows("PRAGMA integrity_check") == [("ok",)]
    print(
        f"{len(bad)} faults beside {HEALTHY} healthy sources and {DEAD} dead names: {len(failing)} fail, {len(well)} are made the best of"
    )
    print(
        f"{measured.seconds:.1f} s with a timeout of {TIMEOUT} s; {measured.most / 1e6:.0f} MB at most; the loop held up"
        f" {measured.held_up * 1000:.0f} ms at most, itself at work for {measured.busy * 1000:.0f} ms of it"
    )
    assert measured.most < MOST_BYTES
    assert measured.busy < MOST_HELD_UP
    if measured.crowded:
        print("the machine is busy with other things: how long it took is not judged")
    else:
        assert measured.seconds < MOST_SECONDS
        assert measured.held_up < MOST_HELD_UP
    tags = place.rows("SELECT name, etag FROM sources WHERE state = 'failing' AND etag NOT IN ('\"good\"', '')")
    assert not tags, f"validators of a body that could not be used: {tags}"


if __name__ == "__main__":
    main()
