"""Runs a Python file of the user's own: their proxies, search spaces, networks and batches."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from backend.errors import UserError


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


def is_named(text: str) -> bool:
    """Whether a text names something in a Python file: ``FILE.py:NAME``."""
    file, colon, name = text.rpartition(":")
    return bool(colon) and file.endswith(".py") and name.isidentifier()


def load_named(text: str, kind: str) -> object:
    """What a Python file calls by a name; the file may import those beside it.

    Args:
        text: ``FILE.py:NAME``.
        kind: what it is, such as "network": the subject of messages.

    Raises:
        UserError: there is no such file or name, or the file fails.
    """
    if not is_named(text):
        raise UserError(f"{kind} {text}: expected FILE.py:NAME")
    path, _, name = text.rpartition(":")
    file = Path(path).resolve()
    if not file.is_file():
        raise UserError(f"{kind} {text}: there is no file {path}")
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    try:
        module = run_file(file, kind)
    except Exception as error:
        raise UserError(f"{kind} {text}: {path} fails: {in_a_line(error)}") from error
    if not hasattr(module, name):
        public = ", ".join(key for key, value in vars(module).items() if callable(value) and not key.startswith("_"))
        raise UserError(f"{kind} {text}: {path} has no {name}; it has {public or 'nothing'}")
    return getattr(module, name)


def in_a_line(error: Exception) -> str:
    """What went wrong in the user's code, in one line; an error that is the user's to mend in its own words."""
    words = " ".join(str(error).split())
    return words if isinstance(error, UserError) else f"{type(error).__name__}: {words}".removesuffix(": ")
