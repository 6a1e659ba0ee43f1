"""A study's page while its search runs: what comes, what stays, and the link that shows the same again."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from backend.config.model import SearchConfig
from backend.storage.database import Database, open_database
from backend.studies import load_study, runs
from benchmarks.large_study import append_trials, make_study
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS

pytestmark = pytest.mark.browser
NAME, FIRST, LATER = "live", 30, 5
CHART = ".st-key-pareto_chart .js-plotly-plot"
PROGRESS = ".st-key-progress_chart .js-plotly-plot"

_TRIALS = """
selector => {
  const graph = document.querySelector(selector);
  const drawn = graph && graph._fullData ? graph._fullData.filter(trace => trace.name === 'Distinct cell') : [];
  return drawn.reduce((sum, trace) => sum + trace.x.length, 0);
}
"""
_RANGE = "selector => document.querySelector(selector)._fullLayout.xaxis.range.map(Number)"
_MARKER = """
selector => {
  const graph = document.querySelector(selector);
  const {xaxis, yaxis} = graph._fullLayout, box = graph.getBoundingClientRect();
  const [left, right] = xaxis.range, [low, high] = yaxis.range;
  for (const trace of graph._fullData) {
    if (!trace.customdata || trace.x.length < 2) continue;
    for (let at = 0; at < trace.x.length; at++) {
      const x = trace.x[at], y = trace.y[at];
      const inside = x > left + 0.05 * (right - left) && x < right - 0.05 * (right - left) && y > low && y < high;
      if (inside) return [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)];
    }
  }
}
"""


@pytest.fixture
def live(installation: Path) -> Iterator[tuple[Database, SearchConfig]]:
    """A search that this process is running, thirty of forty cells done."""
    assert installation.is_dir()
    database = open_database()
    config = make_study(database, NAME, FIRST)
    study_id = load_study(database, NAME)._study_id
    runs.requeue(database, study_id, FIRST + 2 * LATER)
    runs.claim(database, study_id)
    runs.count_done(database, study_id, FIRST)
    yield database, config
    runs.end(database, study_id, "finished", "")


@pytest.mark.slow
def test_new_trials_come_while_zoom_and_choice_stay(
    page: Page, installation: Path, live: tuple[Database, SearchConfig]
) -> None:
    database, config = live
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)
    page.set_viewport_size({"width": 1440, "height": 2000})
    with running_app(installation) as address:
        page.goto(f"{address}/study?study={NAME}&x=naswot_relu&y=200:test-accuracy")
        page.wait_for_function(f"({_TRIALS})('{PROGRESS}') === {FIRST}")
        page.wait_for_selector(f"{CHART} .nsewdrag")
        box = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
        assert box
        page.locator(CHART).hover()
        page.locator(f"{CHART} [data-title='Box Select']").click()
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.02 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.98 * box["width"], box["y"] + 0.9 * box["height"], steps=8)
        before = page.evaluate(_RANGE, CHART)
        page.mouse.up()
        expect(page.get_by_role("button", name="Show all")).to_be_visible()
        page.wait_for_function(f"({_RANGE})('{CHART}')[0] > {before[0]}")
        expect(page).to_have_url(re.compile("pareto-zoom="))
        zoomed = [float(number) for number in parse_qs(urlsplit(page.url).query)["pareto-zoom"][2:4]]
        # The chart glides there.
        page.wait_for_function(f"Math.abs(({_RANGE})('{CHART}')[0] - {zoomed[0]}) < 1e-3 * {zoomed[0]}")
        page.mouse.click(*page.evaluate(_MARKER, CHART))
        expect(page.locator(".st-key-architecture_card")).to_contain_text("Selected cell")
        expect(page).to_have_url(re.compile("trial="))
        chosen = f"trial {parse_qs(urlsplit(page.url).query)['trial'][0]}"
        expect(page.locator(".st-key-architecture_card")).to_contain_text(chosen)

        append_trials(database, NAME, config, range(FIRST, FIRST + LATER))
        page.wait_for_function(f"({_TRIALS})('{PROGRESS}') === {FIRST + LATER}")
        assert page.evaluate(_RANGE, CHART) == pytest.approx(zoomed)
        expect(page.locator(".st-key-architecture_card")).to_contain_text("Selected cell")

        other = page.context.new_page()
        other.goto(page.url)
        expect(other.locator(".st-key-architecture_card")).to_contain_text("Selected cell")
        expect(other.locator(".st-key-architecture_card")).to_contain_text(chosen)
        other.wait_for_selector(f"{CHART} .nsewdrag")
        assert other.evaluate(_RANGE, CHART) == pytest.approx(zoomed)
        expect(other.get_by_text("True test accuracy, 200 epochs (%)").first).to_be_visible()


@pytest.mark.slow
def test_a_zoom_of_logarithmic_axes_shows_the_box_that_was_drawn(
    page: Page, installation: Path, live: tuple[Database, SearchConfig]
) -> None:
    assert live
    page.set_default_timeout(WAIT_MILLISECONDS)
    page.set_viewport_size({"width": 1440, "height": 2000})
    with running_app(installation) as address:
        page.goto(f"{address}/study?study={NAME}&x=naswot_relu&y=synflow&log=x&log=y")
        page.wait_for_selector(f"{CHART} .nsewdrag")
        left, right = page.evaluate(_RANGE, CHART)
        box = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
        assert box
        page.locator(CHART).hover()
        page.locator(f"{CHART} [data-title='Box Select']").click()
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.1 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.8 * box["height"], steps=8)
        page.mouse.up()
        wanted = left + 0.4 * (right - left)
        page.wait_for_function(f"Math.abs(({_RANGE})('{CHART}')[0] - {wanted}) < 0.01 * {right - left}")
        shown = [float(value) for value in parse_qs(urlsplit(page.url).query)["pareto-zoom"][2:4]]
        assert [10**end for end in page.evaluate(_RANGE, CHART)] == pytest.approx(shown, rel=1e-3)
