"""The command line as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.cli import main


def backend(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run ``python -m backend``; its exit status must be as expected."""
    command = [sys.executable, "-m", "backend", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert done.returncode == status, done.stderr
    return done


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run ``python -m backend`` in this process; it must end with one line on standard error and status 2."""
    monkeypatch.setattr(sys, "argv", ["backend", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert printed.startswith("error: ")
    assert len(printed.strip().splitlines()) == 1
    return printed


def in_a_process_of_its_own(source: str) -> None:
    """Run Python that may end its process from within; it must end as it should."""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, (done.returncode, done.stderr)


def answered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run ``python -m backend`` in this process; its status, and what it printed: of an error, the one line."""
    monkeypatch.setattr(sys, "argv", ["backend", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    status = int(ended.value.code or 0)
    return status, printed.out if status == 0 else printed.err
