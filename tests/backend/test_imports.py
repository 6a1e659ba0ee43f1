"""What has to be quick loads no PyTorch: lists, exports and the form's validation come at once."""

import subprocess
import sys

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
