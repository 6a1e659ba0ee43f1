"""No page breaks a rule of WCAG 2.2 AA that axe-core can check, in either theme, and chart texts are no faint grey."""

from pathlib import Path
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import open_database
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.browser.screenshots import settle
from tests.conftest import cheap_config

pytestmark = pytest.mark.browser

RULES: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
PAGES: Final = (
    "/",
    "/new-search",
    "/study?study=mine",
    "/study?study=mine&view=settings",
    "/study?study=mine&view=time",
    "/proxies?study=mine",
    "/ensemble?study=mine",
    "/compare?study=mine",
    "/benchmark?view=cell&cell=6111",
    "/share?which=all",
    "/help",
)
FAINT: Final = (
    "greys => [...document.querySelectorAll('.js-plotly-plot text')]"
    ".filter(text => greys.includes(getComputedStyle(text).fill)).length"
)
GREYS: Final = ["rgb(128, 132, 149)", "rgb(138, 143, 152)"]
"""Of Streamlit's theme for charts, and of ours: 3.7:1 and 3.2:1 on white."""


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 800)])
def test_no_page_has_a_violation(
    browser: Browser, installation: Path, theme: Literal["light", "dark"], width: int
) -> None:
    database = open_database()
    execute_run(database, prepare(database, cheap_config(setup={"n_trials": 12}), "mine"))
    found = []
    with running_app(installation) as address:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
        page.set_default_timeout(WAIT_MILLISECONDS)
        for path in PAGES:
            page.goto(address + path)
            settle(page)
            violations = Axe().run(page, options=RULES).response["violations"]
            found += [
                (path, rule["id"], node["html"][:120], node["failureSummary"])
                for rule in violations
                for node in rule["nodes"]
            ]
            assert not page.evaluate(FAINT, GREYS), path
        page.close()
    assert not found
