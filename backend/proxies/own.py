"""A user's own proxies: Python files that register them, named on the command line or in the environment.

The environment variable reaches every process that a dashboard or a command starts. A search file cannot name such a
file: whoever opens one would run its code.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from backend import proxies
from backend.errors import UserError

MODULES_VARIABLE = "PROXYSCOPE_PROXY_MODULES"


def load_user_proxies(paths: Sequence[Path] = ()) -> None:
    """Load the files of ``$PROXYSCOPE_PROXY_MODULES`` and those given, and add the latter to the variable.

    Raises:
        UserError: a file is missing or does not load, or its path cannot stand in the variable.
    """
    named = [part for part in os.environ.get(MODULES_VARIABLE, "").split(os.pathsep) if part]
    for path in paths:
        if os.pathsep in str(path.resolve()):
            raise UserError(f"--proxy-module: {path}: no process can be told of a path with {os.pathsep!r} in it")
    modules = list(dict.fromkeys([*named, *(str(path.resolve()) for path in paths)]))
    for module in modules:
        try:
            proxies.load_module(Path(module))
        except UserError as error:
            origin = f"{MODULES_VARIABLE} of the environment" if module in named else "--proxy-module"
            raise UserError(f"{error} (named by {origin})") from None
    if modules:
        os.environ[MODULES_VARIABLE] = os.pathsep.join(modules)
