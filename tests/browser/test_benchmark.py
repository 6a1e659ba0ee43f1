"""What a reader of the benchmark does: draw a cell, walk to a neighbour, click markers, pass a link on."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.spaces.nas_bench_201.cell import Cell
from backend.truth.lookup import OPTIMA
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS

pytestmark = pytest.mark.browser

DRAWN = Cell(("nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "nor_conv_1x1", "nor_conv_3x3", "nor_conv_1x1"))
GRAPH = ".js-plotly-plot"

# Where a chart has the marker of a cell, in pixels of the page.
PLACE = """
([chart, cell]) => {
  const graph = document.querySelector(chart + ' .js-plotly-plot');
  graph.scrollIntoView({block: 'center'});
  const {xaxis, yaxis} = graph._fullLayout, box = graph.getBoundingClientRect();
  for (const trace of graph._fullData) {
    const at = trace.customdata ? Array.from(trace.customdata).indexOf(cell) : -1;
    if (at >= 0) {
      return [box.x + xaxis._offset + xaxis.d2p(trace.x[at]), box.y + yaxis._offset + yaxis.d2p(trace.y[at])];
    }
  }
}
"""
MARKED = """
(chart) => document.querySelector(chart + ' .js-plotly-plot')._fullData.flatMap(
  trace => Array.from(trace.selectedpoints || []).map(point => trace.customdata[point]))
"""
RANGE = "(chart) => document.querySelector(chart + ' .js-plotly-plot')._fullLayout.xaxis.range"


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.mark.slow
def test_a_cell_is_drawn_a_neighbour_is_taken_and_the_link_shows_the_same_to_another(
    page: Page, browser: Browser, installation: Path
) -> None:
    best = Cell.from_index(6111)
    neighbour = Cell((*DRAWN.operations[:3], "skip_connect", *DRAWN.operations[4:]))
    with running_app(installation) as address:
        page.goto(f"{address}/benchmark")
        expect(page.locator(".st-key-cell_panel")).to_contain_text("Cell 6,111")
        page.get_by_role("tab", name="Cell").click()
        choose(page, "Edge 0 → 3", "conv 1×1")
        expect(page).to_have_url(re.compile(rf"cell={DRAWN.index}\b"))
        expect(heading(page)).to_have_text(f"Cell {DRAWN.index:,}")
        assert neighbour == best
        choose(page, "Edge 2 → 3", "conv 3×3")
        other = Cell((*DRAWN.operations[:5], "nor_conv_3x3"))
        expect(heading(page)).to_have_text(f"Cell {other.index:,}")

        choose(page, "Data set", "cifar100")
        expect(page.locator(".st-key-neighbours_section")).to_contain_text("Test accuracy, cifar100, 200 epochs")
        settle(page)
        click_marker(page, ".st-key-neighbour_chart", DRAWN.index)
        expect(heading(page)).to_have_text(f"Cell {DRAWN.index:,}")
        expect(page.locator(".st-key-neighbours_section")).to_contain_text("Test accuracy, cifar100, 200 epochs")

        context = browser.new_context()
        second = context.new_page()
        second.set_default_timeout(WAIT_MILLISECONDS)
        second.goto(page.url)
        expect(heading(second)).to_have_text(f"Cell {DRAWN.index:,}")
        expect(second.get_by_role("tab", name="Cell")).to_have_attribute("aria-selected", "true")
        expect(second.locator(".st-key-cell_finder")).to_contain_text(str(DRAWN))
        section = ".st-key-neighbours_section"
        expect(second.locator(section)).to_contain_text("Test accuracy, cifar100, 200 epochs")
        expect(second.locator(section).get_by_text(re.compile("of 24 are better"))).to_have_text(
            page.locator(section).get_by_text(re.compile("of 24 are better")).inner_text()
        )
        context.close()


@pytest.mark.slow
def test_a_click_on_a_marker_opens_its_cell_and_keeps_the_zoom(page: Page, installation: Path) -> None:
    chart = ".st-key-space_chart"
    with running_app(installation) as address:
        page.set_viewport_size({"width": 1440, "height": 1200})
        page.goto(f"{address}/benchmark?chart=cost&cost=latency:edgegpu")
        expect(page.locator(f"{chart} {GRAPH} .gl-canvas-context")).to_be_attached()
        settle(page)
        x, y = page.evaluate(PLACE, [chart, 6111])
        page.mouse.move(x - 50, y - 4)
        page.mouse.down()
        page.mouse.move(x + 50, y + 60, steps=4)
        page.mouse.up()
        page.wait_for_timeout(1_000)
        zoomed = page.evaluate(RANGE, chart)

        click_marker(page, chart, 6111)
        expect(page.locator(".st-key-cell_panel")).to_contain_text("Chosen cell")
        expect(page).to_have_url(re.compile(r"cell=6111\b"))
        assert page.evaluate(RANGE, chart) == zoomed
        assert page.evaluate(MARKED, chart) == [6111]

        page.goto(page.url)
        expect(page.locator(f"{chart} {GRAPH} .gl-canvas-context")).to_be_attached()
        settle(page)
        assert page.evaluate(MARKED, chart) == [6111]
        page.get_by_role("button", name="All about this cell").click()
        expect(heading(page)).to_have_text("Cell 6,111")
        page.set_viewport_size({"width": 2400, "height": 2400})
        expect(page.locator(".st-key-places table")).to_contain_text(str(OPTIMA["cifar10"])[:6])


def choose(page: Page, label: str, option: str) -> None:
    """Take an option of a list; the list of one that scrolls into view would close again."""
    field = page.get_by_label(label, exact=True)
    field.scroll_into_view_if_needed()
    settle(page)
    field.click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def heading(page: Page):
    return page.locator(".st-key-cell_heading h3")


def click_marker(page: Page, chart: str, cell: int) -> None:
    x, y = page.evaluate(PLACE, [chart, cell])
    page.mouse.move(x, y)
    # The chart looks for the nearest marker a moment after the pointer has come.
    page.wait_for_timeout(700)
    page.mouse.click(x, y)


def settle(page: Page) -> None:
    page.wait_for_selector("[data-test-script-state=notRunning]")
    page.wait_for_timeout(1_000)
