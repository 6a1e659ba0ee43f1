"""Constraints on a search: what it keeps, what it refuses beforehand, and what becomes of cells that break one."""

import json
import math
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.trial import TrialState

from backend.config.advice import notices
from backend.config.model import SearchConfig
from backend.config.sections import BLIND_SAMPLERS, SAMPLERS
from backend.costs.constraints import Constraint
from backend.errors import ConfigError
from backend.runs import launch
from backend.runs.execute import execute_run
from backend.search.problem import SearchProblem
from backend.spaces.nas_bench_201.cell import OPERATIONS, Cell
from backend.spaces.nas_bench_201.options import EDGE_KEYS
from backend.storage.database import Database
from backend.studies import (
    best_trials,
    list_studies,
    load_study,
    run_folder,
    runs,
    trials_frame,
)
from backend.truth.nas_bench_201 import measured
from tests.conftest import cheap_config

LATENCY = measured("latency:raspi4", "cifar10")
EDGE_TPU = measured("latency:edgetpu", "cifar10")
GOALS = {"l2_norm": {"scale": 1.0}, "energy:edgegpu": {"scale": 1.0}}
FEW = {"op_1_0": [0, 1, 4], "op_2_0": [0, 3], "op_2_1": [0], "op_3_0": [1, 2], "op_3_1": [0, 2, 4], "op_3_2": [0]}


def bounded(*constraints: str, **tables: Any) -> SearchConfig:
    setup = {"constraints": list(constraints), "n_trials": 10, **tables.pop("setup", {})}
    return cheap_config(setup=setup, metrics=tables.pop("metrics", GOALS), **tables)


def execute(database: Database, config: SearchConfig, name: str = "a") -> pd.DataFrame:
    launch.prepare(database, config, name)
    execute_run(database, name)
    return trials_frame(load_study(database, name))


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("goal", ["several", "sum"])
def test_whatever_the_sampler_only_cells_that_keep_the_bound_are_scored_best_or_exported(
    database: Database, sampler: str, goal: str
) -> None:
    sums = {"sum_scaled_metrics": True, "direction": "maximize"} if goal == "sum" else {}
    frame = execute(database, bounded("latency:raspi4 <= 12", setup={"sampler": sampler, **sums}))
    study = load_study(database, "a")
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == complete["arch"].nunique() == 10
    assert (complete["latency:raspi4"] <= 12).all()
    assert (complete["latency:raspi4"] == LATENCY[complete["index"].astype(int)]).all()
    best = [trial.number for trial in best_trials(study)]
    assert best
    assert set(best) <= set(complete["number"])
    assert set(frame.loc[frame["pareto"], "number"]) == set(best)
    plain_optuna = study.best_trials if goal == "several" else [study.best_trial]
    assert {trial.number for trial in plain_optuna} <= set(complete["number"]) | set(
        frame.loc[frame["state"] == "repeat", "number"]
    )
    exported = json.loads((run_folder(database, "a") / "best.json").read_text())
    assert [row["number"] for row in exported] == best
    assert all(row["hardware_metrics"]["latency:raspi4"] <= 12 for row in exported)
    ranked = json.loads((run_folder(database, "a") / "zc_with_predictive_and_true.json").read_text())
    if isinstance(ranked, list):  # else it says that the ten cells are twins, too few to fit
        assert {row["number"] for row in ranked} <= set(complete["number"])


