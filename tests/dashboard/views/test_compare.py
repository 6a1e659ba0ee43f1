import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import Database
from backend.studies import load_study, trials_frame
from backend.truth.lookup import OPTIMA
from tests.dashboard.conftest import Config
from tests.snapshots import made_once

Open = Callable[..., AppTest]


@pytest.fixture
def seeds(database: Database, make_config: Config) -> list[str]:
    """Two samplers with two seeds each."""
    searches = {
        f"{sampler} {seed}": make_config(setup={"sampler": sampler, "seed": seed, "n_trials": 8})
        for sampler in ("random", "qmc")
        for seed in (0, 1)
    }

    def make() -> None:
        for name, config in searches.items():
            execute_run(database, prepare(database, config, name))

    made_once(database, "seeds", make)
    return list(searches)


def said(boxes: Any) -> str:
    return "\n".join(box.value for box in boxes).replace("\\", "")


def curve_names(page: AppTest) -> list[set[str]]:
    specs = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    return [{trace["name"] for trace in spec["data"] if trace.get("name")} for spec in specs]


def test_without_any_study_the_page_says_what_to_do(app: Open) -> None:
    page = app("compare")
    assert not page.exception
    assert "no study to compare yet" in page.info[0].value


def test_without_a_choice_the_newest_are_suggested(app: Open, finished: str, foreign: str, queued: str) -> None:
    page = app("compare")
    assert "Choose the studies" in page.info[0].value
    page.button(key="compare_newest").click().run()
    assert not page.exception
    assert set(page.query_params["study"]) == {finished, queued}
    assert page.multiselect[0].value == page.query_params["study"]


@pytest.mark.slow
def test_studies_stand_side_by_side(app: Open, seeds: list[str], database: Database) -> None:
    page = app("compare", study=seeds, seeds="apart")
    assert not page.exception
    assert not page.error
    table = page.dataframe[0].value.set_index("study")
    assert table.index.tolist() == seeds
    for name in seeds:
        trials = trials_frame(load_study(database, name))
        best = trials["200:test-accuracy"].max()
        assert table.loc[name, "accuracy"] == best
        assert table.loc[name, "regret"] == pytest.approx(OPTIMA["cifar10"] - best)
        assert table.loc[name, "cells"] == 8
        assert table.loc[name, "scoring"] == pytest.approx(trials["seconds"].sum(), rel=0.01)
        assert 0 < table.loc[name, "hypervolume"] <= 1
    assert curve_names(page) == [{"random search", *seeds}, set(seeds)]


def test_seeds_of_one_configuration_are_one_curve_with_medians(app: Open, seeds: list[str]) -> None:
    page = app("compare", study=seeds)
    groups = ["random (2 seeds)", "qmc (2 seeds)"]
    assert curve_names(page) == [{"random search", *groups}, set(groups)]
    single, grouped = page.dataframe[0].value.set_index("study"), page.dataframe[1].value.set_index("group")
    assert grouped.index.tolist() == groups
    assert grouped.loc[groups[0], "accuracy"] == pytest.approx(single.loc[seeds[:2], "accuracy"].mean())
    assert page.dataframe[2].value["setting"].tolist() == ["strategy.setup.sampler"]


def test_the_link_reproduces_axes_and_the_cell_that_counts(app: Open, seeds: list[str], database: Database) -> None:
    page = app("compare", study=seeds, x="clock", epochs="12", scale="linear", chosen="params")
    assert not page.exception
    assert not page.warning
    regret = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert "Time since the first trial began (s)" in json.dumps(regret["layout"]["xaxis"])
    assert regret["layout"]["yaxis"].get("type") != "log"
    assert "random search" not in curve_names(page)[0]
    smallest = trials_frame(load_study(database, seeds[0])).sort_values("params")["12:test-accuracy"].iloc[0]
    assert page.dataframe[0].value["accuracy"].iloc[0] == smallest


def test_studies_that_cannot_be_drawn_are_named_with_the_reason(
    app: Open, finished: str, foreign: str, failed: str, running: str
) -> None:
    page = app("compare", study=[finished, foreign, failed, running])
    assert not page.exception
    reasons = said(page.info)
    assert f"**{foreign}** is an external study" in reasons
    assert f"**{foreign}** optimises other quantities" in reasons
    assert f"**{failed}** has no scored cell yet" in reasons
    assert f"**{running}**" not in reasons
    states = dict(page.dataframe[0].value[["study", "state"]].itertuples(index=False))
    assert states == {finished: "Finished", foreign: "External", failed: "Failed", running: "Running"}


def test_studies_made_elsewhere_are_compared_by_hypervolume(app: Open, foreign: str) -> None:
    page = app("compare", study=[foreign])
    assert not page.exception
    assert curve_names(page) == [{foreign}]
    assert "external study" in said(page.info)


def test_studies_on_two_data_sets_have_regret_but_no_common_hypervolume(
    app: Open, finished: str, database: Database, make_config: Config
) -> None:
    name = prepare(database, make_config(cells={"dataset": ["cifar100"]}, setup={"n_trials": 4}), "other")
    execute_run(database, name)
    page = app("compare", study=[finished, name])
    assert curve_names(page) == [{finished, name}, {finished}]
    assert f"**{name}** is on cifar100, {finished} on cifar10" in said(page.info)
    assert "on several data sets" in said(page.caption)


def test_a_study_that_is_not_there_is_said_and_the_others_shown(app: Open, finished: str) -> None:
    page = app("compare", study=[finished, "nowhere"], x="moons")
    assert not page.exception
    assert "no study 'nowhere'" in said(page.error)
    assert "x: 'moons' is not valid" in said(page.warning)
    assert page.dataframe[0].value["study"].tolist() == [finished]


def test_another_choice_of_studies_is_in_the_link(app: Open, seeds: list[str]) -> None:
    page = app("compare", study=seeds[:2])
    page.multiselect[0].set_value(seeds[1:]).run()
    assert page.query_params["study"] == seeds[1:]
    page.multiselect[0].set_value([]).run()
    assert not page.exception
    assert "study" not in page.query_params
