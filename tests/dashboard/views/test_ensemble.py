"""The page "Ensemble" on tables and on studies in every state."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend.ensembles.kept import load_ensemble
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import Database
from tests.dashboard.conftest import Config
from tests.snapshots import made_once

Open = Callable[..., AppTest]
SMALL = {"labels": "32", "proxies": "jacob_cov,params", "model": "linear"}


def text(page: AppTest) -> str:
    elements = [*page.markdown, *page.caption, *page.subheader, *page.info, *page.success]
    return "\n".join(element.value for element in elements).replace("\\", "")


def said(boxes: Any) -> str:
    return "\n".join(box.value for box in boxes).replace("\\", "")


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


@pytest.fixture
def study(database: Database, make_config: Config) -> str:
    """Thirty cells with the bundled scores."""
    config = make_config(
        runner={"metrics": ["jacob_cov", "synflow", "params"], "scores": "table"},
        metrics={"jacob_cov": {"scale": 1.0}},
        setup={"n_trials": 30},
    )
    made_once(database, "of thirty", lambda: execute_run(database, prepare(database, config, "of thirty")))
    return "of thirty"


def test_a_new_installation_shows_an_ensemble_of_the_bundled_table(app: Open) -> None:
    page = app("ensemble", **SMALL)
    assert not page.exception
    assert not page.error
    judged = page.dataframe[0].value
    assert judged["judged"].tolist() == [
        "the labelled cells, in-sample (optimistic)",
        "the labelled cells, cross-validated",
        "unseen cells of the space",
    ]
    assert judged["cells"].iloc[0] == 32
    assert judged["cells"].iloc[2] > 13_000
    assert judged["spearman interval"].str.contains("…").all()
    assert "Train **cell" in text(page)
    assert "As signed logarithms" in text(page)
    assert "None is saved yet" in text(page)
    assert len(charts(page)) == 4


@pytest.mark.slow
def test_a_study_is_fitted_on_its_cells_and_judged_beyond(app: Open, study: str) -> None:
    page = app("ensemble", study=study)
    assert not page.exception
    assert not page.error
    judged = page.dataframe[0].value
    assert judged["cells"].tolist()[:2] == [30, 30]
    assert "the study's cells, cross-validated" in judged["judged"].tolist()
    shortlist = page.dataframe[1].value
    assert len(shortlist) == 10
    assert shortlist["interval"].str.contains("…").all()
    assert shortlist["graph"].str.startswith("data:image/svg").all()
    assert {metric.label for metric in page.metric} >= {"Cells trained", "Training", "Best of them"}


@pytest.mark.slow
def test_the_link_reproduces_model_proxies_cells_and_list(app: Open, study: str) -> None:
    page = app(
        "ensemble",
        study=study,
        model="extra_trees",
        proxies="synflow,params",
        graph="yes",
        epochs="12",
        cells="unseen",
        of="rule",
        to="ImageNet16-120",
    )
    assert not page.exception
    assert not page.warning
    assert page.multiselect(key="ensemble_proxies").value == ["synflow", "params"]
    assert page.selectbox(key="linked_model").value == "extra_trees"
    assert "No accuracy is used" in text(page)
    assert "jacob_cov, params of the logarithm of its rank" in text(page)
    assert "evaluated by the true accuracy on ImageNet16-120 after 12 epochs" in text(page)
    assert "This model has no weights" in text(page)


@pytest.mark.slow
def test_controls_put_their_choice_into_the_link(app: Open) -> None:
    page = app("ensemble", **SMALL)
    page.multiselect(key="ensemble_proxies").set_value(["params", "zen"]).run()
    page.selectbox(key="linked_model").select("log_rank_sum").run()
    assert page.query_params["model"] == "log_rank_sum"
    assert page.query_params["proxies"] == "params,zen"
    judged = page.dataframe[0].value
    assert judged["judged"].tolist() == ["the labelled cells (no label was used)", "unseen cells of the space"]
    assert "needs no label" in text(page)
    assert not any("optimistic" in str(trace.get("name")) for chart in charts(page) for trace in chart["data"])


def test_graph_features_alone_are_a_model_and_nothing_is_none(app: Open) -> None:
    page = app("ensemble", labels="32", proxies="no-proxies", graph="yes", model="ridge")
    assert not page.exception
    assert not page.error
    nothing = app("ensemble", labels="32", proxies="no-proxies", model="ridge")
    assert "name at least one, or take graph features" in said(nothing.error)
    assert "None is saved yet" in text(nothing)


def test_it_is_saved_compared_and_deleted(app: Open, database: Database) -> None:
    page = app("ensemble", **SMALL)
    page.button(key="ensemble_save").click().run()
    assert "give it a name" in said(page.error)
    page.text_input(key="ensemble_name").set_value("mine").run()
    page.button(key="ensemble_save").click().run()
    assert "Saved as mine" in text(page)
    saved = load_ensemble(database, "mine")
    assert (saved.study, saved.dataset, len(saved.ensemble.architectures)) == ("score table cifar10", "cifar10", 32)
    assert set(saved.figures) == {"the study", "unseen cells"}
    assert page.dataframe[-1].value["name"].tolist() == ["mine"]
    page.button(key="ensemble_save").click().run()
    assert "'mine' is taken" in said(page.error)


def test_a_choice_that_there_is_not_is_named_and_the_default_shown(app: Open) -> None:
    page = app("ensemble", labels="33", proxies="jacob_cov,snap", model="linear")
    assert not page.exception
    assert "labels: '33' is not valid" in said(page.warning)
    assert "snap: not known of these cells" in said(page.warning)
    assert page.multiselect(key="ensemble_proxies").value == ["jacob_cov"]


def test_few_cells_are_said(app: Open, database: Database, make_config: Config) -> None:
    execute_run(database, prepare(database, make_config(setup={"n_trials": 3}), "of three"))
    page = app("ensemble", study="of three")
    assert not page.exception
    assert "3 cells with known accuracy are too few" in said(page.error)


def test_a_running_study_can_be_read_again(app: Open, running: str) -> None:
    page = app("ensemble", study=running, model="linear", proxies="params")
    assert not page.exception
    assert not page.error
    assert page.button(key="refresh")


@pytest.mark.parametrize(
    ("state", "words"),
    [("foreign", "is an external study"), ("failed", "no scored cell yet"), ("queued", "no scored cell yet")],
)
def test_a_study_that_cannot_be_shown_says_why(
    app: Open, state: str, words: str, request: pytest.FixtureRequest
) -> None:
    page = app("ensemble", study=request.getfixturevalue(state))
    assert not page.exception
    assert words in said(page.error)
    assert "None is saved yet" in text(page)
