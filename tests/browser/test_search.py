"""What a new user does: launch a search in the browser, watch it, stop it, resume it."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.runs import launch
from backend.spaces.nas_bench_201.cell import Cell
from backend.storage.database import open_database
from backend.studies import best_trials, list_studies, load_study
from backend.studies.runs import Run
from backend.studies.trials import ARCH
from backend.truth.lookup import query
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.mark.slow
def test_a_search_from_the_form_ends_with_true_accuracies(page: Page, installation: Path) -> None:
    with running_app(installation) as address:
        page.goto(f"{address}/new-search")
        fill(page, "Number of images", "8")
        fill(page, "Number of trials", "3")
        fill(page, "Name of the study", "from the form")
        page.get_by_role("button", name="Launch the search").click()

        expect(page.get_by_role("heading", name="from the form")).to_be_visible()
        expect(page).to_have_url(re.compile(r"/study\?study=from(\+|%20)the(\+|%20)form"))
        expect(page.get_by_text("3 of 3 distinct cells scored")).to_be_visible()
        expect(page.locator(".st-key-run_state")).to_contain_text("Finished")

        # The grid keeps only the columns in view in the page, so the window is made wide enough for all.
        page.set_viewport_size({"width": 3200, "height": 2400})
        table = page.locator(".st-key-best_trials table")
        best = best_trials(load_study(open_database(), "from the form"))
        for trial in best:
            accuracy = query(Cell.parse(trial.user_attrs[ARCH]), "cifar10")["test-accuracy"]
            expect(table).to_contain_text(str(accuracy)[:8])
        expect(table).to_contain_text("test-accuracy")
        expect(page.locator(".st-key-true_accuracy")).to_contain_text(re.compile(r"\d\d\.\d\d %"))


@pytest.mark.slow
def test_a_bounded_search_from_the_form_shows_only_cells_that_keep_the_bound_as_best(
    page: Page, installation: Path
) -> None:
    with running_app(installation) as address:
        page.goto(f"{address}/new-search")
        page.get_by_role("button", name="Start from").click()
        page.get_by_text("Hardware aware", exact=True).click()
        expect(page.get_by_label("Upper bound of latency:raspi4", exact=True)).to_have_value("15")
        fill(page, "Upper bound of latency:raspi4", "0.1")
        expect(page.get_by_role("button", name="Launch the search")).to_be_disabled()
        expect(page.locator(".st-key-form_problems")).to_contain_text("the smallest latency:raspi4 there is 2.5295 ms")
        fill(page, "Upper bound of latency:raspi4", "8")
        fill(page, "Number of images", "8")
        fill(page, "Number of trials", "3")
        fill(page, "Name of the study", "frugal")
        page.get_by_role("button", name="Launch the search").click()

        expect(page.locator(".st-key-run_state")).to_contain_text("Finished")
        expect(page.get_by_text(re.compile("among those that keep latency:raspi4 <= 8 ms"))).to_be_visible()
        page.set_viewport_size({"width": 3200, "height": 2400})
        table = page.locator(".st-key-best_trials table")
        expect(table).to_contain_text("latency:raspi4 (ms)")
        best = best_trials(load_study(open_database(), "frugal"))
        assert best
        for trial in best:
            latency = trial.user_attrs["hardware_metrics"]["latency:raspi4"]
            assert latency <= 8
            expect(table).to_contain_text(str(latency)[:8])


@pytest.mark.slow
def test_the_form_keeps_a_wrong_search_back(page: Page, installation: Path) -> None:
    with running_app(installation) as address:
        page.goto(f"{address}/new-search")
        fill(page, "Number of trials", "0")
        expect(page.get_by_text("search.strategy.setup.n_trials: should be at least 1")).to_be_visible()
        expect(page.get_by_role("button", name="Launch the search")).to_be_disabled()
        fill(page, "Number of trials", "3")
        expect(page.get_by_role("button", name="Launch the search")).to_be_enabled()


@pytest.mark.slow
def test_the_example_runs_with_one_click_stops_resumes_and_outlives_the_dashboard(
    page: Page, installation: Path
) -> None:
    with running_app(installation) as address:
        page.goto(address)
        page.get_by_role("button", name="Run the example search").click()
        expect(page.locator(".st-key-run_state")).to_contain_text("Running")
        expect(page.get_by_text(re.compile(r"^[1-9]\d* of \d+ distinct cells scored"))).to_be_visible()
        expect(page.locator(".st-key-architecture_card")).to_contain_text("Latest cell")

        page.locator(".st-key-stop_study").get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator(".st-key-run_state")).to_contain_text("Stopped")
        stopped_at = the_run().done
        assert stopped_at < the_run().asked

        page.locator(".st-key-resume_study").get_by_role("button", name="Resume").click()
        expect(page.locator(".st-key-run_state")).to_contain_text("Running")

    before = the_run().done
    assert wait_until(lambda: the_run().done > max(before, stopped_at))
    launch.stop(open_database(), list_studies(open_database())[0].name)
    assert wait_until(lambda: the_run().state == "stopped")


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")


def the_run() -> Run:
    (summary,) = list_studies(open_database())
    assert summary.run
    return summary.run


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.5)
    return False
