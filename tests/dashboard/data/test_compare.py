import numpy as np
import pytest
import streamlit as st

from backend import truth as benchmark
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.spaces import registry
from backend.storage.database import Database
from backend.truth.lookup import OPTIMA
from dashboard.data import compare as compare_queries
from dashboard.data import queries
from tests.dashboard.conftest import Config


def compare(name: str) -> compare_queries.Compared:
    return compare_queries.compare(queries.find_study(name))


SPACE = registry.get()
SUM = {"sum_scaled_metrics": True, "direction": "maximize", "n_trials": 2}


@pytest.fixture(autouse=True)
def no_leftovers(home: object) -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def test_a_finished_study_has_regret_and_objectives(finished: str) -> None:
    study = compare(finished)
    assert (len(study.scored), study.no_curve, study.no_regret) == (12, "", "")
    assert study.objectives == {"l2_norm": "maximize", "params": "minimize"}
    curve = compare_queries.regret(study, 200, None)
    assert curve["regret"].is_monotonic_decreasing
    assert curve["regret"].iloc[-1] == pytest.approx(OPTIMA["cifar10"] - study.scored["200:test-accuracy"].max())


def test_a_proxy_chooses_by_the_direction_of_the_study(finished: str) -> None:
    study = compare(finished)
    small = study.scored.loc[study.scored["params"].idxmin(), "200:test-accuracy"]
    large = study.scored.loc[study.scored["flops"].idxmax(), "200:test-accuracy"]
    assert compare_queries.regret(study, 200, "params")["best_accuracy"].iloc[-1] == small
    assert compare_queries.regret(study, 200, "flops")["best_accuracy"].iloc[-1] == large


def test_what_has_no_regret_says_why(foreign: str, queued: str, database: Database, make_config: Config) -> None:
    narrow = prepare(database, make_config(cells={"C": [8]}, setup={"n_trials": 2}), "narrow")
    execute_run(database, narrow)
    for name, why in ((foreign, "external study"), (queued, "no scored cell yet"), (narrow, "C = 16, N = 5")):
        assert why in compare(name).no_regret
    assert compare(queued).no_curve
    assert not compare(narrow).no_curve


def test_only_studies_with_the_same_aim_are_alike(
    finished: str, foreign: str, queued: str, database: Database, make_config: Config
) -> None:
    halved = {"l2_norm": {"scale": 0.5}, "params": {"scale": 0.5, "direction": "minimize"}}
    others = {
        "other data": make_config(cells={"dataset": ["cifar100"]}, setup={"n_trials": 2}),
        "other scales": make_config(metrics=halved, setup={"n_trials": 2}),
        "sum": make_config(setup=SUM),
        "other sum": make_config(metrics=halved, setup=SUM),
    }
    for name, config in others.items():
        prepare(database, config, name)
        execute_run(database, name)
    studies = [compare(name) for name in (queued, finished, foreign, *others)]
    # Scales of several objectives change no raw value; those of a sum change the sum.
    assert [study.name for study in compare_queries.alike(studies)] == [finished, "other scales"]
    sums = [compare(name) for name in ("sum", "other sum")]
    assert [study.name for study in compare_queries.alike(sums)] == ["sum"]
    assert compare_queries.alike([compare(queued)]) == []
    assert compare_queries.hypervolumes([], ranked=True) == {}


@pytest.mark.parametrize("ranked", [True, False])
def test_the_hypervolume_grows_within_the_common_box(
    ranked: bool, finished: str, database: Database, make_config: Config
) -> None:
    name = prepare(database, make_config(setup={"seed": 5, "n_trials": 8}), "another seed")
    execute_run(database, name)
    found = compare_queries.hypervolumes([compare(finished), compare(name)], ranked=ranked)
    assert set(found) == {finished, name}
    for curve in found.values():
        assert curve["hypervolume"].between(0, 1).all()
        assert curve["hypervolume"].is_monotonic_increasing


def test_random_search_gets_better_to_the_optimum() -> None:
    band = compare_queries.random_regret(SPACE, "cifar10", 200, 10**6)
    assert (band["low"] <= band["median"]).all()
    assert (band["median"] <= band["high"]).all()
    assert band["median"].is_monotonic_decreasing
    assert band.index[-1] == 15_625 - 341
    assert band["high"].iloc[-1] == pytest.approx(0)
    assert np.isclose(compare_queries.optimum(SPACE, "cifar10", 200), OPTIMA["cifar10"])


def test_random_search_reaches_as_far_as_the_study(database: Database, make_config: Config) -> None:
    name = prepare(database, make_config(setup={"n_trials": 5}, runner={"scores": "table"}), "from a table")
    execute_run(database, name)
    study = compare(name)
    band = compare_queries.random_hypervolumes([study], 5, ranked=True)
    assert (band.index[0], band.index[-1]) == (1, 5)
    assert band["median"].is_monotonic_increasing
    assert compare_queries.hypervolumes([study], ranked=True)[name]["hypervolume"].between(0, 1).all()


def test_regret_can_be_from_the_best_that_the_search_allows(
    finished: str, database: Database, make_config: Config
) -> None:
    poolings = make_config(
        cells={f"op_{edge}": [0, 4] for edge in ("1_0", "2_0", "2_1", "3_0", "3_1", "3_2")}, setup={"n_trials": 4}
    )
    run = prepare(database, poolings, "poolings")
    execute_run(database, run)
    study = compare(run)
    cells = compare_queries.reachable(study)
    assert cells
    assert compare_queries.reachable(compare(finished)) is None
    best = float(benchmark.test_accuracy("cifar10", 200)[list(cells)].max())
    assert compare_queries.optimum(SPACE, "cifar10", 200, cells) == best < OPTIMA["cifar10"]
    far, near = (compare_queries.regret(study, 200, None, within)["regret"] for within in (None, cells))
    assert (far - near).unique() == pytest.approx([OPTIMA["cifar10"] - best])
    assert near.min() >= 0
    band = compare_queries.random_regret(SPACE, "cifar10", 200, len(cells), cells)
    assert band["median"].iloc[-1] == pytest.approx(0)
