"""The Dockerfile agrees with the repository: what it copies is there, and runs from the copy alone."""

import http.client
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from backend.settings import HOME_VARIABLE, home

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """(instruction, value) in order, without comments."""
    structure = DockerfileParser(path=str(ROOT / "Dockerfile")).structure
    return [(step["instruction"], step["value"]) for step in structure if step["instruction"] != "COMMENT"]


def values(steps: list[tuple[str, str]], instruction: str) -> list[str]:
    return [value for name, value in steps if name == instruction]


def only(steps: list[tuple[str, str]], instruction: str) -> str:
    (value,) = values(steps, instruction)
    return value


def copies(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(source, destination) of every COPY."""
    pairs = []
    for value in values(steps, "COPY"):
        *sources, destination = shlex.split(value)
        pairs += [(source, destination) for source in sources]
    return pairs


def health_command(steps: list[tuple[str, str]]) -> list[str]:
    return json.loads(only(steps, "HEALTHCHECK").split("CMD", 1)[1])


def test_python_is_slim_and_one_that_the_project_supports(steps: list[tuple[str, str]]) -> None:
    version = re.fullmatch(r"python:3\.(\d+)-slim", only(steps, "FROM"))
    assert version
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert int(version[1]) >= int(required.removeprefix(">=3."))


def test_everything_that_is_copied_is_in_the_repository_and_not_ignored(steps: list[tuple[str, str]]) -> None:
    sources = [source for source, _ in copies(steps)]
    for source in sources:
        assert (ROOT / source).is_dir() if source.endswith("/") else (ROOT / source).is_file(), source
    patterns = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in patterns
    assert sorted(pattern[1:] for pattern in patterns if pattern.startswith("!")) == sorted(sources)


def test_requirements_are_copied_before_they_are_installed(steps: list[tuple[str, str]]) -> None:
    install = next(number for number, (_, value) in enumerate(steps) if "pip install" in value)
    assert "-r requirements.txt" in steps[install][1]
    copied = [source for source, _ in copies(steps[:install])]
    assert copied == ["requirements.txt"]
    assert "requirements-dev" not in steps[install][1]


def test_the_torch_that_may_have_an_index_of_its_own_is_the_pinned_one(steps: list[tuple[str, str]]) -> None:
    (install,) = [value for value in values(steps, "RUN") if "pip install" in value]
    command = re.search(r'"\$\((.*?)\)"', install)[1]
    found = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"torch==\d+\.\d+\.\d+\n", found)
    assert only(steps, "ARG") == "TORCH_INDEX="
    assert '${TORCH_INDEX:+--index-url "$TORCH_INDEX"}' in install


def test_it_runs_as_a_user_who_owns_the_storage_alone(steps: list[tuple[str, str]]) -> None:
    user = only(steps, "USER")
    assert user not in ("root", "0")
    setup = next(value for value in values(steps, "RUN") if "useradd" in value)
    assert re.search(rf"useradd .*\b{user}\b", setup)
    assert re.search(rf"install --directory --owner={user} --group={user} storage$", setup)
    assert not any("--chown" in value for value in values(steps, "COPY"))
    order = [name for name, _ in steps]
    assert order.index("USER") > max(number for number, name in enumerate(order) if name in ("RUN", "COPY"))


def test_the_volume_is_where_studies_are_kept(steps: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    assert HOME_VARIABLE not in only(steps, "ENV")
    storage = Path(only(steps, "WORKDIR")) / home().relative_to(ROOT)
    assert json.loads(only(steps, "VOLUME")) == [str(storage)]


def test_one_port_is_exposed_served_and_checked(steps: list[tuple[str, str]]) -> None:
    port = only(steps, "EXPOSE")
    command = json.loads(only(steps, "CMD"))
    assert f"--server.port={port}" in command
    assert "--server.address=0.0.0.0" in command
    assert f"http://127.0.0.1:{port}/_stcore/health" in health_command(steps)[-1]


@pytest.fixture(scope="module")
def image(steps: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's working directory, as the COPY instructions fill it."""
    folder = tmp_path_factory.mktemp("image")
    for source, destination in copies(steps):
        target = folder / destination
        if source.endswith("/"):
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, target)
    (folder / "storage").mkdir()
    return folder


def in_image(command: list[str], port: str, own_port: int) -> list[str]:
    """The image's command for this Python, on a port that is free here."""
    assert command[0] == "python"
    return [sys.executable, *(argument.replace(port, str(own_port)) for argument in command[1:])]


def environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHONPATH", "PROXYSCOPE", "STREAMLIT"))
    }


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def server(steps: list[tuple[str, str]], image: Path, free_port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = in_image(json.loads(only(steps, "CMD")), only(steps, "EXPOSE"), free_port)
    with (image / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=image, env=environment(), stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=20)


def is_healthy(steps: list[tuple[str, str]], image: Path, port: int) -> bool:
    command = in_image(health_command(steps), only(steps, "EXPOSE"), port)
    return subprocess.run(command, cwd=image, env=environment(), capture_output=True, check=False).returncode == 0


def test_the_health_check_fails_without_a_server(steps: list[tuple[str, str]], image: Path, free_port: int) -> None:
    assert not is_healthy(steps, image, free_port)


def test_the_copied_dashboard_starts_and_is_found_healthy(
    steps: list[tuple[str, str]], image: Path, free_port: int, server: subprocess.Popen[bytes]
) -> None:
    deadline = time.monotonic() + 60
    while not is_healthy(steps, image, free_port):
        log = (image / "server.log").read_text()
        assert server.poll() is None, log
        assert time.monotonic() < deadline, log
        time.sleep(0.5)
    # It listens on every interface, and still answers under loopback's names alone.
    for host, status in (("localhost", 200), ("evil.example", 400)):
        connection = http.client.HTTPConnection("127.0.0.1", free_port, timeout=30)
        connection.request("GET", "/", headers={"Host": f"{host}:8501"})
        assert connection.getresponse().status == status
        connection.close()


@pytest.mark.slow
def test_the_copied_files_are_all_that_the_first_page_needs(image: Path) -> None:
    program = """
from pathlib import Path
from streamlit.testing.v1 import AppTest
import backend
assert Path(backend.__file__).is_relative_to(Path.cwd()), backend.__file__
app = AppTest.from_file(Path("dashboard/app.py").resolve(), default_timeout=60).run()
assert not app.exception, app.exception
assert app.main.children
from dashboard.data.glossary import glossary
assert glossary()
"""
    page = subprocess.run(
        [sys.executable, "-c", program], cwd=image, env=environment(), capture_output=True, text=True, check=False
    )
    assert page.returncode == 0, page.stderr
