"""A search from its queued study to its end: counted exactly, told truthfully, kept whatever happens."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
import torch
from optuna.trial import TrialState

from backend import truth as benchmark
from backend.config.model import SearchConfig
from backend.config.sections import SAMPLERS
from backend.errors import ConfigError, UserError
from backend.proxies import registry
from backend.runs import launch
from backend.runs.execute import execute_run
from backend.scoring import side_by_side
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.options import CellChoices
from backend.spaces.nas_bench_201.space import NasBench201
from backend.storage.database import Database, open_database
from backend.studies import (
    best_trials,
    list_studies,
    load_study,
    run_folder,
    runs,
    trials_frame,
)
from backend.studies.folders import runs_folder
from tests.conftest import cheap_config

FEW = {"op_1_0": [0, 1], "op_2_0": [0], "op_2_1": [0], "op_3_1": [0, 2], "op_3_2": [0]}


def execute(database: Database, config: SearchConfig, name: str = "a") -> pd.DataFrame:
    launch.prepare(database, config, name)
    execute_run(database, name)
    return trials_frame(load_study(database, name))


def run_of(database: Database, name: str = "a") -> runs.Run:
    run = runs.read_run(database, load_study(database, name)._study_id)
    assert run is not None
    return run


def wait_for(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_search_ends_finished_with_as_many_distinct_connected_cells_as_asked(database: Database) -> None:
    frame = execute(database, cheap_config(setup={"n_trials": 30}))
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == complete["arch"].nunique() == 30
    assert all(Cell.parse(arch).connected for arch in complete["arch"])
    run = run_of(database)
    assert (run.state, run.done, run.asked, run.message) == ("finished", 30, 30, "")
    assert run.device is not None
    assert run.device.startswith("cpu")
    assert "CIFAR-10" in str(run.images)


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[threading.Thread, int]]]:
    """In which threads the proxy ``spy`` is computed, and with how many of PyTorch's."""
    monkeypatch.setattr(registry, "_PROXIES", dict(registry._PROXIES))
    seen: set[tuple[threading.Thread, int]] = set()

    @registry.register(version=1)
    def spy(network: Any, images: Any, labels: Any) -> float:
        seen.add((threading.current_thread(), torch.get_num_threads()))
        return float(images.sum())

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield seen
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


@pytest.mark.parametrize(("jobs", "most", "each"), [(1, 1, 3), (3, 3, 1), ("auto", 3, 1)])
def test_the_first_is_scored_in_the_calling_thread_and_then_as_many_at_once_as_there_are_threads(
    database: Database, scoring: set[tuple[threading.Thread, int]], jobs: int | str, most: int, each: int
) -> None:
    runner, small = {"metrics": ["l2_norm", "params", "spy"]}, {"C": [4], "N": [1]}
    config = cheap_config(setup={"n_trials": 12, "n_jobs": jobs}, runner=runner, cells=small)
    launch.prepare(database, config, "a")
    told: set[threading.Thread] = set()
    scoring.clear()
    execute_run(database, "a", lambda _done, _asked: told.add(threading.current_thread()))
    assert told == {threading.current_thread()}
    assert (threading.current_thread(), each) in scoring
    assert {threads for _, threads in scoring} == {each}
    assert (1 if most == 1 else 2) <= len(scoring) <= 1 + most
    said = [line.message for line in runs.read_log(database, run_of(database).study_id)]
    assert ("scoring 3 at once, one thread each" in said) == (most == 3)


JOBS = (2, 5, "auto")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_number_of_jobs_changes_no_trial(database: Database, sampler: str) -> None:
    frames = []
    for name, jobs in enumerate(JOBS):
        # With a table all is known at once; what takes a while ends in another order each time.
        setup = {
            "n_trials": 40,
            "n_jobs": jobs,
            "sampler": sampler,
            "distinct": "trial" if sampler == "qmc" else "function",
        }
        frames.append(execute(database, cheap_config(setup=setup, cells={"C": [4], "N": [1]}), str(name)))
    columns = ["number", "arch", "state", "l2_norm", "params"]
    for other in frames[1:]:
        pd.testing.assert_frame_equal(frames[0][columns], other[columns], check_exact=True)


