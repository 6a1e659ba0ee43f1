"""Measures the list of studies beside large ones: ``python -m benchmarks.study_list [--trials 10000]``.

Prints seconds for the list alone, the first read of what each study has found, a second read, and a read after one more
trial; optuna-dashboard's own list of the same database, in the same process, stands beside them.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import create_trial
from optuna_dashboard._storage import get_studies

from backend import proxies
from backend.cells import Cell
from backend.scoring.tables import bundled_table
from backend.search.config import SearchConfig
from backend.studies import Database, create_study, list_studies, load_study, open_database
from backend.studies.overview import OverviewReader
from backend.studies.trials import ARCH, INDEX, SOFTWARE, TRUTH, json_numbers, truth_of

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
        add_trials(load_study(database, "study 0"), [7])
        timed("list with findings, one trial more", lambda: reader.read(list_studies(database)))
        timed("optuna-dashboard's list", lambda: get_studies(database.storage))
        timed("Optuna's get_all_study_summaries", lambda: optuna.get_all_study_summaries(database.storage))


def fill(database: Database, name: str, trials: int) -> None:
    create_study(database, SearchConfig.from_file(_QUICKSTART), name)
    add_trials(load_study(database, name), list(range(trials)))


def add_trials(study: optuna.Study, numbers: list[int]) -> None:
    scores = bundled_table("cifar10").scores
    names = [name for name in proxies.available() if name in scores][:_RECORDED]
    connected = [index for index in range(len(scores)) if Cell.from_index(index).connected]
    for number in numbers:
        cell = Cell.from_index(connected[number % len(connected)])
        study.add_trial(
            create_trial(
                values=[float(number), float(-number), 1.0],
                params={"C": 16, "N": 5},
                distributions={"C": CategoricalDistribution([16]), "N": CategoricalDistribution([5])},
                user_attrs={
                    ARCH: str(cell),
                    INDEX: cell.index,
                    SOFTWARE: json_numbers({name: float(scores.loc[cell.index, name]) for name in names}),
                    TRUTH: truth_of(cell, "cifar10", 16, 5),
                },
            )
        )


def timed(what: str, action: Callable[[], object]) -> None:
    begun = time.perf_counter()
    action()
    print(f"{what:40} {time.perf_counter() - begun:8.3f} s", flush=True)


if __name__ == "__main__":
    main()
