"""Takes a picture of every page at two widths in both themes: ``python -m tests.browser.screenshots FOLDER``.

The searches in the pictures are real ones, run into a storage folder of their own before the pictures are taken.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.settings import HOME_VARIABLE
from backend.storage.database import Database, open_database
from tests.browser.app import CHROMIUM_ARGUMENTS, ROOT, find_chromium, running_app
from tests.conftest import cheap_config
from tests.score_tables import write_sweep_table

WIDTHS = (1440, 800)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STUDY, OTHER, HARDWARE = "cifar10 quick start", "cifar100 random one objective", "cifar10 on a Raspberry Pi 4"
SEEDS = [f"cifar10 {sampler} seed {seed}" for sampler in ("random", "qmc") for seed in range(3)]
_HEIGHT = 900
_MARGIN = 40
_BODY = "[data-testid=stMainBlockContainer]"

_ACCURACY = "200:test-accuracy"
_HARDWARE_AXES = {"study": HARDWARE, "quantity": _ACCURACY, "x": "latency:raspi4", "y": _ACCURACY}

PAGES = {
    "welcome": "/",
    "studies": "/",
    "new-search": "/new-search",
    "new-search-clone": "/new-search?" + urlencode({"study": "cifar100 random one objective"}),
    "studies-filtered": "/?sampler=qmc&sort=accuracy",
    "study": "/study?study=cifar10+quick+start",
    "trial": "/study?study=cifar10+quick+start&trial=7&x=params&y=200:test-accuracy&curve=accuracy",
    "study-parallel": "/study?study=cifar10+quick+start&view=parallel",
    "study-operations": "/study?study=cifar10+quick+start&view=settings",
    "study-time": "/study?study=cifar10+quick+start&view=time",
    "study-hardware": "/study?" + urlencode(_HARDWARE_AXES),
    "proxies": "/proxies?study=cifar10+quick+start&proxy=naswot_relu",
    "proxies-table": "/proxies?ranking=table&count=classes&proxy=params&by=depth",
    "proxies-spaces": "/proxies?view=spaces",
    "ensemble": "/ensemble?" + urlencode({"study": STUDY, "model": "linear"}),
    "ensemble-table": "/ensemble?labels=128&graph=yes&cells=unseen",
    "compare": "/compare?" + urlencode([("study", name) for name in (STUDY, *SEEDS, OTHER)]),
    "benchmark": "/benchmark",
    "benchmark-cell": "/benchmark?view=cell&cell=6111",
    "benchmark-study": "/benchmark?" + urlencode({"view": "study", "study": STUDY}),
    "benchmark-hardware": "/benchmark?" + urlencode({"view": "study", "study": HARDWARE, "cost": "latency:raspi4"}),
    "share": "/share?which=all",
    "share-import": "/share?view=import",
    "share-history": "/share?view=history",
    "help": "/help",
}


def main(folder: Path) -> None:
    """Run the searches, start the app and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        os.environ[HOME_VARIABLE] = home
        os.environ.pop("PROXYSCOPE_STORAGE", None)
        database = open_database()
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        with running_app(Path(home)) as address:
            _take(browser, address, folder, ["welcome"])
            _run_searches(database, Path(home))
            _take(browser, address, folder, [name for name in PAGES if name != "welcome"])
            _take_for_readme(browser, address, folder)
        browser.close()


def _run_searches(database: Database, home: Path) -> None:
    config = SearchConfig.from_file(ROOT / "configs" / "quickstart.toml")
    hardware = SearchConfig.from_file(ROOT / "configs" / "hardware_aware.toml")
    searches = {STUDY: config.with_trials(40), OTHER: _one_objective(config), HARDWARE: hardware.with_trials(40)}
    searches |= {name: _cheap(name) for name in SEEDS}
    for name, changed in searches.items():
        prepare(database, changed, name)
        execute_run(database, name)
    write_sweep_table(home)


def _one_objective(config: SearchConfig) -> SearchConfig:
    changed = config.with_trials(10).model_copy(deep=True)
    changed.search_space.choices.dataset = ["cifar100"]
    changed.setup.sampler, changed.setup.sum_scaled_metrics, changed.setup.direction = "random", True, "maximize"
    return changed


def _cheap(name: str) -> SearchConfig:
    _, sampler, _, seed = name.split()
    return cheap_config(setup={"n_trials": 60, "sampler": sampler, "seed": int(seed)})


def _take(browser: Browser, address: str, folder: Path, names: list[str]) -> None:
    for theme in THEMES:
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": _HEIGHT}, color_scheme=theme)
            for name in names:
                page.goto(address + PAGES[name])
                settle(page)
                _show_whole(page, width)
                page.screenshot(path=folder / f"{name}-{width}-{theme}.png")
            page.close()


def _take_for_readme(browser: Browser, address: str, folder: Path) -> None:
    """The first sight of a study, as docs/screenshot.png shows it."""
    page = browser.new_page(viewport={"width": 1280, "height": 1240}, color_scheme="light")
    page.goto(address + PAGES["study"])
    settle(page)
    page.screenshot(path=folder / "screenshot.png")
    page.close()


def settle(page: Page) -> None:
    """Wait until the script has run and the charts and tables are drawn."""
    page.wait_for_selector(f"{_BODY} h1")
    page.wait_for_selector("[data-test-script-state=notRunning]")
    page.wait_for_selector("[data-testid=stSkeleton]", state="detached")
    page.wait_for_timeout(2_000)


def _show_whole(page: Page, width: int) -> None:
    height = int(page.evaluate(f"document.querySelector('{_BODY}').scrollHeight"))
    page.set_viewport_size({"width": width, "height": max(_HEIGHT, height + _MARGIN)})
    page.wait_for_timeout(1_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
