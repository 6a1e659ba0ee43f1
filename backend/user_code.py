"""Runs a Python file of the user's own, which registers their proxies or search spaces."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def run_file(file: Path, kind: str) -> ModuleType:
    """Run a file as a module under a name of its own, so that classes in it can be found again.

    Args:
        file: an existing Python file (.py).
        kind: what it holds, such as "space": a part of the module's name.
    """
    name = f"proxyscope_{kind}_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