def test_an_infeasible_trial_is_recorded_with_its_costs_and_violation_and_is_not_scored(database: Database) -> None:
    frame = execute(database, bounded("latency:raspi4 <= 12", "params <= 500000"))
    broken = frame[frame["state"] == "infeasible"]
    assert len(broken) > 0
    assert ((broken["latency:raspi4"] > 12) | (broken["params"] > 500_000)).all()
    assert broken["l2_norm"].isna().all()
    assert broken["200:test-accuracy"].notna().all()
    trials = {trial.number: trial for trial in load_study(database, "a").get_trials()}
    for row in frame[frame["state"].isin(["infeasible", "complete"])].itertuples():
        violations = trials[row.number].constraints
        assert set(violations) == {"latency:raspi4 <= 12", "params <= 500000"}
        assert any(value > 0 for value in violations.values()) == (row.state == "infeasible")
    worst = trials[int(broken["number"].iloc[0])]
    assert worst.state == TrialState.PRUNED
    assert worst.values is None
    log = [line.message for line in runs.read_log(database, load_study(database, "a")._study_id)]
    assert any("constraints latency:raspi4 <= 12 ms, params <= 500000" in line for line in log)
    assert any("is infeasible, not scored: latency:raspi4 is " in line for line in log)


@pytest.mark.parametrize("how", ["bounded", "optimised"])
def test_a_cell_that_the_edge_tpu_does_not_run_is_infeasible_not_fast(database: Database, how: str) -> None:
    tables: dict[str, Any] = {"cells": FEW, "setup": {"n_trials": 500, "distinct": "architecture"}}
    if how == "bounded":
        config = bounded("latency:edgetpu <= 5", **tables)
    else:
        config = bounded(metrics={"l2_norm": {"scale": 1.0}, "latency:edgetpu": {"scale": 1.0}}, **tables)
    frame = execute(database, config)
    connected = {item.cell.index for item in config.space.members()}
    unmeasured = {index for index in connected if math.isnan(EDGE_TPU[index])}
    assert unmeasured
    assert unmeasured < connected
    complete, broken = (frame[frame["state"] == state] for state in ("complete", "infeasible"))
    assert set(complete["index"]) == connected - unmeasured
    assert set(broken["index"]) <= unmeasured
    assert broken["latency:edgetpu"].isna().all()
    assert set(broken["breaks"]) == {"latency:edgetpu was not measured"}
    assert not frame.loc[frame["index"].isin(unmeasured), "pareto"].any()


def test_a_metric_that_is_only_recorded_keeps_no_cell_out(database: Database) -> None:
    setup = {"n_trials": 500, "distinct": "architecture"}
    config = cheap_config(cells=FEW, setup=setup, hardware={"metrics": ["latency:edgetpu"]})
    frame = execute(database, config)
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == len(list(config.space.members()))
    assert complete["latency:edgetpu"].isna().any()
    assert not (frame["state"] == "infeasible").any()


def test_the_search_ends_when_all_feasible_cells_are_scored(database: Database) -> None:
    setup = {"n_trials": 500, "sampler": "random", "distinct": "architecture"}
    frame = execute(database, config := bounded("latency:raspi4 <= 8", cells=FEW, setup=setup))
    expected = {c.cell.index for c in config.space.members() if LATENCY[c.cell.index] <= 8}
    assert 0 < len(expected) < len(list(config.space.members()))
    assert set(frame.loc[frame["state"] == "complete", "index"]) == expected
    run = runs.read_run(database, load_study(database, "a")._study_id)
    assert run is not None
    assert (run.state, run.done, run.asked) == ("finished", len(expected), len(expected))


def test_the_search_ends_when_a_feasible_cell_of_each_function_is_scored(database: Database) -> None:
    config = bounded("latency:raspi4 <= 8", cells=FEW, setup={"n_trials": 500, "sampler": "random"})
    frame = execute(database, config)
    complete = frame[frame["state"] == "complete"]
    classes = {Cell.from_index(int(index)).representative().index for index in complete["index"]}
    expected = {c.cell.representative().index for c in config.space.members() if LATENCY[c.cell.index] <= 8}
    assert classes == expected
    assert len(complete) == len(expected) < len(SearchProblem(config).feasible)


def test_a_resumed_search_counts_scored_cells_only(database: Database) -> None:
    execute(database, bounded("latency:raspi4 <= 12"))
    launch.requeue(database, "a", trials=15)
    execute_run(database, "a")
    frame = trials_frame(load_study(database, "a"))
    assert (frame["state"] == "complete").sum() == 15
    assert (frame["state"] == "infeasible").any()


