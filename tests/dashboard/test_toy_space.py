"""A search of a space that has no capability, from the form to its report; and one whose space is not installed."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import open_database
from backend.studies import load_study
from dashboard.data import queries
from dashboard.report import study_report
from tests.dashboard.toy_pages import SPACE, installation, opened_pages, said
from tests.states import STATES, own_study

FILE = """
[search.search_space]
name = "{space}"
dataset = "cifar10"
[search.strategy.setup]
n_trials = 12
sampler = "tpe"
[search.strategy.sw_runner.zero_cost]
metrics = ["grad_norm", "snip", "l2_norm"]
num_samples = 8
device = "cpu"
[search.strategy.metrics.snip]
scale = 1.0
[search.strategy.metrics.params]
scale = 1.0
direction = "minimize"
[search.strategy.hw_runner.hardware_cost]
metrics = ["params"]
"""
TOYS, GONE = "toys", "gone"
OF_THE_BENCHMARK = re.compile(r"\bcells?\b|\bedges?\b|NAS-Bench|15,625|\bN = 5|benchmark", re.IGNORECASE)
NOT_INSTALLED = "The search space 'gone' is not installed here"

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a search of the toy space, and one of a space that another process knew."""
    folder = tmp_path_factory.mktemp("toys")
    file = folder / "gone.py"
    file.write_text(f"{SPACE.read_text()}\n\nToySpace.name = {GONE!r}\n")
    config = folder / "gone.toml"
    config.write_text(FILE.format(space=GONE))
    with installation(folder) as database:
        prepare(database, SearchConfig.from_toml(FILE.format(space="toy")), TOYS)
        execute_run(database, TOYS)
        command = [sys.executable, "-m", "backend", "search", "--config", str(config), "--study", GONE]
        subprocess.run(command, check=True, env={**os.environ, "PROXYSCOPE_SPACES": str(file)}, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def toy(searched: Path) -> Iterator[Open]:
    """Opens a page of that installation by its link, and checks that nothing on it is an exception."""
    with opened_pages(searched) as open_page:
        yield open_page


@pytest.mark.parametrize("state", STATES)
def test_every_page_opens_on_a_study_in_any_state(toy: Open, searched: Path, state: str) -> None:
    name = f"{TOYS} {state}"
    with installation(searched) as database:
        trials = load_study(database, TOYS).get_trials()
        own_study(database, SearchConfig.from_toml(FILE.format(space="toy")), name, state, trials)
    for view in ({}, *({"view": view} for view in ("parallel", "settings", "time", "trials", "ensemble", "config"))):
        page = toy("study", study=name, **view)
        # Too few trials for a fit are said as an error of its own.
        assert not page.error or view.get("view") == "ensemble", (view, [box.value for box in page.error])
    for other in ("proxies", "ensemble"):
        toy(other, study=name)
    assert not toy("compare", study=[TOYS, name]).error
    assert not toy("studies").error
    assert name in study_report(queries.find_study(name))


VIEWS = (
    ({}, ("Toy MLPs: it does not say how an architecture is drawn", "which architectures are neighbours")),
    ({"curve": "accuracy"}, ("No true accuracy. Toy MLPs: what its architectures reach",)),
    ({"curve": "hypervolume"}, ("perceptrons found so far",)),
    ({"trial": "3"}, ("Selected perceptron", "trial 3")),
    ({"cell": "depth=4 narrow=3"}, ("Selected perceptron", "depth=4 narrow=3")),
    ({"cell": "no perceptron"}, ("cell: perceptron 'no perceptron': expected depth=",)),
    ({"view": "parallel"}, ("trials, a line each",)),
    ({"view": "settings"}, ("against", "the colour is the number of the trial")),
    ({"view": "settings", "dependence": "rank"}, ("Rank of", "a marker a trial")),
    ({"curve": "distribution"}, ("at most as high (EDF)",)),
    ({"view": "time"}, ("Perceptrons an hour",)),
    ({"view": "trials"}, ()),
    ({"view": "ensemble"}, ("An ensemble is fitted to true accuracies. Toy MLPs: what",)),
    ({"view": "log"}, ()),
    ({"view": "config"}, ()),
)


@pytest.mark.parametrize(("link", "words"), VIEWS, ids=[str(link) for link, _ in VIEWS])
def test_every_view_of_a_study_says_what_its_space_lacks(toy: Open, link: dict[str, str], words: tuple[str]) -> None:
    page = toy("study", study=TOYS, **link)
    text = said(page)
    assert not [error.value for error in page.error]
    assert OF_THE_BENCHMARK.findall(text.replace("cell: perceptron", "")) == []
    for expected in words:
        assert expected in text


@pytest.mark.parametrize("link", [link for link, _ in VIEWS if "cell" not in link], ids=str)
def test_a_study_of_a_space_that_is_not_installed_shows_what_it_recorded(toy: Open, link: dict[str, str]) -> None:
    page = toy("study", study=GONE, **link)
    text = said(page)
    assert NOT_INSTALLED in text
    assert not [error.value for error in page.error]
    if not link:
        assert len(page.get("plotly_chart")) >= 2
        assert "depth=" in "\n".join(code.value for code in page.code)


def test_lists_and_shares_have_no_word_of_another_space(toy: Open) -> None:
    for page in ("studies", "share"):
        assert not OF_THE_BENCHMARK.search(said(toy(page)).replace("bundled", ""))


@pytest.mark.parametrize("study", [TOYS, GONE])
def test_the_report_says_what_is_missing(toy: Open, study: str) -> None:
    toy("study", study=study)
    report = study_report(queries.find_study(study))
    body = re.sub(r"<script.*?</script>", "", report, flags=re.DOTALL)
    assert ("Toy MLPs" if study == TOYS else "not installed here") in body
    assert "No true accuracy" in body
    assert not re.search(r"\b[Cc]ells?\b|\b[Ee]dges?\b|NAS-Bench", body)


def test_the_form_launches_a_search_of_a_chosen_space(toy: Open) -> None:
    page = toy("new_search", space="toy")
    text = said(page)
    assert OF_THE_BENCHMARK.findall(text) == []
    assert page.selectbox(key="search_space").value == "toy"
    page.selectbox(key="search_dataset").select("cifar100").run()
    page.multiselect(key="search_proxies").set_value(["snip", "l2_norm"]).run()
    page.text_input(key="search_n_trials").set_value("3").run()
    page.text_input(key="search_num_samples").set_value("8").run()
    page.text_input(key="study_name").set_value("from the form").run()
    page.checkbox(key="leave_to_worker").check().run()
    page.button(key="launch").click().run()
    assert not page.exception
    database = open_database()
    summary = queries.find_study("from the form")
    assert summary.config
    assert (summary.space_name, summary.dataset) == ("toy", "cifar100")
    execute_run(database, "from the form")
    trials = load_study(database, "from the form").trials
    assert all("depth" in trial.params for trial in trials)


def test_a_toy_study_is_cloned_into_the_form(toy: Open) -> None:
    page = toy("new_search", study=TOYS)
    assert page.selectbox(key="search_space").value == "toy"
    assert page.text_input(key="search_num_samples").value == "8"
    assert OF_THE_BENCHMARK.findall(said(page)) == []
