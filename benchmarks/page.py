"""Measures the page "Benchmark" in a real browser, from click to picture; ``python -m benchmarks.page --help``.

The clock runs in the browser: from the pointer going down until the frame after the new chart has its axes and its
markers, or the new cell its name. Each kind of click is repeated, after one that is not counted.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Locator, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.browser.app import CHROMIUM_ARGUMENTS, find_chromium, running_app

SCATTER = ".st-key-space_chart"
CELL_NAME = ".st-key-cell_panel strong, .st-key-cell_heading h3"
_PATIENCE = 60_000

_ARM = """
([chart, name]) => {
  const titles = () => {
    const graph = document.querySelector(chart + ' .js-plotly-plot');
    const layout = graph && graph._fullLayout;
    return layout && layout.xaxis ? layout.xaxis.title.text + '|' + layout.yaxis.title.text : '';
  };
  const markersDrawn = () => {
    const source = document.querySelector(chart + ' .gl-canvas-context');
    if (!source || !source.width) return false;
    const small = new OffscreenCanvas(source.width, source.height).getContext('2d', {willReadFrequently: true});
    small.drawImage(source, 0, 0);
    return small.getImageData(0, 0, source.width, source.height).data.some(value => value > 0);
  };
  const called = () => { const element = document.querySelector(name); return element ? element.textContent : ''; };
  const before = {titles: titles(), called: called()};
  window.seconds = null;
  addEventListener('pointerdown', () => {
    const started = performance.now();
    const look = () => {
      const chartDone = titles() && titles() !== before.titles && markersDrawn();
      const cellDone = called() && called() !== before.called;
      if (window.waitsFor === 'chart' ? chartDone : cellDone) {
        requestAnimationFrame(() => { window.seconds = (performance.now() - started) / 1000; });
      } else {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  }, {capture: true, once: true});
}
"""

_PLACE = """
([chart, cell]) => {
  const graph = document.querySelector(chart + ' .js-plotly-plot');
  const {xaxis, yaxis} = graph._fullLayout, box = graph.getBoundingClientRect();
  for (const trace of graph._fullData) {
    const at = trace.customdata ? Array.from(trace.customdata).indexOf(cell) : -1;
    if (at >= 0) {
      return [box.x + xaxis._offset + xaxis.d2p(trace.x[at]), box.y + yaxis._offset + yaxis.d2p(trace.y[at])];
    }
  }
}
"""

Action = Callable[[Page], None]


def main(
    repeats: Annotated[int, typer.Option(min=1, help="counted clicks of each kind")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="print every time as JSON")] = False,
) -> None:
    """Measure the page "Benchmark" from click to picture."""
    chromium = find_chromium()
    if chromium is None:
        raise typer.BadParameter("no Chromium; install it, or set PROXYSCOPE_CHROMIUM to the path of one")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright, running_app(Path(home)) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 1400})
        page.set_default_timeout(_PATIENCE)
        times = dict(_measure(page, address, repeats))
        browser.close()
    print(json.dumps(times, indent=1)) if as_json else _print(times, repeats)


def _measure(page: Page, address: str, repeats: int) -> Iterator[tuple[str, list[float]]]:
    page.goto(f"{address}/benchmark?chart=cost")
    _settle(page, SCATTER)
    costs = cycle(["Edge GPU latency", "Raspberry Pi 4 latency", "FLOPs", "FPGA energy", "Parameters"])
    yield "another cost", [_chart(page, _option(page, "Cost", next(costs))) for _ in range(repeats + 1)][1:]
    epochs = cycle(["12", "200"])
    yield "another training", [_chart(page, _segment(page, next(epochs))) for _ in range(repeats + 1)][1:]
    datasets = cycle(["cifar100", "cifar10"])
    yield "another data set", [_chart(page, _option(page, "Data set", next(datasets))) for _ in range(repeats + 1)][1:]
    charts = cycle(["Data set against data set", "12 against 200 epochs"])
    yield "another chart", [_chart(page, _segment(page, next(charts))) for _ in range(repeats + 1)][1:]
    cells = cycle([0, 11, 5115, 6111])
    yield "a marker: its cell", [_cell(page, _marker(page, next(cells))) for _ in range(repeats + 1)][1:]
    page.goto(f"{address}/benchmark?view=cell&cell=6111")
    _settle(page, ".st-key-neighbour_chart")
    operations = cycle(["conv 1×1", "skip"])
    yield (
        "an edge drawn: its cell",
        [_cell(page, _option(page, "Edge 0 → 3", next(operations))) for _ in range(repeats + 1)][1:],
    )


def _chart(page: Page, click: Action) -> float:
    return _timed(page, "chart", click)


def _cell(page: Page, click: Action) -> float:
    return _timed(page, "cell", click)


def _timed(page: Page, waits_for: str, click: Action) -> float:
    page.evaluate(f"window.waitsFor = '{waits_for}'")
    page.evaluate(_ARM, [SCATTER, CELL_NAME])
    click(page)
    page.wait_for_function("window.seconds !== null")
    seconds = float(page.evaluate("window.seconds"))
    _settle(page)
    return seconds


def _option(page: Page, label: str, name: str) -> Action:
    """A click on an option of a list, which is open when the clock is set."""
    page.get_by_label(label, exact=True).first.click()
    option: Locator = page.get_by_role("option", name=name, exact=True)
    option.wait_for()
    return lambda _: option.click()


def _segment(page: Page, name: str) -> Action:
    return lambda _: page.get_by_role("radio", name=name, exact=True).click()


def _marker(page: Page, cell: int) -> Action:
    """A click on a cell's marker, over which the pointer stands already."""
    x, y = page.evaluate(_PLACE, [SCATTER, cell])
    page.mouse.move(x, y)
    page.wait_for_timeout(500)
    return lambda _: page.mouse.click(x, y)


def _settle(page: Page, chart: str | None = None) -> None:
    if chart:
        page.wait_for_selector(f"{chart} .js-plotly-plot .main-svg", state="attached")
    page.wait_for_selector("[data-test-script-state=notRunning]")
    page.wait_for_timeout(500)


def _print(times: dict[str, list[float]], repeats: int) -> None:
    table = Table("click for", "median s", "max s", title=f"{repeats} clicks each, {os.cpu_count()} cores")
    for name, seconds in times.items():
        table.add_row(name, f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}")
    every = [value for seconds in times.values() for value in seconds]
    table.add_row("all", f"{statistics.median(every):.2f}", f"{max(every):.2f}", end_section=True)
    console = Console()
    console.print(table)
    console.print(f"load over the last minute: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    typer.run(main)
