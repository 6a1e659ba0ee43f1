"""Another database opened in the sidebar: what is drawn and downloaded is of it, its password in none."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import open_database
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.conftest import cheap_config
from tests.postgres.server import PASSWORD

pytestmark = pytest.mark.browser

STUDY = "of one name"


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.mark.slow
def test_what_is_drawn_and_downloaded_is_of_the_database_that_this_session_opened(
    page: Page, installation: Path, postgres_url: str
) -> None:
    server = open_database(postgres_url)
    for database, trials in ((open_database(), 5), (server, 3)):
        prepare(database, cheap_config(setup={"n_trials": trials}), STUDY)
        execute_run(database, STUDY)
    server.engine.dispose()
    with running_app(installation) as address:
        page.goto(address)
        expect(page.get_by_role("heading", name="Studies")).to_be_visible()
        page.get_by_test_id("stExpandSidebarButton").click()
        sidebar = page.get_by_test_id("stSidebar")
        field = sidebar.get_by_label("Open another", exact=True)
        field.fill(postgres_url.replace(PASSWORD, "wrong"))
        sidebar.get_by_test_id("stFormSubmitButton").click()
        expect(sidebar.get_by_text("password authentication failed")).to_be_visible()
        field.fill(postgres_url)
        sidebar.get_by_test_id("stFormSubmitButton").click()
        expect(sidebar.get_by_text("Opened in this browser session alone")).to_be_visible()
        expect(field).to_have_value("")

        expect(page.get_by_text("Reading the trials")).to_have_count(0)
        # A page that is still being drawn loses clicks.
        page.wait_for_timeout(3_000)
        page.locator(".st-key-open_chosen button").first.click()
        expect(page.get_by_text("3 of 3 distinct cells scored")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="Report").click()
        report = Path(download.value.path()).read_text(encoding="utf-8")
        assert "3 complete" in report
        for text in (report, page.content(), page.url):
            assert PASSWORD not in text

        page.goto(page.url)
        expect(page.get_by_text("5 of 5 distinct cells scored")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="Report").click()
        assert "5 complete" in Path(download.value.path()).read_text(encoding="utf-8")
    assert PASSWORD not in (installation / "dashboard.log").read_text(encoding="utf-8")
