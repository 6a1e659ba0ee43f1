"""What has to be quick loads no PyTorch: lists, exports and the form's validation come at once."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import importlib, sys
rooms = "config.model config.headline storage.database studies.catalog sharing cli.studies truth costs"
for room in rooms.split():
    importlib.import_module(f"backend.{room}")
    assert "torch" not in sys.modules, room
"""


def test_lists_exports_and_search_files_need_no_pytorch() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


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
