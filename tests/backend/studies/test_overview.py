"""What studies have found: right, and read once."""

import pytest
from sqlalchemy import event

from backend import truth as benchmark
from backend.runs.execute import execute_run
from backend.runs.launch import prepare, requeue
from backend.storage.database import Database
from backend.studies import list_studies, load_study, trials_frame
from backend.studies.overview import OverviewReader, overview
from tests.conftest import cheap_config


def test_the_best_accuracy_and_the_best_proxy_are_those_of_the_distinct_cells(database: Database) -> None:
    execute_run(database, prepare(database, cheap_config(setup={"n_trials": 20, "distinct": "trial"}), "a"))
    frame = trials_frame(load_study(database, "a"))
    cells = frame[frame["state"] == "complete"]
    truth = cells["200:test-accuracy"]
    found, pending = OverviewReader(database).read(list_studies(database))
    (one,) = found.values()
    assert pending == 0
    assert one.architectures == len(cells)
    assert one.accuracy == truth.max()
    assert one.index == cells.loc[truth.idxmax(), "index"]
    ranks = cells[["l2_norm", "params", "flops"]].corrwith(truth, method="spearman")
    assert one.spearman == pytest.approx(ranks[one.proxy])
    assert abs(one.spearman) == pytest.approx(ranks.abs().max())


def test_an_unchanged_study_is_not_read_again_and_a_grown_one_by_its_new_trials(database: Database) -> None:
    execute_run(database, prepare(database, cheap_config(), "a"))
    reader = OverviewReader(database)
    reader.read(list_studies(database))
    rows: list[int] = []

    @event.listens_for(database.engine, "after_cursor_execute")
    def _note(connection, cursor, statement, parameters, context, many):  # type: ignore[no-untyped-def]
        if "trial_user_attributes" in statement:
            rows.append(statement)

    summaries = list_studies(database)
    rows.clear()
    reader.read(summaries)
    assert rows == []
    requeue(database, "a", 15)
    execute_run(database, "a")
    found, _ = reader.read(list_studies(database))
    assert next(iter(found.values())) == next(iter(OverviewReader(database).read(list_studies(database))[0].values()))
    assert next(iter(found.values())).architectures == 15


def test_with_no_time_left_studies_are_said_to_be_pending(database: Database) -> None:
    execute_run(database, prepare(database, cheap_config(), "a"))
    reader = OverviewReader(database)
    assert reader.read(list_studies(database), seconds=0.0) == ({}, 1)
    assert reader.read(list_studies(database))[1] == 0


def test_cells_of_other_sizes_have_no_truth(database: Database) -> None:
    execute_run(database, prepare(database, cheap_config(cells={"C": [8]}), "small"))
    found, _ = OverviewReader(database).read(list_studies(database))
    assert next(iter(found.values())).architectures == 0


def test_few_cells_and_constant_proxies_have_no_rank_correlation() -> None:
    accuracy = benchmark.test_accuracy("cifar10", 200)
    few = {index: {"snip": float(index)} for index in range(9)}
    assert overview(few, accuracy).proxy == ""
    assert overview(few, accuracy).accuracy == accuracy[:9].max()
    same = {index: {"snip": 1.0, "zen": None} for index in range(50)}
    assert overview(same, accuracy).proxy == ""
    assert overview({}, accuracy).index is None
