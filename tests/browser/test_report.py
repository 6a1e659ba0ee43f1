"""The report that is mailed: one file, opened from a disk, with no network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from backend.storage.database import open_database
from benchmarks.large_study import make_study
from dashboard.data import queries
from dashboard.report import study_report
from tests.browser.conftest import WAIT_MILLISECONDS

pytestmark = pytest.mark.browser
NAME = "to mail"


def test_a_report_opens_from_a_file_without_a_network(browser: Browser, installation: Path, tmp_path: Path) -> None:
    assert installation.is_dir()
    make_study(open_database(), NAME, 40)
    file = tmp_path / "report.html"
    file.write_text(study_report(queries.find_study(NAME)), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked, wrong = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_default_timeout(WAIT_MILLISECONDS)
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    charts = page.locator(".js-plotly-plot")
    for title in (
        "Progress",
        "Best true accuracy",
        "Hypervolume",
        "Pareto front",
        "Parallel coordinates",
        "Operations",
    ):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    assert charts.count() >= 7
    for position in range(charts.count()):
        charts.nth(position).locator(".main-svg").first.wait_for(state="attached")
    # Both curves that stand beside random search have its band.
    drawn = "graphs => graphs.filter(graph => graph._fullData.some(trace => trace.name === 'random search')).length"
    assert charts.evaluate_all(drawn) == 2
    assert not wrong
    assert not [address for address in asked if not address.startswith(("file:", "data:", "blob:"))]
    context.close()