def test_several_jobs_keep_the_bounds_too(database: Database) -> None:
    frame = execute(database, bounded("latency:raspi4 <= 12", setup={"n_jobs": 3, "n_trials": 20, "sampler": "tpe"}))
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == complete["arch"].nunique() == 20
    assert (complete["latency:raspi4"] <= 12).all()


def test_a_tight_bound_does_not_drown_the_search_in_infeasible_trials(database: Database) -> None:
    config = bounded("latency:raspi4 <= 3", setup={"sampler": "nsgaii"})
    assert len(SearchProblem(config).feasible) < 0.02 * len(list(config.space.members()))
    frame = execute(database, config)
    assert len(frame) < 6 * 10


@pytest.mark.parametrize("dataset", ["cifar10-valid", "cifar100", "ImageNet16-120"])
def test_each_data_set_has_costs_of_its_own(database: Database, dataset: str) -> None:
    frame = execute(database, bounded("latency:pixel3 <= 8", cells={"dataset": [dataset]}, setup={"n_trials": 5}))
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == 5
    expected = measured("latency:pixel3", dataset)[complete["index"].astype(int)]
    np.testing.assert_array_equal(complete["latency:pixel3"], expected)


def test_sizes_are_bounded_at_any_width(database: Database) -> None:
    config = bounded("params <= 20000", cells={"C": [4, 16], "N": [1, 5]}, metrics={"l2_norm": {"scale": 1.0}})
    frame = execute(database, config)
    complete = frame[frame["state"] == "complete"]
    assert (complete["params"] <= 20_000).all()
    assert set(complete["C"]) == {4}


