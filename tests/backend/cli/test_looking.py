"""Commands that read leave a database byte for byte as it is, with nothing beside it, and make none."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.storage.database import open_database
from backend.studies import list_studies, run_folder
from tests.backend.cli import command_line
from tests.backend.cli.command_line import backend, in_a_process, refused
from tests.conftest import missing
from tests.looking import KINDS, OWN, PLAIN, file_of, own_study, traces

COMMANDS = (
    ["studies", "list"],
    ["studies", "list", "--json"],
    ["studies", "show", PLAIN],
    ["studies", "show", OWN, "--json"],
    ["studies", "audit"],
    ["ensemble", OWN, "--model", "linear"],
    ["recommend", OWN],
    ["trainings", OWN],
)


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and output of a command, which must not end with a traceback."""
    done = command_line.run(*arguments)
    assert "Traceback" not in done.stderr
    return done.status, done.stdout + done.stderr


@pytest.mark.parametrize("read_only", ["", "1"])
@pytest.mark.parametrize("kind", KINDS)
def test_commands_that_read_leave_no_trace(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    read_only: str,
) -> None:
    file = file_of(kind, tmp_path)
    url = f"sqlite:///{file}"
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", read_only)
    before = traces(file.parent, home)
    said = {}
    for command in COMMANDS:
        said[tuple(command)] = run(*command, "--storage", url)
        assert traces(file.parent, home) == before
    run("studies", "export", "--all", "-o", str(tmp_path / "all.db"), "--storage", url)
    assert traces(file.parent, home) == before
    status, listed = said["studies", "list"]
    if kind in {"plain", "own"}:
        assert status == 0
        assert (PLAIN if kind == "plain" else OWN) in listed
        assert said["studies", "audit"][0] == 0
        shown = said["studies", "show", PLAIN] if kind == "plain" else said["studies", "show", OWN, "--json"]
        assert shown[0] == 0
    elif kind == "empty":
        assert status == 0
        assert "no study yet" in listed
    else:
        assert {status for status, _ in said.values()} == {2}
        assert {len(words.strip().splitlines()) for _, words in said.values()} == {1}
        assert str(file) in listed


@pytest.mark.parametrize("read_only", ["", "1"])
def test_the_default_database_may_come_later(home: Path, monkeypatch: pytest.MonkeyPatch, read_only: str) -> None:
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", read_only)
    status, said = run("studies", "list")
    assert status == 0
    assert "no study yet" in said
    assert run("studies", "audit") == (0, "")
    status, said = run("studies", "show", "a")
    assert status == 2
    assert "the database has none yet" in said
    assert not home.exists()


@pytest.mark.parametrize(
    "command", [["show", "a"], ["stop", "a"], ["resume", "a"], ["rename", "a", "b"], ["delete", "a", "--yes"]]
)
def test_a_misspelt_file_is_named_and_not_made(
    home: Path,
    tmp_path: Path,
    command: list[str],
) -> None:
    typo = tmp_path / "no such folder" / "stduies.db"
    said = refused("studies", *command, "--storage", f"sqlite:///{typo}")
    assert str(typo) in said
    assert list(tmp_path.iterdir()) == []


def test_an_older_optunas_database_is_read_after_the_one_command_that_is_said(home: Path, tmp_path: Path) -> None:
    file = file_of("old", tmp_path)
    before = traces(file.parent)
    for command in (["list"], ["delete", "a", "--yes"]):
        said = refused("studies", *command, "--storage", f"sqlite:///{file}")
        assert traces(file.parent) == before
    command = shlex.split(said.strip().partition("upgrade them with: ")[2])
    assert command == ["optuna", "storage", "upgrade", "--storage", f"sqlite:///{file}"]
    program = Path(sys.executable).with_name(command[0])
    subprocess.run([program, *command[1:]], check=True, capture_output=True)
    listed = json.loads(backend("studies", "list", "--json", "--storage", f"sqlite:///{file}").stdout)
    assert listed
    assert listed[0]["state"] == "made elsewhere"


def test_showing_a_study_makes_no_folder(home: Path, tmp_path: Path) -> None:
    database = open_database()
    own_study(database.url)
    run_folder(database, OWN).joinpath("config.toml").unlink()
    before = traces(home)
    assert run("studies", "show", OWN)[0] == 0
    assert traces(home) == before


@pytest.mark.parametrize("kind", ["plain", "own"])
def test_a_file_in_a_folder_that_cannot_be_written_to_is_read(home: Path, tmp_path: Path, kind: str) -> None:
    """Where the tests run as root, without the capability by which no mode of a folder keeps root out."""
    file = file_of(kind, tmp_path)
    before = traces(file.parent)
    file.chmod(0o444)
    file.parent.chmod(0o555)
    without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if without and shutil.which(without[0]) is None:
        missing("no setpriv: install Debian's package util-linux")
    command = ("studies", "list", "--storage", f"sqlite:///{file}")
    try:
        done = in_a_process(*command, before=without, PROXYSCOPE_HOME=str(tmp_path / "none"))
    finally:
        file.parent.chmod(0o755)
    assert (PLAIN if kind == "plain" else OWN) in done.stdout
    assert traces(file.parent) == before


def test_what_a_killed_writer_left_is_read_and_left(home: Path, tmp_path: Path) -> None:
    file = file_of("own", tmp_path)
    write = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute(\"UPDATE studies SET study_name = 'later'\"); c.commit(); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", write, str(file)], check=False)
    log = Path(f"{file}-wal")
    before = file.read_bytes(), log.read_bytes()
    assert [item.name for item in list_studies(open_database(f"sqlite:///{file}"))] == ["later"]
    assert (file.read_bytes(), log.read_bytes()) == before
