"""What a researcher does to hand studies on: make a file of them, and drop a file that somebody sent onto the page."""

import base64
import re
from pathlib import Path

import optuna
import pytest
from playwright.sync_api import Page, expect

from backend.storage.database import open_database
from backend.studies import list_studies
from tests.backend.sharing import samples
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS

pytestmark = pytest.mark.browser

DROP = """
([target, name, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        target.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
    }
}
"""


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)


def test_a_study_is_exported_deleted_dropped_in_again_and_never_twice(
    page: Page, installation: Path, tmp_path: Path
) -> None:
    database = open_database()
    samples.make_foreign(database)
    samples.make_search(database)
    with running_app(installation) as address:
        page.goto(address)
        actions = page.locator(".st-key-study_actions")
        expect(actions).to_contain_text(samples.SEARCH)
        actions.get_by_role("button", name="Share…").click()
        expect(page).to_have_url(re.compile(r"/share\?study=a\+search"))
        page.get_by_role("button", name="Make a file of 1 study").click()
        expect(page.get_by_text(re.compile(r"a search\.db is ready: 1 study, 14 trials"))).to_be_visible()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download", exact=True).click()
        file = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(file)
        assert optuna.get_all_study_names(f"sqlite:///{file}") == [samples.SEARCH]

        page.goto(address)
        expect(actions).to_contain_text(samples.SEARCH)
        actions.get_by_role("button", name="Delete…").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text(re.compile(r"^1 study"))).to_be_visible()
        assert [item.name for item in list_studies(database)] == [samples.FOREIGN]

        page.goto(f"{address}/share?view=import")
        drop(page, file)
        expect(page.get_by_text("1 study: 1 new.")).to_be_visible()
        page.get_by_role("button", name="Copy 1 study in").click()
        expect(page.get_by_text(re.compile("Copied 1 study, 14 trials"))).to_be_visible()
        page.locator(".st-key-copied_studies").get_by_role("link", name=samples.SEARCH).click()
        expect(page.get_by_role("heading", name=samples.SEARCH)).to_be_visible()

        page.goto(f"{address}/share?view=import")
        drop(page, file)
        expect(page.get_by_text("1 study: 1 already here as they are.")).to_be_visible()
        expect(page.get_by_role("button", name="Copy in")).to_be_disabled()
    assert sorted(item.name for item in list_studies(database)) == [samples.SEARCH, samples.FOREIGN]


def drop(page: Page, file: Path) -> None:
    """Drop a file onto the page, as a mouse does."""
    place = page.locator("[data-testid=stFileUploaderDropzone]")
    place.wait_for()
    content = base64.b64encode(file.read_bytes()).decode()
    page.evaluate(DROP, [place.element_handle(), file.name, content])
