import os
from pathlib import Path

import optuna
import pandas as pd
import pytest
import streamlit as st

from backend import truth as benchmark
from backend.analysis.correlation import class_means, correlations
from backend.errors import UserError
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.scoring.tables import ScoreTable
from backend.spaces import registry
from backend.spaces.capabilities import classes_of
from backend.storage.database import Database
from backend.studies import load_study
from dashboard.data import proxies as proxy_queries
from dashboard.data import queries
from dashboard.data.proxies import Target
from tests.dashboard.conftest import Config
from tests.score_tables import SWEEP, cheap_table, write_sweep_table

TARGET = Target("cifar10", 200)


def open_study(name: str) -> proxy_queries.Source:
    return proxy_queries.open_study(queries.find_study(name))


@pytest.fixture(autouse=True)
def no_leftovers(home: object) -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def table(home: Path) -> proxy_queries.Source:
    write_sweep_table(home)
    return proxy_queries.open_table(SWEEP)


def test_a_sweeps_table_is_a_source(table: proxy_queries.Source) -> None:
    assert (table.kind, table.dataset, table.active) == ("table", "cifar10", False)
    assert table.recorded == ("params", "flops", "l2_norm")
    assert len(table.scores) == 15_625 - 341
    assert "2 images" in table.origin
    assert proxy_queries.seconds_each(table) == pytest.approx(0.5)


def test_an_unknown_table_is_named_with_those_there_are(table: proxy_queries.Source) -> None:
    with pytest.raises(UserError, match=rf"no score table 'mine'; there are: .*{SWEEP}"):
        proxy_queries.open_table("mine")


def test_a_table_written_anew_is_read_anew(home: Path, table: proxy_queries.Source) -> None:
    sizes = cheap_table().scores[["params", "flops"]]
    path = write_sweep_table(home, ScoreTable(sizes, cheap_table().provenance))
    os.utime(path, (0, 0))
    again = proxy_queries.open_table(SWEEP)
    assert again.recorded == ("params", "flops")
    assert list(proxy_queries.points(again, TARGET).index) == ["params", "flops"]
    assert len(proxy_queries.points(table, TARGET)) == 3


def test_a_study_is_a_source_with_the_sizes_of_its_cells(finished: str) -> None:
    source = open_study(finished)
    assert (source.kind, source.dataset, len(source.scores)) == ("study", "cifar10", 12)
    assert source.recorded == ("l2_norm", "params", "flops")
    assert source.objectives == ("l2_norm", "params")
    assert "Seed 0" in source.origin
    assert proxy_queries.seconds_each(source) is not None


def test_a_study_without_params_has_them_all_the_same(database: Database, make_config: Config) -> None:
    name = prepare(
        database,
        make_config(runner={"metrics": ["l2_norm"]}, metrics={"l2_norm": {"scale": 1.0}}, setup={"n_trials": 3}),
    )
    execute_run(database, name)
    source = open_study(name)
    assert source.recorded == ("l2_norm",)
    assert list(source.scores) == ["l2_norm", "params", "flops"]


def test_what_cannot_be_shown_is_refused_with_the_reason(
    foreign: str, queued: str, failed: str, database: Database, make_config: Config
) -> None:
    narrow = prepare(database, make_config(cells={"C": [8]}, setup={"n_trials": 2}), "narrow")
    execute_run(database, narrow)
    for name, why in (
        (foreign, "is an external study"),
        (queued, "has no scored cell yet; wait"),
        (failed, "has no scored cell yet; resume it"),
        (narrow, r"C = 16, N = 5"),
    ):
        with pytest.raises(UserError, match=why):
            open_study(name)


def test_new_cells_of_a_running_study_are_seen(running: str, database: Database) -> None:
    before = open_study(running)
    assert before.active
    study = load_study(database, running)
    known = study.trials[0]
    study.add_trial(
        optuna.trial.create_trial(
            values=known.values,
            params=known.params,
            distributions=known.distributions,
            user_attrs={**known.user_attrs, "index": 9_930},
        )
    )
    after = open_study(running)
    assert len(after.scores) == len(before.scores) + 1
    assert len(proxy_queries.points(after, TARGET)) == 3
    assert proxy_queries.points(after, TARGET)["cells"].max() == len(after.scores)


def test_correlations_are_the_backends_over_cells_and_over_classes(table: proxy_queries.Source) -> None:
    accuracy = benchmark.test_accuracy("cifar10", 200)
    scores = cheap_table().scores
    pd.testing.assert_frame_equal(proxy_queries.points(table, TARGET), correlations(scores, accuracy, 0))
    by_class = proxy_queries.points(table, Target("cifar10", 200, by_class=True))
    expected = correlations(*class_means(scores, accuracy, classes_of(registry.get(), scores.index)), resamples=0)
    pd.testing.assert_frame_equal(by_class, expected)


def test_intervals_are_kept_once_computed(table: proxy_queries.Source) -> None:
    assert proxy_queries.known_intervals(table, TARGET) == {}
    proxy_queries.compute_intervals(table, TARGET, "l2_norm")
    row = proxy_queries.known_intervals(table, TARGET)["l2_norm"]
    assert row["spearman_low"] < row["spearman"] < row["spearman_high"]
    assert row["spearman"] == proxy_queries.points(table, TARGET).loc["l2_norm", "spearman"]
    assert proxy_queries.known_intervals(table, Target("cifar100", 200)) == {}


def test_groups_hold_all_cells(table: proxy_queries.Source) -> None:
    for grouping in ("conv3x3", "edge_2_3"):
        found = proxy_queries.in_groups(table, TARGET, "params", grouping)
        assert found["cells"].sum() == len(table.scores)


def test_agreement_is_among_the_proxies_of_the_source(finished: str) -> None:
    matrix = proxy_queries.proxy_agreement(open_study(finished))
    assert set(matrix) == {"l2_norm", "params", "flops"}
    assert matrix.loc["params", "flops"] > 0.9