def test_memory_limits_how_many_are_scored_at_once(
    database: Database, scoring: set[tuple[threading.Thread, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "free_memory", lambda: 0)
    runner, small = {"metrics": ["l2_norm", "params", "spy"]}, {"C": [4], "N": [1]}
    config = cheap_config(setup={"n_trials": 5, "n_jobs": "auto"}, runner=runner, cells=small)
    launch.prepare(database, config, "a")
    scoring.clear()
    execute_run(database, "a")
    assert scoring == {(threading.current_thread(), 1), (threading.current_thread(), 3)}
    said = [line.message for line in runs.read_log(database, run_of(database).study_id)]
    assert any(line.startswith("1 at once, not 3, as memory allows no more: one took") for line in said)


def test_each_trial_has_its_truth_of_both_lengths(database: Database) -> None:
    execute(database, cheap_config())
    for trial in load_study(database, "a").get_trials(states=(TrialState.COMPLETE,)):
        cell = Cell.parse(trial.user_attrs["arch"])
        for epochs in (12, 200):
            expected = benchmark.query(cell, "cifar10", epochs)
            assert trial.user_attrs["nasbench_data_metrics"][str(epochs)] == expected
        assert trial.user_attrs["hardware_metrics"] == {"average_bitwidth": 32.0}


def test_a_network_off_the_benchmark_has_no_truth(database: Database) -> None:
    frame = execute(database, cheap_config(cells={"C": [4], "N": [1]}, setup={"n_trials": 3}))
    assert frame["200:test-accuracy"].isna().all()
    said = json.loads((run_folder(database, "a") / "zc_ensemble.json").read_text())["not_fitted"]
    assert said.startswith("ensemble: 0 cells")


def test_objectives_are_the_metrics_times_their_scales(database: Database) -> None:
    execute(database, cheap_config())
    study = load_study(database, "a")
    assert study.metric_names == ["l2_norm", "params"]
    for trial in study.get_trials(states=(TrialState.COMPLETE,)):
        software = trial.user_attrs["software_metrics"]
        assert trial.values == [software["l2_norm"], 0.5 * software["params"]]
        assert trial.user_attrs["scaled_metrics"] == {"l2_norm": trial.values[0], "params": trial.values[1]}
        assert set(software) == {"l2_norm", "params", "flops"}


def test_the_sum_of_scaled_metrics_is_one_objective(database: Database) -> None:
    execute(database, cheap_config(setup={"sum_scaled_metrics": True, "direction": "maximize"}))
    study = load_study(database, "a")
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE
    for trial in study.get_trials(states=(TrialState.COMPLETE,)):
        software = trial.user_attrs["software_metrics"]
        assert trial.value == software["l2_norm"] - 0.5 * software["params"]
        assert trials_frame(study).set_index("number").loc[trial.number, "objective"] == trial.value
    best = max(trial.value for trial in study.get_trials(states=(TrialState.COMPLETE,)) if trial.value is not None)
    assert {trial.value for trial in best_trials(study)} == {best}


@pytest.mark.parametrize("sampler", ["tpe", "nsgaii", "nsgaiii", "random", "qmc"])
def test_every_sampler_searches(database: Database, sampler: str) -> None:
    frame = execute(database, cheap_config(setup={"sampler": sampler, "n_trials": 15}))
    assert (frame["state"] == "complete").sum() == 15


@pytest.mark.slow
def test_the_same_seed_gives_bit_equal_searches_and_another_gives_another(database: Database, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    columns = ["arch", "l2_norm", "params", "flops"]
    first = execute(database, cheap_config(setup={"sampler": "tpe"}), "a")[columns]
    second = execute(open_database(other), cheap_config(setup={"sampler": "tpe"}), "b")[columns]
    third = execute(database, cheap_config(setup={"sampler": "tpe", "seed": 1}), "c")[columns]
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert not first["arch"].equals(third["arch"])


def test_a_small_space_is_searched_to_its_last_cell(database: Database) -> None:
    config = cheap_config(cells=FEW, setup={"n_trials": 500, "sampler": "tpe", "distinct": "architecture"})
    frame = execute(database, config)
    assert set(frame.loc[frame["state"] == "complete", "arch"]) == {
        str(member.cell) for member in config.space.members()
    }
    assert run_of(database).state == "finished"


def test_disconnected_cells_are_recorded_but_never_scored_or_best(database: Database) -> None:
    frame = execute(database, cheap_config(cells=FEW, setup={"n_trials": 60, "distinct": "trial"}))
    disconnected = frame[frame["state"] == "disconnected"]
    assert len(disconnected) > 0
    assert not any(Cell.parse(arch).connected for arch in disconnected["arch"])
    assert disconnected["l2_norm"].isna().all()
    assert not disconnected["pareto"].any()


def test_a_repeated_cell_has_equal_scores_and_stands_once_on_the_front(database: Database) -> None:
    frame = execute(database, cheap_config(cells=FEW, setup={"n_trials": 60, "distinct": "trial"}))
    repeats = frame[frame["state"] == "repeat"]
    assert len(repeats) > 0
    firsts = frame[frame["state"] == "complete"].set_index("arch")
    assert all(firsts.loc[row.arch, "l2_norm"] == row.l2_norm for row in repeats.itertuples())
    assert frame.loc[frame["pareto"], "arch"].is_unique


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_trial_is_spent_on_what_is_known_or_disconnected(database: Database, sampler: str) -> None:
    setup = {"n_trials": 500, "sampler": sampler, "distinct": "architecture"}
    frame = execute(database, cheap_config(cells=FEW, setup=setup))
    assert len(frame) == frame["arch"].nunique()
    assert set(frame["state"]) == {"complete"}
    assert len(frame) == len(list(NasBench201(CellChoices(**FEW)).members()))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_trial_is_spent_on_a_function_that_is_known(database: Database, sampler: str) -> None:
    frame = execute(database, cheap_config(cells=FEW, setup={"n_trials": 500, "sampler": sampler}))
    functions = {Cell.parse(arch).canonical() for arch in frame["arch"]}
    assert set(frame["state"]) == {"complete"}
    assert len(frame) == len(functions)
    assert functions == {member.cell.canonical() for member in NasBench201(CellChoices(**FEW)).members()}


def test_every_trial_counts_when_trials_are_counted(database: Database) -> None:
    frame = execute(database, cheap_config(cells=FEW, setup={"n_trials": 25, "distinct": "trial"}))
    assert len(frame) == 25


def test_several_jobs_on_sqlite_count_exactly(database: Database) -> None:
    frame = execute(database, cheap_config(setup={"n_trials": 40, "n_jobs": 4, "sampler": "tpe"}))
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == complete["arch"].nunique() == 40
    assert frame["number"].tolist() == list(range(len(frame)))


def test_the_time_limit_ends_the_search_and_says_so(database: Database) -> None:
    execute(database, cheap_config(setup={"n_trials": 15_000, "timeout": 0.5, "distinct": "architecture"}))
    run = run_of(database)
    assert run.state == "finished"
    assert run.message == f"the time limit of 0.5 s was reached after {run.done} of 15000"
    assert 0 < run.done < 15_000


def test_the_files_of_a_run_are_the_missions_four(database: Database) -> None:
    frame = execute(database, cheap_config(setup={"n_trials": 20}))
    folder = run_folder(database, "a")
    log, best, ensemble, ranking = (
        json.loads((folder / name).read_text())
        for name in ("log.json", "best.json", "zc_ensemble.json", "zc_with_predictive_and_true.json")
    )
    assert len(log) == len(frame)
    assert [row["number"] for row in best] == frame.loc[frame["pareto"], "number"].tolist()
    metrics = ["software_metrics", "hardware_metrics", "scaled_metrics", "nasbench_data_metrics"]
    assert list(best[0]) == ["number", "index", "arch", *metrics]
    for row in (*best, *log):
        assert type(row["index"]) is int
        assert Cell.parse(row["arch"]).index == row["index"]
    assert set(ensemble["weights"]) == {"l2_norm", "params", "flops"}
    assert [row["rank"] for row in ranking] == list(range(1, 21))
    predicted = [row["predicted"] for row in ranking]
    assert predicted == sorted(predicted, reverse=True)
    for row in ranking:
        assert row["true"] == benchmark.query(row["index"], "cifar10", 200)["test-accuracy"]


def test_stop_and_resume_go_on_where_the_search_was(database: Database) -> None:
    launch.launch(database, cheap_config(setup={"n_trials": 3000, "sampler": "nsgaii"}), "a")
    wait_for(lambda: run_of(database).done > 20)
    launch.stop(database, "a")
    wait_for(lambda: run_of(database).state == "stopped")
    stopped = run_of(database)
    assert stopped.message == f"stopped on request after {stopped.done} of 3000"
    before = trials_frame(load_study(database, "a"))
    assert not (before["state"] == "running").any()
    launch.requeue(database, "a", trials=stopped.done + 10)
    execute_run(database, "a")
    after = trials_frame(load_study(database, "a"))
    assert (after["state"] == "complete").sum() == stopped.done + 10
    pd.testing.assert_series_equal(after["arch"].head(len(before)), before["arch"])
    assert run_of(database).state == "finished"


@pytest.mark.slow
def test_a_killed_run_is_known_as_failed_keeps_its_trials_and_can_be_resumed(database: Database) -> None:
    launch.launch(database, cheap_config(setup={"n_trials": 3000, "sampler": "nsgaii"}), "a")
    wait_for(lambda: run_of(database).done > 20)
    pid = run_of(database).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: run_of(database).state == "failed")
    kept = (trials_frame(load_study(database, "a"))["state"] == "complete").sum()
    launch.requeue(database, "a", trials=int(kept) + 5)
    execute_run(database, "a")
    frame = trials_frame(load_study(database, "a"))
    assert (frame["state"] == "complete").sum() == kept + 5
    assert not (frame["state"] == "running").any()


@pytest.mark.slow
def test_the_launched_process_outlives_the_one_that_launched_it(database: Database) -> None:
    script = f"""
from backend.runs import launch
from backend.storage.database import open_database
from tests.conftest import cheap_config
launch.launch(open_database({database.url!r}), cheap_config(setup={{"n_trials": 50}}), "a")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    wait_for(lambda: run_of(database).state == "finished")
    assert run_of(database).done == 50


def test_a_run_in_work_is_not_started_twice(database: Database) -> None:
    launch.prepare(database, cheap_config(setup={"n_trials": 2000}), "a")
    thread = threading.Thread(target=execute_run, args=(database, "a"))
    thread.start()
    wait_for(lambda: run_of(database).state == "running")
    with pytest.raises(UserError, match="'a' is running"):
        launch.resume(database, "a")
    with pytest.raises(UserError, match="is running, not queued"):
        execute_run(database, "a")
    launch.stop(database, "a")
    thread.join()
    assert run_of(database).state == "stopped"


def test_a_finished_search_says_that_nothing_is_left(database: Database) -> None:
    execute(database, cheap_config(setup={"n_trials": 2}))
    with pytest.raises(UserError, match="all 2 trials of 'a' are done"):
        launch.resume(database, "a")
    with pytest.raises(UserError, match="no run to stop; it is finished"):
        launch.stop(database, "a")


@pytest.mark.parametrize(
    ("runner", "field", "said"),
    [
        ({"num_samples": 1001}, "num_samples", "1000"),
        ({"device": "mps"}, "device", "mps"),
        ({"images": "/none/here"}, "images", "/none/here"),
    ],
)
def test_what_this_machine_does_not_have_is_named_and_nothing_is_made(
    database: Database, home: Path, runner: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        launch.launch(database, cheap_config(runner=runner), "a")
    ((key, message),) = caught.value.problems
    assert key == f"search.strategy.sw_runner.zero_cost.{field}"
    assert said in message
    assert list_studies(database) == []
    assert not (home / "runs").exists()


def test_a_run_that_cannot_begin_is_failed_with_the_reason_in_state_and_log(database: Database, home: Path) -> None:
    launch.prepare(database, cheap_config(), "a")
    shutil.rmtree(run_folder(database, "a"))
    (runs_folder(database) / "a").write_text("in the way")
    with pytest.raises(UserError, match="cannot make the folder"):
        execute_run(database, "a")
    run = run_of(database)
    assert run.state == "failed"
    assert "cannot make the folder" in run.message
    assert any("cannot make the folder" in line.message for line in runs.read_log(database, run.study_id))


def test_a_finished_search_recommends_cells_of_its_own_by_a_rule_that_it_states(database: Database) -> None:
    frame = execute(database, cheap_config(setup={"n_trials": 40}))
    told = json.loads((run_folder(database, "a") / "recommendation.json").read_text())
    listed = [cell["index"] for cell in told["shortlist"]]
    assert "l2_norm, params, flops" in told["rule"]
    assert 1 <= len(listed) <= 10
    assert set(listed) <= set(frame["index"])
    scores = frame.set_index("index")[["l2_norm", "params", "flops"]]
    sums = np.log(scores.rank()).sum(axis=1)
    assert listed[0] in sums.index[sums == sums.max()]
    assert len({Cell.from_index(index).canonical() for index in listed}) == len(listed)
