"""What is said of the installation is what it is."""

import platform
import tomllib
from pathlib import Path

import optuna
import pytest
import torch

from backend import installation

ROOT = Path(__file__).parents[2]


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert installation.versions()["ProxyScope"] == project["version"]


def test_versions_are_those_that_run() -> None:
    found = installation.versions()
    assert found["Python"] == platform.python_version()
    assert found["Optuna"] == optuna.__version__
    assert torch.__version__.startswith(found["PyTorch"].split("+")[0])


def test_the_device_is_named() -> None:
    assert installation.machine()["Device for scores"].startswith(("cpu", "cuda", "mps"))


def test_folders_follow_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXYSCOPE_PROXY_MODULES", "/somewhere/mine.py")
    places = [place for place, _ in installation.folders().values()]
    assert {str(home), str(home / "runs"), str(home / "sweeps"), "/somewhere/mine.py"} <= set(places)
