"""What a researcher does with the list of studies: queue seeds, filter, send the link, note, export, rename, delete."""

import io
import re
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import open_database
from backend.studies import list_studies
from tests.backend.sharing import samples
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.conftest import cheap_config

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.mark.slow
def test_seeds_are_queued_in_one_go_and_the_list_follows_them_live(page: Page, installation: Path) -> None:
    with running_app(installation) as address:
        page.goto(f"{address}/new-search")
        page.get_by_role("button", name="Start from").click()
        page.get_by_text("Quick look", exact=True).click()
        expect(page.get_by_label("Number of images", exact=True)).to_be_disabled()
        fill(page, "Number of trials", "4")
        fill(page, "Name of the study", "mine")
        fill(page, "Seeds of several searches", "0-1")
        page.get_by_role("button", name="Queue 2 searches").click()
        expect(page).to_have_url(re.compile(r"find=mine"))
        table = page.locator("[data-testid=stDataFrame] table")
        expect(table).to_contain_text("mine seed 0")
        expect(table.get_by_text("Finished")).to_have_count(2)
    assert [item.trials >= 4 for item in list_studies(open_database())] == [True, True]


@pytest.mark.slow
def test_studies_are_filtered_linked_noted_exported_and_deleted(
    page: Page, browser: Browser, installation: Path
) -> None:
    database = open_database()
    for sampler in ("random", "qmc"):
        execute_run(database, prepare(database, cheap_config(setup={"n_trials": 12, "sampler": sampler}), sampler))
    with running_app(installation) as address:
        # The grid keeps only the columns in view in the page, so the window is made wide enough for all.
        page.set_viewport_size({"width": 2600, "height": 1000})
        page.goto(address)
        choose(page, "Sampler", "random")
        expect(page).to_have_url(re.compile("sampler=random"))
        expect(page.get_by_text("1 of 2 studies")).to_be_visible()
        other = browser.new_page()
        other.set_default_timeout(WAIT_MILLISECONDS)
        other.goto(page.url)
        expect(other.get_by_text("1 of 2 studies")).to_be_visible()
        other.close()

        choose(page, "Sampler", "Any sampler")
        expect(page.get_by_text(re.compile(r"^2 studies"))).to_be_visible()
        actions = page.locator(".st-key-study_actions")
        expect(actions).to_contain_text("qmc")
        actions.get_by_role("button", name="Note…").click()
        page.get_by_label("Note", exact=True).fill("for the thesis")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator("[data-testid=stDataFrame] table")).to_contain_text("for the thesis")

        with page.expect_download() as waiting:
            actions.get_by_role("button", name="Trials as CSV").click()
        with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
            assert archive.read("qmc/note.md") == b"for the thesis"

        actions.get_by_role("button", name="Rename…").click()
        page.get_by_role("dialog").get_by_label("New name", exact=True).fill("quasi-random")
        page.get_by_role("dialog").get_by_label("New name", exact=True).press("Tab")
        page.get_by_role("dialog").get_by_role("button", name="Rename").click()
        expect(actions).to_contain_text("quasi-random")

        actions.get_by_role("button", name="Delete…").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text(re.compile(r"^1 study"))).to_be_visible()
    assert [item.name for item in list_studies(database)] == ["random"]


@pytest.mark.slow
def test_three_ticked_studies_are_compared_and_shared(page: Page, browser: Browser, installation: Path) -> None:
    database = open_database()
    for sampler in ("random", "qmc"):
        execute_run(database, prepare(database, cheap_config(setup={"n_trials": 12, "sampler": sampler}), sampler))
    strange = "a & b=c #1+1 50 % größe"
    samples.make_foreign(database, strange)
    names = [strange, "qmc", "random"]
    with running_app(installation) as address:
        for button, way in (("Compare", "compare"), ("Share…", "share")):
            page.goto(address)
            actions = page.locator(".st-key-study_actions")
            expect(actions).to_contain_text(strange)
            for number, row in enumerate((1, 2), start=2):
                tick(page, row)
                expect(actions).to_contain_text(f"{number} studies")
            actions.get_by_role("button", name=button, exact=True).click()
            page.wait_for_url(f"{address}/{way}?**")
            assert sorted(parse_qs(urlsplit(page.url).query)["study"]) == names
            other = browser.new_page()
            other.set_default_timeout(WAIT_MILLISECONDS)
            other.goto(page.url)
            for opened in (page, other):
                chosen = opened.locator(f".st-key-{'compared' if way == 'compare' else 'shared'}_studies")
                for name in names:
                    expect(chosen).to_contain_text(name)
            other.close()
        expect(page.get_by_role("button", name="Make a file of 3 studies")).to_be_enabled()


def tick(page: Page, row: int) -> None:
    """Click the box at the left of a row; the table is a canvas, whose rows and head have one height."""
    height = 35
    page.locator(".stDataFrameGlideDataEditor").first.click(position={"x": 15, "y": height * (row + 1.5)})


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
