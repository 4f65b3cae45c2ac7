"""Measures `aggregator serve` under load beside nginx over the same folder, in one run, and beside slow clients.

python -m benchmarks.serving [--seconds 4] [--rounds 5] [--slow 1000]

Needs nginx and wrk. Both servers have one worker process, wrk one thread and 64 connections; the rounds alternate.
"""

import argparse
import http.client
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

_ARTICLES = 200
_CONFIG = """
[site]
title = "Load"
base_url = "http://127.0.0.1/"
[polling]
[sources.seeds]
path = "seeds"
[topics.all]
title = "All"
"""
_NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  types {{ application/atom+xml atom; text/html html; }}
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=1000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}/public; }}
}}
"""
_ASKED = "/all.atom"


def main() -> None:
    """Print requests per second of both, for whole answers and for 304, and waiting times beside slow clients."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow", type=int, default=1000)
    chosen = parser.parse_args()
    for tool in ("nginx", "wrk"):
        if not shutil.which(tool, path="/usr/sbin:/usr/bin:/usr/local/bin"):
            sys.exit(f"{tool} is not installed")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        make(folder)
        with ours(folder) as port, nginx(folder) as other:
            compare(port, other, chosen.seconds, chosen.rounds)
            beside_slow_clients(port, chosen.slow)


def make(folder: Path) -> None:
    """A site of one topic with a few hundred articles, published."""
    (folder / "seeds").mkdir()
    for number in range(_ARTICLES):
        words = f"Sentence number {number} of an article that is about nothing but its own number. " * 20
        (folder / "seeds" / f"{number}.txt").write_text(f"Article number {number} of many\n\n{words}\n")
    (folder / "feeds.toml").write_text(_CONFIG)
    run(folder, "-q", "fetch")


def run(folder: Path, *arguments: str) -> None:
    """Run a command to its end."""
    subprocess.run([*_command(folder), *arguments], check=True)


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "aggregator", "--config", str(folder / "feeds.toml")]


@contextmanager
def ours(folder: Path) -> Iterator[int]:
    """Our server, from its answering to its end."""
    port = free_port()
    server = subprocess.Popen([*_command(folder), "-q", "serve", "--port", str(port)])
    try:
        wait_for(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """Nginx over the same files."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port))
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin") or "nginx"
    server = subprocess.Popen([program, "-c", str(config), "-p", str(folder), "-e", str(folder / "nginx.log")])
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until a server answers with the feed."""
    for _ in range(300):
        try:
            if ask(port)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("a server did not start")


def ask(port: int) -> tuple[int, str]:
    """Ask for the feed; its status and ETag."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", _ASKED)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("ETag") or ""


def compare(port: int, other: int, seconds: int, rounds: int) -> None:
    """Both servers in turn, for a whole answer and for one that says that nothing has changed."""
    print("| answer | ours, requests/s | nginx, requests/s | ratio |\n| --- | --- | --- | --- |")
    for name, headers in (("200", False), ("304", True)):
        rates: dict[int, list[float]] = {port: [], other: []}
        for _ in range(rounds):
            for each in (port, other):
                rates[each].append(load(each, seconds, ["-H", f"If-None-Match: {ask(each)[1]}"] if headers else []))
        mine, theirs = median(rates[port]), median(rates[other])
        print(f"| {name} | {mine:.0f} | {theirs:.0f} | {mine / theirs:.2f} |", flush=True)


def load(port: int, seconds: int, options: list[str]) -> float:
    """Return the requests per second that a server answers."""
    told = subprocess.run(
        ["wrk", "-t1", "-c64", f"-d{seconds}s", *options, f"http://127.0.0.1:{port}{_ASKED}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = re.search(r"Requests/sec:\s*([\d.]+)", told)
    assert found, told
    return float(found[1])


def beside_slow_clients(port: int, number: int) -> None:
    """How long a client waits alone, and beside so many that send a letter now and then, or read nothing."""
    alone = waits(port, [])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]
    try:
        for place, client in enumerate(slow):
            client.sendall(b"GET /all.atom HTTP/1.1\r\nHost: x\r\n" + (b"X-Slow: " if place % 2 else b"\r\n"))
        beside = waits(port, slow[1::2])
    finally:
        for client in slow:
            client.close()
    print(f"\n| {number} slow clients | median wait, ms | 99th of a hundred, ms |\n| --- | --- | --- |")
    for name, found in (("none", alone), ("beside", beside)):
        print(f"| {name} | {median(found) * 1000:.1f} | {quantiles(found, n=100)[98] * 1000:.1f} |")


def waits(port: int, slow: list[socket.socket]) -> list[float]:
    """Seconds that each of some requests takes, while slow clients send a letter now and then."""
    found = []
    for turn in range(300):
        for client in slow[turn % 30 :: 30]:
            client.sendall(b"x")
        began = time.perf_counter()
        ask(port)
        found.append(time.perf_counter() - began)
    return found


if __name__ == "__main__":
    main()
