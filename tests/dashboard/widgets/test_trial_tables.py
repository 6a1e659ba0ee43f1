import pandas as pd
import pytest

from backend.spaces.nas_bench_201.cell import Cell
from backend.storage.database import Database
from backend.studies import best_table, best_trials, load_study
from dashboard.widgets.trial_tables import GROUPS, spread_metrics


@pytest.fixture
def best(database: Database, finished: str) -> pd.DataFrame:
    return best_table(best_trials(load_study(database, finished)), 200)


def test_the_table_keeps_the_missions_columns_in_their_order(best: pd.DataFrame) -> None:
    groups = dict.fromkeys(group for group, _ in spread_metrics(best).columns)
    assert list(groups) == ["number", "index", *GROUPS, "arch"]


def test_each_trial_names_its_architecture(best: pd.DataFrame) -> None:
    spread = spread_metrics(best)
    assert spread["index", ""].dtype == "Int64"
    for arch, index in zip(spread["arch", ""], spread["index", ""], strict=True):
        assert Cell.parse(arch).index == index


def test_each_metric_stands_with_its_value(best: pd.DataFrame) -> None:
    spread = spread_metrics(best)
    for position, row in best.iterrows():
        for group in GROUPS:
            assert {name: spread.loc[position, (group, name)] for name in row[group]} == row[group]


def test_accuracies_come_first(best: pd.DataFrame) -> None:
    truth = [metric for group, metric in spread_metrics(best).columns if group == "nasbench_data_metrics"]
    assert truth[0] == "test-accuracy"
