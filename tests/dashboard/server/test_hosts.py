"""Under which names the servers answer: requests and websockets with forged headers, at the real servers."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from backend.errors import UserError
from backend.runs.launch import create_study
from backend.search.problem import SearchProblem
from backend.storage.database import open_database
from backend.studies import list_studies
from dashboard.server.hosts import HOSTS_VARIABLE, parse_hosts
from tests.browser.app import ROOT, free_port, running_app
from tests.conftest import cheap_config

KNOWN = "proxyscope.lab.example"
ALLOWED = ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "[::1]", KNOWN, "anything.group.example"]
REFUSED = [
    "evil.example",
    "evil.example.",
    "localhost.evil.example",
    "evil-localhost",
    "group.example.evil.example",
    "group.example",
    f"{KNOWN}.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.2",
    "[::2]",
    "localhost@evil.example",
    "evil.example#localhost",
    "evil.example/localhost",
    "localhost,evil.example",
    "",
]
ROUTES = [
    ("GET", "/"),
    ("GET", "/study?study=x"),
    ("GET", "/index.html"),
    ("GET", "/static/js/nothing.js"),
    ("GET", "/media/nothing.csv"),
    ("GET", "/component/nothing"),
    ("GET", "/oauth2callback"),
    ("GET", "/_stcore/health"),
    ("GET", "/_stcore/host-config"),
    ("GET", "/_stcore/metrics"),
    ("OPTIONS", "/_stcore/upload_file/session/file"),
    ("PUT", "/_stcore/upload_file/session/file"),
    ("DELETE", "/_stcore/upload_file/session/file"),
    ("POST", "/anything"),
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A dashboard that a reverse proxy leads to under further names."""
    port = free_port()
    names = {HOSTS_VARIABLE: f" {KNOWN}, *.group.example ,"}
    with running_app(tmp_path_factory.mktemp("home"), port=port, variables=names):
        yield port


def answer(port: int, host: str | None, method: str = "GET", path: str = "/") -> tuple[int, str]:
    """Status and body of a request with a Host header of one's own; None sends none."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.putrequest(method, path, skip_host=True)
        if host is not None:
            connection.putheader("Host", host)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")


def opens(port: int, host: str, origin: str | None) -> bool:
    """Whether the server opens its websocket for a page of that host and origin."""
    with socket.create_connection(("127.0.0.1", port)) as there:
        try:
            with connect(f"ws://{host}/_stcore/stream", sock=there, origin=origin, subprotocols=["streamlit"]):
                return True
        except InvalidStatus as error:
            if error.response.status_code not in {400, 403}:
                raise
            return False


@pytest.mark.parametrize("host", ALLOWED)
def test_known_names_are_answered_on_any_port(port: int, host: str) -> None:
    for named in (host, f"{host}:{port}", f"{host}:8443"):
        status, body = answer(port, named)
        assert status == 200
        assert "<title>Streamlit</title>" in body
        assert opens(port, named, f"http://{named}")
        assert opens(port, named, None)


@pytest.mark.parametrize("host", REFUSED)
def test_other_names_see_no_page_and_are_told_why(port: int, host: str) -> None:
    for named in (host, f"{host}:{port}"):
        status, body = answer(port, named)
        assert status == 400
        assert HOSTS_VARIABLE in body or "Invalid" in body
        assert "<" not in body


def test_a_request_without_a_name_is_refused(port: int) -> None:
    assert answer(port, None)[0] == 400


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_is_refused_under_another_name(port: int, method: str, path: str) -> None:
    status, body = answer(port, f"evil.example:{port}", method, path)
    assert status == 400
    assert HOSTS_VARIABLE in body
    assert answer(port, f"localhost:{port}", method, path)[0] != 400


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2"])
def test_the_websocket_opens_for_no_page_under_another_name(port: int, host: str) -> None:
    for origin in (f"http://{host}:{port}", f"http://localhost:{port}", "null", None):
        assert not opens(port, f"{host}:{port}", origin)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", KNOWN])
def test_the_websocket_opens_for_no_page_of_another_origin(port: int, host: str) -> None:
    for origin in (f"http://evil.example:{port}", "http://localhost.evil.example", "null"):
        assert not opens(port, f"{host}:{port}", origin)


def test_the_default_holds_outside_of_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    port = free_port()
    options = ["--server.headless", "true", "--server.address", "127.0.0.1"]
    with running_app(tmp_path / "home", port=port, options=options, folder=tmp_path):
        assert answer(port, f"localhost:{port}")[0] == 200
        assert answer(port, f"evil.example:{port}")[0] == 400
        assert answer(port, f"{KNOWN}:{port}")[0] == 400
        assert not opens(port, f"evil.example:{port}", f"http://evil.example:{port}")


def test_optuna_dashboard_answers_under_known_names_alone(home: Path) -> None:
    create_study(open_database(), SearchProblem(cheap_config()), "kept")
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "optuna", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, HOSTS_VARIABLE: KNOWN}, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/api/studies", process)
            for host in ("localhost", "127.0.0.1", KNOWN):
                status, body = answer(port, f"{host}:{port}", path="/api/studies")
                assert status == 200
                assert "kept" in body
            for method, path in (("GET", "/api/studies"), ("GET", "/dashboard"), ("DELETE", "/api/studies/1")):
                status, body = answer(port, f"evil.example:{port}", method, path)
                assert status == 400
                assert HOSTS_VARIABLE in body
            assert answer(port, None, path="/api/studies")[0] == 400
        finally:
            process.terminate()
    assert [item.name for item in list_studies(open_database())] == ["kept"]


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            with urlopen(address, timeout=10):
                return
        except (URLError, OSError):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.3)


def test_the_names_stay_when_streamlit_reads_its_configuration_again() -> None:
    program = """