@pytest.mark.parametrize(
    ("constraints", "place", "said"),
    [
        (
            ["latency:raspi4 <= 0.001"],
            0,
            "0.001 ms: no cell of the search space keeps it; the smallest latency:raspi4 there is 2.5295 ms",
        ),
        (["latency:raspi4 <= 30", "average_bitwidth <= 16"], 1, "the smallest average_bitwidth there is 32 bits"),
        (["params <= 100"], 0, "the smallest params there is 73306"),
        (["params >= 1e9"], 0, "no cell of the search space keeps it; the largest params there is 1531546"),
        (["params <= 80000", "params >= 9e5"], 1, "keeps it together with params <= 80000; of the cells that do, the "),
    ],
)
def test_a_bound_that_no_cell_keeps_is_said_with_the_nearest_there_is(
    database: Database, constraints: list[str], place: int, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        launch.launch(database, bounded(*constraints), "a")
    ((field, message),) = caught.value.problems
    assert field == f"search.strategy.setup.constraints[{place}]"
    assert said in message
    assert "\n" not in str(caught.value)
    assert list_studies(database) == []


@pytest.mark.parametrize(("sense", "bound"), [("<=", "0.00001"), (">=", "1e12")])
def test_the_nearest_value_that_is_said_can_be_kept(sense: str, bound: str) -> None:
    for metric in ("latency:raspi4", "energy:edgegpu", "latency:edgetpu", "flops"):
        ((_, message),) = SearchProblem(bounded(f"{metric} {sense} {bound}")).unreachable()
        nearest = message.rsplit("there is ", 1)[1].split()[0]
        config = bounded(f"{metric} {sense} {nearest}")
        assert SearchProblem(config).unreachable() == []
        assert len(SearchProblem(config).feasible) >= 1


def test_a_lower_and_an_upper_bound_leave_the_cells_between(database: Database) -> None:
    frame = execute(database, bounded("flops >= 20", "flops <= 60", "latency:edgetpu >= 0.9", setup={"sampler": "tpe"}))
    complete, broken = (frame[frame["state"] == state] for state in ("complete", "infeasible"))
    assert len(complete) == 10
    assert complete["flops"].between(20, 60).all()
    assert (complete["latency:edgetpu"] >= 0.9).all()
    assert broken["breaks"].str.contains("over 60 M|under 20 M|under 0.9 ms|was not measured").all()


def test_bounds_that_no_cell_keeps_together_are_said() -> None:
    small, fast = "params <= 80000", "latency:raspi4 <= 2.53"
    assert SearchProblem(bounded(small)).unreachable() == SearchProblem(bounded(fast)).unreachable() == []
    ((field, message),) = SearchProblem(bounded(small, fast)).unreachable()
    assert field == "search.strategy.setup.constraints[1]"
    assert message == (
        "latency:raspi4 <= 2.53 ms: no cell of the search space keeps it together with params <= 80000; "
        "of the cells that do, the smallest latency:raspi4 there is 2.5388 ms"
    )


def test_a_space_with_no_measured_cell_is_said_at_the_metric() -> None:
    index = next(i for i in np.flatnonzero(np.isnan(EDGE_TPU)).tolist() if Cell.from_index(i).connected)
    options = [OPERATIONS.index(operation) for operation in Cell.from_index(index).operations]
    one_cell = {edge: [option] for edge, option in zip(EDGE_KEYS, options, strict=True)}
    config = bounded(metrics={"l2_norm": {"scale": 1.0}, "latency:edgetpu": {"scale": 1.0}}, cells=one_cell)
    ((field, message),) = SearchProblem(config).unreachable()
    assert field == "search.strategy.hw_runner.hardware_cost.metrics"
    assert message == "latency:edgetpu: measured on no cell of the search space; take it out, or allow other choices"


def test_random_sampling_is_said_not_to_learn_from_constraints() -> None:
    for sampler in SAMPLERS:
        said = any("does not learn" in line for line in notices(bounded("params <= 9e5", setup={"sampler": sampler})))
        assert said == (sampler in BLIND_SAMPLERS)


@pytest.mark.slow
def test_tpe_learns_to_avoid_infeasible_cells(database: Database) -> None:
    shares = {}
    for sampler in ("random", "tpe"):
        config = bounded("latency:raspi4 <= 12", setup={"sampler": sampler, "n_trials": 40})
        frame = execute(database, config, sampler)
        tail = frame.tail(40)
        shares[sampler] = (tail["state"] == "infeasible").mean()
    assert shares["tpe"] < shares["random"]


def test_a_study_made_elsewhere_shows_its_infeasible_trials_as_such(database: Database) -> None:
    study = optuna.create_study(storage=database.storage, sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        trial.set_constraint("x at least a half", 0.5 - x)
        return x

    study.optimize(objective, n_trials=12)
    frame = trials_frame(study)
    infeasible = frame["param:x"] < 0.5
    assert infeasible.any()
    assert (frame.loc[infeasible, "state"] == "infeasible").all()
    assert set(frame.loc[infeasible, "breaks"]) == {"x at least a half"}
    assert frame.loc[frame["pareto"], "param:x"].tolist() == [frame.loc[~infeasible, "param:x"].min()]


def test_a_study_made_elsewhere_with_no_feasible_trial_has_no_best_one(database: Database) -> None:
    study = optuna.create_study(storage=database.storage)

    def objective(trial: optuna.Trial) -> float:
        trial.set_constraint("never", 1.0)
        return trial.suggest_float("x", 0, 1)

    study.optimize(objective, n_trials=3)
    assert best_trials(study) == []
    assert not trials_frame(study)["pareto"].any()


def test_violations_are_those_of_the_recorded_costs(database: Database) -> None:
    constraint = Constraint("latency:raspi4", 12.0)
    frame = execute(database, bounded(str(constraint))).set_index("number")
    for trial in load_study(database, "a").get_trials():
        if trial.constraints:
            expected = constraint.violation(frame.loc[trial.number, "latency:raspi4"])
            assert trial.constraints == {str(constraint): expected}
