"""Pages, commands and the report with a space whose truth is an SSIM: no percent, and no accuracy, is claimed of it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import open_database
from backend.studies import load_study, trials_frame
from dashboard.data import queries
from dashboard.data.quantities import quantity
from dashboard.report import study_report
from tests.backend.cli.command_line import backend
from tests.dashboard.toy_pages import installation, opened_pages, said

SPACE = Path(__file__).parents[1] / "ssim_space.py"
FILE = """
[search.search_space]
name = "ssim"
[search.strategy.setup]
n_trials = 14
[search.strategy.sw_runner.zero_cost]
metrics = ["l2_norm", "params"]
num_samples = 2
device = "cpu"
[search.strategy.hw_runner.hardware_cost]
metrics = ["flops"]
[search.strategy.metrics]
l2_norm.scale = 1.0
flops.scale = 1.0
"""
OF_ACCURACIES = re.compile(r"accurac(?:y|ies) \(%\)|[Tt]est accuracy|percentage points|\(points\)|\d points|0\.\d+ %")

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a search of the space."""
    folder = tmp_path_factory.mktemp("ssim")
    with installation(folder, SPACE) as database:
        prepare(database, SearchConfig.from_toml(FILE), "denoisers")
        execute_run(database, "denoisers")
    return folder


@pytest.fixture(scope="module")
def ssim(searched: Path) -> Iterator[Open]:
    """Opens a page of that installation by its link, and checks that nothing on it is an exception."""
    with opened_pages(searched, SPACE) as open_page:
        yield open_page


def checked(page: AppTest) -> str:
    """What the page says, after checks that it has no error and calls nothing an accuracy in percent."""
    assert [box.value for box in page.error] == []
    tables = [table.proto.columns or "" for table in page.dataframe]
    text = "\n".join([said(page), *tables, *(str(table.value) for table in page.table)])
    assert OF_ACCURACIES.findall(text) == []
    return text


@pytest.mark.slow
def test_trials_record_the_field_of_the_space(ssim: Open) -> None:
    ssim("studies")
    frame = trials_frame(load_study(open_database(), "denoisers"))
    assert frame["5:ssim"].between(0.4, 1).all()
    assert quantity("5:ssim").label == "True SSIM, 5 epochs"


VIEWS = (
    ({}, "SSIM"),
    ({"curve": "accuracy"}, "True SSIM, 5 epochs of the most accurate architecture so far"),
    ({"trial": "3"}, "True SSIM once trained"),
    ({"y": "5:ssim"}, "True SSIM, 5 epochs"),
    ({"view": "settings"}, "True SSIM, 5 epochs"),
    ({"view": "ensemble"}, "True SSIM, 5 epochs: linear regression"),
)


@pytest.mark.parametrize(("link", "words"), VIEWS, ids=[str(link) for link, _ in VIEWS])
def test_the_views_of_a_study(ssim: Open, link: dict[str, str], words: str) -> None:
    assert words in checked(ssim("study", study="denoisers", **link))


def test_scores_and_ensembles(ssim: Open) -> None:
    assert "True SSIM, cifar10, 5 epochs" in checked(ssim("proxies", study="denoisers"))
    text = checked(ssim("ensemble", study="denoisers", model="ridge"))
    assert "Predicted SSIM" in text
    assert "SSIM per standard deviation" in text


def test_regret_is_in_the_unit_of_the_truth(ssim: Open) -> None:
    text = checked(ssim("compare", study=["denoisers"]))
    assert "The best true SSIM of the space after 5 epochs" in text
    assert "Regret (SSIM)" in text


@pytest.mark.parametrize("link", [{}, {"chart": "cost"}, {"view": "cell", "cell": "22212202"}], ids=str)
def test_the_benchmark(ssim: Open, link: dict[str, str]) -> None:
    text = checked(ssim("benchmark", space="ssim", **link))
    assert "SSIM, cifar10, 5 epochs" in text
    assert "The standard deviation of one training is 0.004." in text


def test_a_study_in_the_benchmark(ssim: Open) -> None:
    page = ssim("benchmark", view="study", study="denoisers", space="ssim")
    assert "Distance to the optimum" in checked(page)
    assert "SSIM, cifar10, 5 epochs" in checked(page)


def test_the_list_and_the_form(ssim: Open) -> None:
    page = ssim("studies")
    table = next(box.value for box in page.dataframe if "spearman" in box.value)
    assert table["accuracy"].isna().all()
    assert table["spearman"].notna().all()
    assert ssim("new_search", space="ssim").session_state["search_epochs"] == 5


def test_the_report(ssim: Open) -> None:
    ssim("study", study="denoisers")
    body = re.sub(r"<script.*?</script>", "", study_report(queries.find_study("denoisers")), flags=re.DOTALL)
    assert "SSIM" in body
    assert OF_ACCURACIES.findall(body) == []


@pytest.mark.slow
def test_commands(ssim: Open) -> None:
    ssim("studies")
    listed = backend("recommend", "denoisers").stdout
    fitted = backend("ensemble", "denoisers", "--model", "ridge").stdout
    compared = backend("ensemble", "denoisers").stdout
    shown = backend("studies", "show", "denoisers").stdout
    truth = backend("truth", "22212202", "--space", "ssim").stdout
    for printed in (listed, fitted, compared, shown, truth):
        assert OF_ACCURACIES.findall(printed) == []
        assert "(%)" not in printed
    assert "SSIM that a standard deviation is worth" in fitted
    assert json.loads(backend("truth", "22212202", "--space", "ssim", "--json").stdout)["ssim"] > 0.9