from streamlit import config
from dashboard.server.hosts import allow_hosts
allow_hosts()
for _ in range(2):
    print(*config.get_option("server.allowedHosts"))
    config.get_config_options(force_reparse=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, HOSTS_VARIABLE: "[::2], proxyscope.lab.example"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [f"localhost 127.0.0.1 ::1 ::2 {KNOWN}"] * 2


@pytest.mark.parametrize("command", [["streamlit", "run", "dashboard/app.py"], ["dashboard", "optuna"]])
def test_what_is_no_name_is_said_in_one_line_and_nothing_is_served(command: list[str], home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command, *(["--server.port", str(free_port())] if "run" in command else [])],
        cwd=ROOT,
        env={**os.environ, HOSTS_VARIABLE: "https://proxyscope.lab.example/"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "PROXYSCOPE_ALLOWED_HOSTS: 'https://proxyscope.lab.example/' is not a host name" in line


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", []),
        (" , ", []),
        ("proxyscope.lab.org", ["proxyscope.lab.org"]),
        ("a.org, b_c.org ,*.d-e.org,", ["a.org", "b_c.org", "*.d-e.org"]),
        ("[::1],::2,10.0.0.7", ["::1", "::2", "10.0.0.7"]),
        ("*", ["*"]),
    ],
)
def test_names_are_read(text: str, hosts: list[str]) -> None:
    assert parse_hosts(text) == hosts


@pytest.mark.parametrize(
    "text",
    [
        "http://a.org",
        "a.org:8501",
        "a.org/path",
        "a b",
        "user@a.org",
        "*.",
        "**",
        "a.*.org",
        "*a.org",
        "-a.org",
        "größe.de",
        "[a.org]",
        "a..org",
        "'",
        "x" * 10_000 + "!",
    ],
)
def test_what_is_no_name_is_named(text: str) -> None:
    with pytest.raises(UserError, match=HOSTS_VARIABLE) as refused:
        parse_hosts(f"good.org,{text}")
    (line,) = str(refused.value).splitlines()
    assert len(line) < 300
