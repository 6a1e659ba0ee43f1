"""Every page opens, in a browser, with a study of each bundled space and of one of the user's own."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.settings import SPACES_VARIABLE
from backend.spaces import registry
from backend.spaces.own import load_user_spaces
from backend.storage.database import open_database
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.conftest import CONFIGS

pytestmark = pytest.mark.browser

OWN = "mobile_cnn"
SPACES = (OWN, "accel_nasbench", "nas_bench_201", "nas_bench_macro", "transnas_macro", "transnas_micro")
SEARCH = """
[search.search_space]
name = "{space}"
{more}
[search.strategy.sw_runner.zero_cost]
metrics = ["l2_norm", "params"]
num_samples = 2
[search.strategy.setup]
n_trials = 12
sampler = "random"
[search.strategy.metrics]
l2_norm.scale = 1.0
params = {{ scale = 1.0, direction = "minimize" }}
"""
PAGES = (
    "study?study={space}",
    "study?study={space}&view=parallel",
    "proxies?study={space}",
    "ensemble?study={space}",
    "benchmark?view=study&study={space}",
    "benchmark?space={space}",
    "new-search?space={space}",
)
OF_ALL = f"compare?{'&'.join(f'study={space}' for space in SPACES)}", "proxies?view=spaces", "share", ""


@pytest.fixture
def address(installation: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(SPACES_VARIABLE, str(CONFIGS / "examples" / f"{OWN}.py"))
    load_user_spaces()
    database = open_database()
    for space in SPACES:
        # Of its table's architectures alone there is truth.
        more = 'architectures = "table"' if space == "accel_nasbench" else ""
        prepare(database, SearchConfig.from_toml(SEARCH.format(space=space, more=more)), space)
        execute_run(database, space)
    with running_app(installation) as running:
        yield running
    registry.unregister(OWN)


@pytest.mark.slow
def test_every_page_opens_with_every_space(page: Page, address: str) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    for path in (*(form.format(space=quote(space)) for space in SPACES for form in PAGES), *OF_ALL):
        page.goto(f"{address}/{path}")
        page.wait_for_selector("[data-test-script-state=notRunning]")
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        assert not page.get_by_test_id("stException").count(), path
        assert not page.get_by_text("Page not found").count(), path
        broken = page.locator("[data-testid=stAlertContentError]")
        assert not broken.count(), (path, broken.all_inner_texts())
    assert failed == []
