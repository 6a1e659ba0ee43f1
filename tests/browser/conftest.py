"""The real app on an installation of its own, and a real Chromium."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from backend.storage.database import open_database
from backend.studies import runs
from tests.browser.app import CHROMIUM_ARGUMENTS, CHROMIUM_VARIABLE, find_chromium
from tests.conftest import missing

WAIT_MILLISECONDS = 150_000
LOG_CHARACTERS = 4_000


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; a skip where there is none, and a failure in CI."""
    path = find_chromium()
    if path is None:
        missing(f"no Chromium: install Debian's package chromium, or set {CHROMIUM_VARIABLE} to the path of one")
    return {**browser_type_launch_args, "executable_path": path, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def installation(home: Path) -> Iterator[Path]:
    """An empty installation; searches that a test leaves behind are ended."""
    home.mkdir()
    yield home
    for run in runs.read_runs(open_database()).values():
        if run.active and run.pid and psutil.pid_exists(run.pid):
            process = psutil.Process(run.pid)
            process.kill()
            process.wait(timeout=30)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test's report shows what the page said and what the dashboard logged: there is no looking later."""
    report = yield
    if report.failed and call.when == "call" and isinstance(item, pytest.Function):
        page, home = item.funcargs.get("page"), item.funcargs.get("installation")
        if isinstance(page, Page):
            report.sections.append((f"page {page.url}", _text(page)))
        if isinstance(home, Path):
            for log in sorted(home.rglob("*.log")):
                report.sections.append((log.name, log.read_text(errors="replace")[-LOG_CHARACTERS:]))
    return report


def _text(page: Page) -> str:
    try:
        return page.locator("body").inner_text(timeout=5_000)
    except BrowserError as error:
        return f"nothing to be read: {error}"
