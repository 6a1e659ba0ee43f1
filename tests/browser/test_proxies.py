"""What a researcher does on the page "Proxies": click a proxy and a cell, and send the link to a colleague."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.spaces.nas_bench_201.cell import Cell
from backend.storage.database import open_database
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.conftest import cheap_config
from tests.score_tables import SWEEP, write_sweep_table

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.mark.slow
def test_a_clicked_proxy_and_a_clicked_cell_are_shown_and_the_link_shows_them_to_others(
    page: Page, browser: Browser, installation: Path
) -> None:
    database = open_database()
    execute_run(database, prepare(database, cheap_config(), "mine"))
    with running_app(installation) as address:
        page.goto(f"{address}/proxies?study=mine")
        click_marker(page, ".st-key-ranking_section", 1)
        expect(page).to_have_url(re.compile("proxy="))
        click_marker(page, ".st-key-scatter_section", 4)
        expect(page.locator(".st-key-architecture_card")).to_contain_text("Selected cell · trial")
        expect(page).to_have_url(re.compile("cell="))

        values = dict(pair.split("=") for pair in page.url.split("?")[1].split("&"))
        other = browser.new_page()
        other.goto(page.url)
        expect(other.locator(".st-key-architecture_card")).to_contain_text(str(Cell.from_index(int(values["cell"]))))
        expect(other.locator(".st-key-about_proxy")).to_contain_text(f"What is {values['proxy']}?")
        other.close()


@pytest.mark.slow
def test_the_whole_space_is_drawn_with_its_intervals(page: Page, installation: Path) -> None:
    write_sweep_table(installation)
    with running_app(installation) as address:
        page.goto(f"{address}/proxies?table={SWEEP}&ranking=table&proxy=params")
        expect(page.locator(".st-key-ranking_table table")).to_contain_text("…")
        expect(page.locator(".st-key-scatter_section canvas.gl-canvas").first).to_be_attached()
        expect(page.get_by_text("15,284 cells. Click one to see it")).to_be_visible()


@pytest.mark.slow
def test_a_square_of_all_spaces_leads_to_the_scores_that_it_is_from(page: Page, installation: Path) -> None:
    with running_app(installation) as address:
        page.goto(f"{address}/proxies?view=spaces&spaces=nas_bench_201&proxies=params&proxies=zen")
        squares = page.locator(".st-key-proxy_table .textpoint")
        expect(squares).to_have_count(9 + 2)
        squares.nth(squares.count() - 2).click(force=True)
        expect(page).to_have_url(re.compile("dataset=cifar100"))
        expect(page).to_have_url(re.compile("proxy=zen"))
        expect(page.locator(".st-key-about_proxy")).to_contain_text("What is zen?")
        expect(page).not_to_have_url(re.compile("view="))


@pytest.mark.slow
def test_the_keyboard_reaches_a_charts_buttons_and_no_folded_sidebar(page: Page, installation: Path) -> None:
    with running_app(installation) as address:
        page.goto(f"{address}/proxies")
        buttons = page.locator(".st-key-ranking_section .modebar-group").first
        download = buttons.get_by_role("button", name="Download plot as a PNG")
        expect(page.locator(".st-key-scatter_section .modebar")).to_be_attached()
        expect(buttons).to_have_css("opacity", "0")
        inside = page.locator('[data-testid="stSidebar"] :focus')
        for _ in range(60):
            page.keyboard.press("Tab")
            expect(inside).to_have_count(0)
            if download.evaluate("button => button === document.activeElement"):
                break
        expect(download).to_be_focused()
        expect(buttons).to_have_css("opacity", "1")
        with page.expect_download() as saved:
            page.keyboard.press("Enter")
        assert saved.value.suggested_filename.endswith(".png")


def click_marker(page: Page, section: str, position: int) -> None:
    """Click the middle of a chart's marker, once the chart has been drawn and stands still."""
    markers: Locator = page.locator(f"{section} .scatterlayer .point")
    expect(markers.nth(position)).to_be_visible()
    page.wait_for_selector("[data-test-script-state=notRunning]")
    page.wait_for_timeout(1_500)
    markers.nth(position).scroll_into_view_if_needed()
    box = markers.nth(position).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
