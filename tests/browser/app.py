"""Starts the real dashboard on a free port, and a real Chromium."""

import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.forked import Forked, Process

ROOT = Path(__file__).parents[2]
CHROMIUM_VARIABLE = "PROXYSCOPE_CHROMIUM"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_START_SECONDS = 90


def find_chromium() -> str | None:
    """The browser: ``$PROXYSCOPE_CHROMIUM``, else Debian's."""
    return os.environ.get(CHROMIUM_VARIABLE) or shutil.which("chromium")


@contextmanager
def running_app(
    home: Path,
    *,
    storage: str | None = None,
    port: int | None = None,
    options: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    script: Path = ROOT / "dashboard" / "app.py",
) -> Iterator[str]:
    """The dashboard on a storage folder of its own; yields its address, and ends it afterwards.

    Args:
        home: the folder, which is there.
        storage: URL of its study database; None takes the file in the folder.
        port: to listen on; None takes a free one.
        options: of Streamlit.
        variables: of the environment, besides this process's own.
        folder: in which it is started; Streamlit looks for its configuration there.
        script: that is run, in place of the dashboard.
    """
    port = port or free_port()
    environment = {**os.environ, "PROXYSCOPE_HOME": str(home), **(variables or {})}
    environment.pop("PROXYSCOPE_STORAGE", None)
    if storage:
        environment["PROXYSCOPE_STORAGE"] = storage
    arguments = ["streamlit", "run", str(script), "--server.port", str(port), *options]
    log = home / "dashboard.log"
    process = Forked("streamlit.web.cli:main", arguments, environment, log, folder)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_healthy(address: str, process: Process, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the dashboard did not start:\n{log.read_text(errors='replace')}")
