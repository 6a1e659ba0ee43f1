"""What has to be quick loads no PyTorch: lists, exports, true accuracies and the form's validation come at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import importlib, sys
rooms = "config.model config.headline storage.database studies.catalog sharing cli.studies truth costs proxies"
rooms += " scoring.tables cli.truth cli.correlations"
for room in rooms.split():
    importlib.import_module(f"backend.{room}")
    assert "torch" not in sys.modules, room
"""
COMMAND = """
import runpy, sys
sys.argv = ["backend", *sys.argv[1:]]
try:
    runpy.run_module("backend", run_name="__main__", alter_sys=True)
except SystemExit as ended:
    assert not ended.code, ended.code
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded & {"torch", "sklearn", "scipy", "optuna", "pandas", "numpy", "rich"}), file=sys.stderr)
"""


def test_lists_exports_and_search_files_need_no_pytorch() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_the_first_trial_of_a_search_waits_for_no_library_of_its_results() -> None:
    program = """
import sys
import backend.cli.searches, backend.runs.execute, backend.runs.launch, backend.search.samplers
assert not {"sklearn", "distributed"} & sys.modules.keys()
assert "scipy.stats" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (["--help"], ""),
        (["truth", "5115"], "numpy pandas rich"),
        (["correlate", "--resamples", "10", "--json"], "numpy pandas rich scipy"),
        (["studies", "list"], "numpy optuna rich"),
    ],
)
def test_a_command_loads_no_library_that_it_does_not_need(home: Path, arguments: list[str], loaded: str) -> None:
    command = [sys.executable, "-c", COMMAND, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == loaded


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "20000 None"), ({"GOMP_SPINCOUNT": "7"}, "7 None"), ({"OMP_WAIT_POLICY": "active"}, "None active")],
)
def test_threads_that_wait_spin_shortly_unless_the_user_says_otherwise(given: dict[str, str], expected: str) -> None:
    program = (
        "import backend, os, sys; assert 'torch' not in sys.modules; import backend.scoring\n"
        "print(os.environ.get('GOMP_SPINCOUNT'), os.environ.get('OMP_WAIT_POLICY'))"
    )
    policy = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}
    environment = {name: value for name, value in os.environ.items() if name not in policy} | given
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True, env=environment
    )
    assert done.stdout.strip() == expected
