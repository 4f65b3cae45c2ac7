"""The units and web servers' configurations of the docs, asked of the programs they are for, where those are installed."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from loopback import free_port
from places import Place, item, rss
from serving import ask

from aggregator.cli import parser
from aggregator.serving.names import kind

ROOT = Path(__file__).parent.parent
UNITS = sorted((ROOT / "docs" / "systemd").iterdir())
RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
SITE = "[sources.sample]\npath = 'sample.rss'\n[topics.world]\ntitle = 'World'\n"
FILES = ("world.atom", "world.rss", "world.json", "world.html", "status.html", "status.json", "topics.opml",
         "style.css", "icon.svg")  # fmt: skip


def recipe(language: str, number: int) -> str:
    """A fenced block of docs/running.md."""
    return re.findall(rf"^```{language}\n(.*?)^```$", RUNNING, re.MULTILINE | re.DOTALL)[number]


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where it is not installed."""
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


def done(*command: str | Path, **environment: str) -> str:
    """What a program that ends well has said."""
    env = {**os.environ, **environment}
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_units_start_what_there_is(unit: Path) -> None:
    """The command line understands what systemd is told to start."""
    started = re.search(r"^ExecStart=/opt/aggregator/bin/aggregator (.*)$", unit.read_text(), re.MULTILINE)
    assert started
    parser().parse_args(started[1].split())


@needs("systemd-analyze")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """Every key and value is one of its own, and a service is well shut in: 1.5 of 10 at most."""
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/aggregator/bin/aggregator", "/bin/true"))
    written = sorted(tmp_path.iterdir())
    assert done("systemd-analyze", "verify", *written) == ""
    for unit in (path for path in written if path.suffix == ".service"):
        done("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit)


@contextmanager
def running(port: int, *command: str | Path, **environment: str) -> Iterator[None]:
    """A web server, for as long as it is asked."""
    with subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    ask(port, "/")
                except ConnectionRefusedError:
                    assert process.poll() is None, "it has ended"
                    time.sleep(0.05)
                else:
                    break
            yield
        finally:
            process.terminate()


@pytest.fixture
def published(place: Place) -> Place:
    """A small site."""
    place.configure(SITE)
    place.save({"sample.rss": rss(item("A title", "1", "https://a.example/1", "Some words"))})
    assert place.run("-q", "fetch") == 0
    return place


def look(port: int, name: str) -> None:
    """A file is sent by this server as it is by ours."""
    answer, ours = ask(port, f"/{name}", Accept_Encoding="gzip"), kind(name)
    assert ours is not None
    assert answer.status == 200
    assert "etag" in answer.headers
    assert answer.headers["content-type"] in (ours.media_type, "image/svg+xml")  # XML says itself that it is UTF-8
    expected: Mapping[str, str] = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        **({"access-control-allow-origin": "*"} if name.endswith((".atom", ".rss", "world.json", ".opml")) else {}),
        **({"content-security-policy": ours.policy} if ours.feed else {}),
        **({"cache-control": f"public, max-age={ours.max_age}"} if ours.feed or name.endswith(".html") else {}),
    }
    assert {key: answer.headers.get(key) for key in expected} == expected, name


@needs("nginx")
def test_nginx_sends_files_as_our_server_does(published: Place) -> None:
    """Types, freshness and policies are the same; old names and gone ones are told."""
    port, folder = free_port(), published.folder
    sites = recipe("nginx", 1).replace("/var/lib/aggregator/public", str(folder / "public"))
    (folder / "sites.conf").write_text(sites.replace("listen 80;", f"listen 127.0.0.1:{port};"))
    user = "user root;" if os.geteuid() == 0 else ""
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
        f"http {{ access_log off; {paths} include {folder}/sites.conf; }}\n"
    )
    with running(port, shutil.which("nginx") or "", "-e", folder / "log", "-c", folder / "nginx.conf"):
        for name in FILES:
            look(port, name)
        assert ask(port, "/russia.atom").headers["location"].endswith("/russia-us.atom")
        assert [ask(port, path).status for path in ("/football.rss", "/.publishing-x", "/no.atom")] == [410, 404, 404]
        tag = ask(port, "/world.atom").headers["etag"]
        assert ask(port, "/world.atom", If_None_Match=tag).status == 304


@needs("nginx")
def test_nginx_hands_on_all_but_what_is_for_us(published: Place) -> None:
    """It understands the recipe for a proxy."""
    sites = re.sub(r"\n +ssl_.*", "", recipe("nginx", 0)).replace("listen 443 ssl;", f"listen 127.0.0.1:{free_port()};")
    conf = published.folder / "nginx.conf"
    conf.write_text(f"pid {conf}.pid; error_log {conf}.log; events {{}} http {{ access_log off; {sites} }}")
    assert "test is successful" in done("nginx", "-t", "-e", f"{conf}.log", "-c", conf)


@needs("caddy")
@pytest.mark.parametrize("number", [0, 1])
def test_caddy_understands_its_recipes(published: Place, number: int) -> None:
    """And sends files as our server does."""
    port, folder = free_port(), published.folder
    site = recipe("caddy", number).replace("/var/lib/aggregator/public", str(folder / "public"))
    site = site.replace("feeds.example.org {", f"http://127.0.0.1:{port} {{")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
    command = (shutil.which("caddy") or "", "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile")
    with running(port, *command, HOME=str(folder)):
        assert ask(port, "/metrics").status == 404
        if number:
            for name in FILES:
                look(port, name)
            assert ask(port, "/russia.atom").headers["location"].endswith("/russia-us.atom")
