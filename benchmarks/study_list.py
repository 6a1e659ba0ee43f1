"""Measures the list of studies beside large ones: ``python -m benchmarks.study_list [--trials 10000]``.

Prints seconds for the list alone, the first read of what each study has found, a second read, and a read after one more
trial; optuna-dashboard's own list of the same database, in the same process, stands beside them.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import optuna
from optuna.trial import TrialState
from optuna_dashboard._storage import get_studies
from sqlalchemy import func, insert, select

from backend import proxies
from backend.config.model import SearchConfig
from backend.runs.launch import create_study
from backend.scoring.tables import bundled_table
from backend.search.problem import SearchProblem
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture
from backend.storage.database import Database, open_database
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.optuna_internals.tables import OPTUNA
from backend.studies import list_studies, load_study
from backend.studies.overview import OverviewReader
from backend.studies.trials import (
    ARCH,
    INDEX,
    SOFTWARE,
    TRUTH,
    json_numbers,
)
from backend.truth.nas_bench_201 import NasBench201Truth

_QUICKSTART = Path(__file__).parents[1] / "configs" / "quickstart.toml"
_RECORDED = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--studies", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/studies.db")
        for number in range(asked.studies):
            fill(database, f"study {number}", asked.trials)
        reader = OverviewReader(database)
        print(f"{asked.studies} studies of {asked.trials:,} trials")
        timed("list", lambda: list_studies(database))
        timed("list with findings, first", lambda: reader.read(list_studies(database)))
        timed("list with findings, again", lambda: reader.read(list_studies(database)))
        add_trials(database, "study 0", [asked.trials])
        timed("list with findings, one trial more", lambda: reader.read(list_studies(database)))
        timed("optuna-dashboard's list", lambda: get_studies(database.storage))
        timed("Optuna's get_all_study_summaries", lambda: optuna.get_all_study_summaries(database.storage))


def fill(database: Database, name: str, trials: int) -> None:
    create_study(database, SearchProblem(SearchConfig.from_file(_QUICKSTART)), name)
    add_trials(database, name, list(range(trials)))


def add_trials(database: Database, name: str, numbers: list[int]) -> None:
    """Write completed trials straight into Optuna's tables: asking for ten thousand takes a quarter of an hour."""
    study_id = study_id_of(load_study(database, name))
    scores = bundled_table("cifar10").scores
    names = [proxy for proxy in proxies.available() if proxy in scores][:_RECORDED]
    connected = [index for index in range(len(scores)) if Cell.from_index(index).connected]
    now, trials = datetime.now(), OPTUNA.tables["trials"]
    with database.begin() as connection:
        first = (connection.scalar(select(func.max(trials.c.trial_id))) or 0) + 1
        rows, values, attributes = [], [], []
        for trial_id, number in enumerate(numbers, first):
            cell = Cell.from_index(connected[number % len(connected)])
            row = {"trial_id": trial_id, "study_id": study_id, "number": number, "state": TrialState.COMPLETE}
            rows.append(row | {"datetime_start": now, "datetime_complete": now})
            values += [
                {"trial_id": trial_id, "objective": objective, "value": float(number), "value_type": "FINITE"}
                for objective in range(3)
            ]
            written = {
                ARCH: str(cell),
                INDEX: cell.index,
                SOFTWARE: json_numbers({proxy: float(scores.loc[cell.index, proxy]) for proxy in names}),
                TRUTH: NasBench201Truth().truth(CellArchitecture(cell), "cifar10"),
            }
            attributes += [
                {"trial_id": trial_id, "key": key, "value_json": json.dumps(value)} for key, value in written.items()
            ]
        connection.execute(insert(trials), rows)
        connection.execute(insert(OPTUNA.tables["trial_values"]), values)
        connection.execute(insert(OPTUNA.tables["trial_user_attributes"]), attributes)


def timed(what: str, action: Callable[[], object]) -> None:
    begun = time.perf_counter()
    action()
    print(f"{what:40} {time.perf_counter() - begun:8.3f} s", flush=True)


if __name__ == "__main__":
    main()
