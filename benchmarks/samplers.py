"""Measures samplers on the bundled table of scores, with no network; ``python -m benchmarks.samplers --help``.

Each search runs as a study's would, trial by trial, in memory; for what a trial costs, on SQLite as well. All record
the proxies of the recommendation. What a search recommends is chosen without labels from the scores of cifar10 alone;
the true accuracies on three data sets then tell how good it is.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import optuna
import pandas as pd
import torch
import typer
from rich.console import Console
from rich.table import Table

from backend import proxies
from backend import truth as benchmark
from backend.analysis.pareto import pareto_front
from backend.analysis.scores import study_scores
from backend.config.model import SearchConfig
from backend.config.objectives import Objectives
from backend.config.sections import SAMPLERS
from backend.ensembles.recommendation import CHOSEN, recommend, training_plan
from backend.runs.search_loop import Search
from backend.scoring.tables import bundled_table
from backend.search.measure import Measurer, TableScores
from backend.search.problem import SearchProblem
from backend.spaces import registry
from backend.storage.database import open_database
from backend.storage.optuna_internals.batched_storage import BatchedStorage
from backend.studies.catalog import store_config
from backend.studies.trials import trials_frame

OBJECTIVES = {
    "one": ("naswot_relu",),
    "two": ("naswot_relu", "params"),
    "three": ("naswot_relu", "log_synflow", "jacob_cov"),
    "rule": CHOSEN,
    "seven": ("snip", "plain", "naswot", "naswot_relu", "t_cet", "linear_regions", "zen"),
}
"""What is optimised: one proxy; accuracy against size; the quick start; the recommendation's proxies; the mission's."""

SPACE = registry.get()
SCORED, TRUTHS = "cifar10", ("cifar10", "cifar100", "ImageNet16-120")


@dataclass(frozen=True)
class Task:
    """One search: a sampler on a set of objectives with a seed."""

    sampler: str
    objectives: str
    seed: int
    trials: int

    def config(self) -> SearchConfig:
        """The search as a file would ask for it."""
        goals = OBJECTIVES[self.objectives]
        metrics = {
            name: {"scale": float(name in goals), "direction": self.direction(name)}
            for name in dict.fromkeys([*goals, *CHOSEN])
        }
        setup = {"n_trials": self.trials, "sampler": self.sampler, "seed": self.seed}
        runner = {"metrics": list(metrics), "scores": "table"}
        strategy = {"setup": setup, "sw_runner": {"zero_cost": runner}, "metrics": metrics}
        return SearchConfig.from_mapping({"search": {"strategy": strategy}})

    def direction(self, name: str) -> Literal["maximize", "minimize"]:
        """Size is a cost here, traded against a proxy."""
        return "minimize" if name == "params" else proxies.get(name).direction


def run(task: Task, storage: optuna.storages.BaseStorage, cpu: bool = True) -> tuple[optuna.Study, float]:
    """Runs a search; the study and the seconds a trial took (of the processor, or of the clock)."""
    config = task.config()
    study = optuna.create_study(storage=storage, study_name="search", directions=Objectives(config).directions)
    study.set_metric_names(Objectives(config).names)
    store_config(study, config)
    problem = SearchProblem(config)
    measurer = Measurer(problem, TableScores(bundled_table(SCORED), problem.space))
    search = Search(study, problem, measurer, task.trials, lambda _done: None)
    clock = time.process_time if cpu else time.perf_counter
    started = clock()
    search.run()
    return study, (clock() - started) / len(study.trials)


def quality(task: Task, checkpoints: list[int]) -> list[dict[str, Any]]:
    """What a search has found after so many trials each, a row a checkpoint."""
    _be_quiet()
    study, seconds = run(task, optuna.storages.InMemoryStorage())
    trials = trials_frame(study)
    goals = {name: task.direction(name) for name in OBJECTIVES[task.objectives]}
    rows = []
    for count in checkpoints:
        some = trials.iloc[:count]
        cells = study_scores(some, SPACE)
        listed = list(recommend(cells, SPACE, SCORED).index)
        front = cells.index[pareto_front(cells, goals)]
        row: dict[str, Any] = {
            "sampler": task.sampler,
            "objectives": task.objectives,
            "seed": task.seed,
            "trials": count,
            "distinct": len(cells) / len(some),
            "ms": 1000 * seconds,
        }
        for dataset in TRUTHS:
            accuracy = benchmark.test_accuracy(dataset, 200)
            row[f"pick:{dataset}"] = accuracy[listed[0]]
            row[f"ten:{dataset}"] = training_plan(listed, SPACE, dataset)["best"].iloc[-1]
            row[f"front:{dataset}"] = accuracy[front].max()
        rows.append(row)
    return rows


def cost(task: Task) -> float:
    """Milliseconds that sampler and storage take for a trial on SQLite, over the whole search, by the clock."""
    _be_quiet()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'studies.db'}")
        database.prepare()
        _, seconds = run(task, BatchedStorage(database.storage, look_every=1.0), cpu=False)
        database.close()
    return 1000 * seconds


def _be_quiet() -> None:
    logging.getLogger("backend").setLevel(logging.WARNING)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    torch.set_num_threads(1)


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Searches of each kind.")] = 20,
    trials: Annotated[int, typer.Option(min=50, help="Trials of each search.")] = 1000,
    samplers: Annotated[str, typer.Option(help="Names, separated by commas.")] = ",".join(SAMPLERS),
    objectives: Annotated[str, typer.Option(help="Sets, separated by commas.")] = ",".join(OBJECTIVES),
    processes: Annotated[int, typer.Option(min=1, help="Searches at once; those timed run alone.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print every search as JSON.")] = False,
) -> None:
    """Run searches with every sampler on every set of objectives, and time some on SQLite."""
    _be_quiet()
    kinds = [(sampler, chosen) for chosen in objectives.split(",") for sampler in samplers.split(",")]
    checkpoints = sorted({count for count in (100, 300, 1000, 3000) if count < trials} | {trials})
    tasks = [Task(sampler, chosen, seed, trials) for sampler, chosen in kinds for seed in range(seeds)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        done = list(pool.map(quality, tasks, [checkpoints] * len(tasks)))
    rows = pd.DataFrame([row for search in done for row in search])
    timed = [(sampler, chosen) for sampler, chosen in kinds if chosen in ("three", "seven")]
    costs = {kind: cost(Task(*kind, seed=0, trials=trials)) for kind in timed}
    if as_json:
        print(json.dumps({"searches": rows.to_dict("records"), "ms": [[*kind, ms] for kind, ms in costs.items()]}))
        return
    _print(rows, costs, seeds)


def _print(rows: pd.DataFrame, costs: dict[tuple[str, str], float], seeds: int) -> None:
    console = Console(width=150)
    table = Table(title=f"True test accuracy (%) on {' / '.join(TRUTHS)}, mean of {seeds} seeds")
    for heading in ("objectives", "sampler", "trials", "distinct", "recommended", "best of ten", "best of the front"):
        table.add_column(heading, justify="left" if heading in ("objectives", "sampler") else "right")
    means = rows.groupby(["objectives", "sampler", "trials"], sort=False).mean(numeric_only=True)
    for (chosen, sampler, count), row in means.iterrows():  # type: ignore[misc]
        accuracies = [" / ".join(f"{row[f'{what}:{d}']:.2f}" for d in TRUTHS) for what in ("pick", "ten", "front")]
        table.add_row(chosen, sampler, str(count), f"{row['distinct']:.0%}", *accuracies)
    console.print(table)
    table = Table(title="Sampler and SQLite together, mean over the search")
    for heading in ("objectives", "sampler", "ms a trial"):
        table.add_column(heading, justify="right" if heading == "ms a trial" else "left")
    for (sampler, chosen), ms in costs.items():
        table.add_row(f"{len(OBJECTIVES[chosen])}", sampler, f"{ms:.1f}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
