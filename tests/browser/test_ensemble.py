"""From an ensemble to a search by it: fit, learn how many labels it needs, save, search, see its prediction."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as NothingInTime

from backend.ensembles.kept import load_ensemble
from backend.search.ensembles import kept_ensembles
from backend.storage.database import open_database
from backend.studies import load_study
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.browser.test_search import fill

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)


def _take(page: Page, label: str, option: str) -> None:
    """Take an option of a list; one that a rerun of the page closes is opened again."""
    wanted = page.get_by_role("option", name=option)
    for _ in range(10):
        page.get_by_label(label, exact=True).click()
        with suppress(NothingInTime):
            wanted.click(timeout=10_000)
            return
    wanted.click()


@pytest.mark.slow
def test_an_ensemble_is_saved_and_searched_by(page: Page, browser: Browser, installation: Path) -> None:
    with running_app(installation) as address:
        page.goto(f"{address}/ensemble?labels=64&proxies=params,flops&model=ridge")
        expect(page.locator(".st-key-figures_section")).to_contain_text("unseen cells with Spearman")
        expect(page.locator(".st-key-recommendation_section")).to_contain_text("Train cell")
        page.get_by_role("button", name="Compute the learning curve").click()
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator(".st-key-curve_section")).to_contain_text(re.compile(r"Stopped after \d+ of"))
        page.get_by_text("With the cell's graph", exact=True).click()
        expect(page).to_have_url(re.compile("graph=yes"))
        expect(page.locator(".st-key-trust_section")).to_contain_text("Features of the graph enter too")

        other = browser.new_page()
        other.goto(page.url)
        expect(other.locator(".st-key-trust_section")).to_contain_text("Features of the graph enter too")
        other.close()

        fill(page, "Name", "sizes and graph")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved as sizes and graph")).to_be_visible()

        page.goto(f"{address}/ensemble?labels=128&proxies=jacob_cov&model=linear")
        expect(page.locator(".st-key-figures_section")).to_contain_text("unseen cells with Spearman")
        table = page.locator(".st-key-saved_section .dvn-scroller").first
        table.click(position={"x": 15, "y": 55})
        page.get_by_role("button", name="Show sizes and graph").click()
        expect(page).to_have_url(re.compile("labels=64"))
        expect(page).to_have_url(re.compile("proxies=params(%2C|,)flops"))
        expect(page).to_have_url(re.compile("graph=yes"))
        expect(page.locator(".st-key-trust_section")).to_contain_text("Features of the graph enter too")

        page.get_by_role("link", name="Search by a saved ensemble").click()
        _take(page, "Ensembles", "sizes and graph")
        page.keyboard.press("Escape")
        expect(page.get_by_label("Scale of ensemble:sizes and graph", exact=True)).to_have_value("1")
        fill(page, "Number of images", "8")
        fill(page, "Number of trials", "3")
        fill(page, "Name of the study", "by ensemble")
        page.get_by_role("button", name="Launch the search").click()
        expect(page.locator(".st-key-run_state")).to_contain_text("Finished")

        study = load_study(open_database(), "by ensemble")
        assert "ensemble:sizes and graph" in (study.metric_names or [])
        kept = kept_ensembles(open_database(), study)["ensemble:sizes and graph"]
        saved = load_ensemble(open_database(), "sizes and graph")
        assert kept.ensemble.recipe == saved.ensemble.recipe

        page.goto(f"{address}/ensemble?labels=64&proxies=params,flops&model=ridge")
        expect(page.locator(".st-key-figures_section")).to_contain_text("unseen cells with Spearman")
        page.locator(".st-key-saved_section .dvn-scroller").first.click(position={"x": 15, "y": 55})
        page.get_by_role("button", name="Delete sizes and graph").click()
        expect(page.get_by_text("None is saved yet")).to_be_visible()
