"""The dashboard killed and started again: its search does not notice, and is shown as it stands."""

from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.backend.runs.worker_processes import wait_until
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.browser.test_search import fill, the_run

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_a_search_outlives_the_dashboard_that_launched_it(page: Page, installation: Path) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with running_app(installation) as address:
        page.goto(f"{address}/new-search")
        fill(page, "Number of images", "8")
        fill(page, "Number of trials", "2000")
        fill(page, "Name of the study", "outlives")
        page.get_by_role("button", name="Launch the search").click()
        expect(page.locator(".st-key-run_state")).to_contain_text("Running")
        wait_until(lambda: the_run().done >= 3)
        for child in psutil.Process().children():
            if "streamlit" in child.cmdline():
                child.kill()
                child.wait(30)
    before = the_run()
    wait_until(lambda: the_run().done >= before.done + 3)
    assert (the_run().state, the_run().pid) == ("running", before.pid)

    with running_app(installation) as address:
        page.goto(f"{address}/study?study=outlives")
        expect(page.locator(".st-key-run_state")).to_contain_text("Running")
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator(".st-key-run_state")).to_contain_text("Stopped")
