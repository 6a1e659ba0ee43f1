"""A team on one PostgreSQL study: two browsers on two dashboards, and a password that is in none of them."""

from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from backend.storage import audit
from backend.storage.database import Database
from backend.studies import list_studies, load_study, run_folder, runs
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.postgres.server import PASSWORD

pytestmark = pytest.mark.browser

STUDY = "of the team"


@pytest.mark.slow
def test_one_launches_another_sees_it_live_and_stops_it(
    browser: Browser, postgres_database: Database, installation: Path, tmp_path: Path
) -> None:
    expect.set_options(timeout=WAIT_MILLISECONDS)
    second = tmp_path / "second"
    second.mkdir()
    url = postgres_database.url
    with (
        running_app(installation, storage=url) as here,
        running_app(second, storage=url) as there,
        browser.new_context() as context,
        browser.new_context() as other,
    ):
        ann, ben = context.new_page(), other.new_page()
        ann.set_default_timeout(WAIT_MILLISECONDS)
        ben.set_default_timeout(WAIT_MILLISECONDS)
        ann.goto(f"{here}/new-search")
        for label, value in {"Number of images": "8", "Number of trials": "2000", "Name of the study": STUDY}.items():
            ann.get_by_label(label, exact=True).fill(value)
            ann.get_by_label(label, exact=True).press("Enter")
        ann.get_by_role("button", name="Launch the search").click()
        expect(state(ann)).to_contain_text("Running")

        ben.goto(f"{there}/study?study={STUDY}")
        expect(state(ben)).to_contain_text("Running")
        seen = scored(ben)
        expect(ben.locator(".st-key-run_progress")).not_to_contain_text(seen)
        (summary,) = list_studies(postgres_database)
        assert summary.run
        assert summary.run.pid
        assert PASSWORD not in " ".join(psutil.Process(summary.run.pid).cmdline())

        ben.locator(".st-key-stop_study").get_by_role("button", name="Stop", exact=True).click()
        expect(state(ben)).to_contain_text("Stopped")
        expect(state(ann)).to_contain_text("Stopped")
        for page in (ann, ben):
            assert PASSWORD not in page.content()
            assert PASSWORD not in page.url

    lines = audit.entries(postgres_database)
    assert [(line.action, line.study) for line in lines] == [("stop", STUDY), ("launch", STUDY)]
    log = runs.read_log(postgres_database, load_study(postgres_database, STUDY)._study_id)
    assert PASSWORD not in f"{lines} {log}"
    written = [
        path for folder in (installation, second, run_folder(postgres_database, STUDY)) for path in folder.rglob("*")
    ]
    assert not [path for path in written if path.is_file() and PASSWORD.encode() in path.read_bytes()]


def state(page: Page):
    return page.locator(".st-key-run_state")


def scored(page: Page) -> str:
    return page.locator(".st-key-run_progress").inner_text().split(" of ")[0] + " of "
