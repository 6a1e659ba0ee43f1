"""A new user with a space and images of their own: a file of twenty lines, the form, a live front, a shortlist."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from backend.settings import SPACES_VARIABLE
from backend.spaces.own import load_user_spaces
from backend.storage.database import open_database
from backend.studies import load_study, trials_frame
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS

pytestmark = pytest.mark.browser

DONE = 4
"""Trials of the search after which it waits, so that the page is looked at while it runs."""
SPACE = f"""
from pathlib import Path
from torch import nn

HOLD = Path(__file__).with_name("hold")

def suggest(trial):
    study = getattr(trial, "study", None)
    if study and study.study_name == "my leaves" and trial.number == {DONE} and HOLD.exists():
        HOLD.read_text()  # a pipe: waits until somebody writes to it
    trial.suggest_int("width", 4, 32, step=4)
    trial.suggest_int("depth", 1, 4)
    trial.suggest_categorical("kernel", [1, 3, 5])

def build(params, task):
    layers, channels = [], task.batch.shape[1]
    for _ in range(params["depth"]):
        layers += [nn.Conv2d(channels, params["width"], params["kernel"], padding="same")]
        layers += [nn.BatchNorm2d(params["width"]), nn.ReLU()]
        channels = params["width"]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, task.num_outputs))
"""
SEARCH = """
[search.search_space]
name = "my_cnns"
[search.strategy.sw_runner.zero_cost]
metrics = ["snip", "params"]
num_samples = 12
images = "folder:{images}"
[search.strategy.setup]
n_trials = 6
sampler = "random"
[search.strategy.metrics.snip]
scale = 1.0
[search.strategy.metrics.params]
scale = 1.0
direction = "minimize"
"""


_POINTS = """
() => {
  const graph = document.querySelector('.st-key-pareto_chart .js-plotly-plot');
  const drawn = graph && graph._fullData ? graph._fullData.filter(trace => trace.customdata) : [];
  return drawn.reduce((sum, trace) => sum + trace.x.length, 0);
}
"""


@pytest.mark.slow
def test_a_space_and_images_of_ones_own_from_the_form_to_a_shortlist(
    page: Page, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)
    space, images = installation / "my_cnns.py", installation / "leaves"
    space.write_text(SPACE)
    for number in range(60):
        kind = number % 3
        file = images / ("ash", "oak", "yew")[kind] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        drawn = np.random.default_rng(number).integers(0, 256, (14, 12))
        drawn[4 * kind : 4 * kind + 4] //= 4  # a darker stripe, elsewhere in each class
        Image.fromarray(drawn.astype(np.uint8)).save(file)
    monkeypatch.setenv(SPACES_VARIABLE, str(space))
    hold = installation / "hold"
    os.mkfifo(hold)

    with running_app(installation) as address:
        page.goto(f"{address}/new-search?space=my_cnns")
        expect(page.get_by_role("button", name="Launch the search")).to_be_enabled()
        page.locator("input[type=file]").set_input_files(
            {"name": "s.toml", "mimeType": "text/plain", "buffer": SEARCH.format(images=images / "none").encode()}
        )
        expect(page.get_by_label("Number of trials", exact=True)).to_have_value("6")
        # The path comes from a file: nobody has asked yet to look for it.
        expect(page.get_by_text("It is looked for when the search is launched")).to_be_visible()
        expect(page.locator(".st-key-form_problems")).to_have_count(0)
        fill(page, "Folder of the images", str(images / "gone"))
        expect(page.locator(".st-key-form_problems")).to_contain_text(
            "gone is not there; expected a folder for each class"
        )
        expect(page.get_by_role("button", name="Launch the search")).to_be_disabled()
        fill(page, "Folder of the images", str(images))
        fill(page, "width to", "40")
        expect(page.locator(".st-key-form_problems")).to_contain_text("parameters.width: high = 40 is outside")
        fill(page, "width to", "16")
        page.locator(".st-key-search_options_of_kernel").get_by_role("button", name="5").click()
        expect(page.locator(".st-key-form_problems")).to_have_count(0)
        fill(page, "Name of the study", "my leaves")
        page.get_by_role("button", name="Launch the search").click()

        expect(page).to_have_url(re.compile(r"/study\?study=my"))
        # The front is there while the search runs, and grows.
        page.wait_for_function(f"({_POINTS})() >= 2")
        expect(page.locator(".st-key-run_state")).to_contain_text("Running")
        with hold.open("w"):
            hold.unlink()
        page.wait_for_function(f"({_POINTS})() > {DONE}")
        expect(page.locator(".st-key-run_state")).to_contain_text("Finished")
        load_user_spaces()
        trials = trials_frame(load_study(open_database(), "my leaves"))
        assert load_study(open_database(), "my leaves").user_attrs["dataset"] == "leaves"
        assert trials["param:width"].max() <= 16
        assert set(trials["param:kernel"]) <= {1, 3}

        fill(page, "Training budget (top k)", "3")
        fill(page, "Epochs", "2")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text(re.compile(r"Trained 3 of \d+"))).to_be_visible()

        page.goto(f"{address}/proxies?study=my+leaves&ranking=table")
        expect(
            page.get_by_text("Measured here: held-out accuracy after the last epoch, leaves, 2 epochs")
        ).to_be_visible()
        expect(page.locator(".st-key-ranking_section")).to_contain_text(re.compile("Spearman|rank correlation"))

        page.goto(f"{address}/ensemble?study=my+leaves")
        expect(page.locator(".st-key-recommendation_section")).to_contain_text(re.compile("depth=|width="))


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")
