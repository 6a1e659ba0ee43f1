"""What only a process of its own shows: its entry point, signals, and a reader that goes away."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.storage.database import Database
from backend.studies import list_studies
from tests.backend.cli.command_line import in_a_process
from tests.backend.runs.worker_processes import wait_until
from tests.backend.sharing import samples
from tests.conftest import cheap_config


@contextmanager
def started(*arguments: str | Path) -> Iterator["subprocess.Popen[bytes]"]:
    """``python -m backend``, running."""
    command = [sys.executable, "-m", "backend", *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_entry_point_gives_streams_and_statuses(home: Path) -> None:
    done = in_a_process("truth", "5115", "--epochs", "12")
    assert "85.11" in done.stdout
    assert done.stderr == ""
    refused = in_a_process("truth", "15625", status=2)
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert line.startswith("error: ")
    assert "Usage: python -m backend" in in_a_process("nonsense", status=2).stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_search_that_gets_a_signal_ends_after_its_trial_with_its_results(
    database: Database, tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "long.toml"
    file.write_text(cheap_config(setup={"n_trials": 10_000}).to_toml(), encoding="utf-8")
    with started("search", "--config", file) as process:
        wait_until(lambda: any(item.trials > 3 for item in list_studies(database)))
        process.send_signal(number)
        printed, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "results: " in printed.decode()
    (summary,) = list_studies(database)
    assert summary.run is not None
    assert summary.run.state == "stopped"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_command_that_gets_a_signal_ends_at_once_without_a_traceback(
    database: Database, number: signal.Signals, status: int
) -> None:
    samples.make_foreign(database)
    with started("studies", "delete", samples.FOREIGN) as process:
        assert process.stdout is not None
        while b"[y/N]" not in (asked := process.stdout.read1()):
            assert asked
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == status, said
    assert b"Traceback" not in said
    assert [item.name for item in list_studies(database)] == [samples.FOREIGN]


def test_a_reader_that_goes_away_ends_a_command_without_a_traceback(home: Path) -> None:
    with started("truth", "5115") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
