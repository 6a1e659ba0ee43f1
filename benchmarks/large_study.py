"""Makes studies of many trials in a moment: real cells with their recorded scores and truths, written in bulk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import optuna
from sqlalchemy import MetaData, insert

from backend.config.model import SearchConfig
from backend.config.objectives import Objectives
from backend.runs.launch import create_study
from backend.scoring.tables import bundled_table
from backend.search.problem import SearchProblem
from backend.spaces import registry
from backend.spaces.capabilities import HasTruth, require
from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell, enumerate_cells
from backend.spaces.nas_bench_201.space import CellArchitecture
from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies import load_study, runs, trials

PROXIES: Final = (
    "naswot_relu",
    "synflow",
    "jacob_cov",
    "naswot",
    "zico",
    "t_cet",
    "snip",
    "grad_norm",
    "fisher",
    "l2_norm",
    "zen",
    "plain",
)
OBJECTIVES: Final = PROXIES[:3]
_DATASET = "cifar10"
_SECONDS = 0.5


def make_study(database: Database, name: str, number: int) -> SearchConfig:
    """A study on CIFAR-10 with twelve recorded proxies and three objectives, in random order of its cells.

    Args:
        database: where it is kept.
        name: of the study.
        number: of trials, each a cell of its own.
    """
    config = _config(number)
    create_study(database, SearchProblem(config), name)
    append_trials(database, name, config, range(number))
    study_id = study_id_of(load_study(database, name))
    runs.claim(database, study_id)
    runs.describe_work(database, study_id, "cpu", "the bundled CIFAR-10 sample")
    runs.count_done(database, study_id, number)
    runs.end(database, study_id, "finished", "")
    return config


def append_trials(database: Database, name: str, config: SearchConfig, numbers: Sequence[int]) -> None:
    """Write finished trials of those numbers, straight into Optuna's tables."""
    study_id = study_id_of(load_study(database, name))
    tables = MetaData()
    tables.reflect(database.engine, only=["trials", "trial_values", "trial_params", "trial_user_attributes"])
    order = np.random.default_rng(0).permutation([cell.index for cell in enumerate_cells() if cell.connected])
    scores, objectives = bundled_table(_DATASET).scores, Objectives(config)
    begin = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with database.begin() as connection:
        heads = [
            {
                "number": number,
                "study_id": study_id,
                "state": "COMPLETE",
                "datetime_start": begin + timedelta(seconds=number * _SECONDS),
                "datetime_complete": begin + timedelta(seconds=(number + 1) * _SECONDS),
            }
            for number in numbers
        ]
        ids = connection.execute(
            insert(tables.tables["trials"]).returning(tables.tables["trials"].c.trial_id, sort_by_parameter_order=True),
            heads,
        ).scalars()
        values: list[dict[str, Any]] = []
        parameters: list[dict[str, Any]] = []
        attributes: list[dict[str, Any]] = []
        for trial_id, number in zip(ids, numbers, strict=True):
            cell = Cell.from_index(int(order[number]))
            measured = {str(name): float(value) for name, value in scores.loc[cell.index, list(PROXIES)].items()}
            values += [
                {"trial_id": trial_id, "objective": position, "value": value, "value_type": "FINITE"}
                for position, value in enumerate(objectives.values(measured))
            ]
            parameters += [{"trial_id": trial_id, **parameter} for parameter in _parameters(cell)]
            attributes += [
                {"trial_id": trial_id, "key": key, "value_json": json.dumps(value)}
                for key, value in _attributes(cell, measured, objectives).items()
            ]
        for table, rows in (
            ("trial_values", values),
            ("trial_params", parameters),
            ("trial_user_attributes", attributes),
        ):
            connection.execute(insert(tables.tables[table]), rows)


def _config(number: int) -> SearchConfig:
    strategy = {
        "setup": {"n_trials": number, "sampler": "random"},
        "sw_runner": {"zero_cost": {"metrics": list(PROXIES), "num_samples": 64, "scores": "table"}},
        "hw_runner": {"average_bitwidth": {"compare_to": 32}},
        "metrics": {name: {"scale": float(name in OBJECTIVES)} for name in PROXIES},
    }
    space = {"nas_zero_cost": {"config": {"dataset": [_DATASET]}}}
    return SearchConfig.from_mapping({"search": {"search_space": space, "strategy": strategy}})


def _parameters(cell: Cell) -> list[dict[str, Any]]:
    edges = [
        (f"op_{target}_{source}", OPERATIONS, operation)
        for (source, target), operation in zip(EDGES, cell.operations, strict=True)
    ]
    return [
        {
            "param_name": name,
            "param_value": choices.index(value),
            "distribution_json": optuna.distributions.distribution_to_json(
                optuna.distributions.CategoricalDistribution(choices)
            ),
        }
        for name, choices, value in [*edges, ("C", (16,), 16), ("N", (5,), 5)]
    ]


def _truth() -> HasTruth:
    return require(registry.get(), HasTruth, "the truth of each trial")


def _attributes(cell: Cell, measured: dict[str, float], objectives: Objectives) -> dict[str, Any]:
    return {
        trials.ARCH: str(cell),
        trials.INDEX: cell.index,
        trials.SOFTWARE: measured,
        trials.HARDWARE: {},
        trials.TRUTH: _truth().truth(CellArchitecture(cell), _DATASET),
        trials.SECONDS: _SECONDS,
        trials.SCALED: objectives.scaled(measured),
    }
