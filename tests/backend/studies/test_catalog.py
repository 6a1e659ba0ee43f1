"""Making, listing and deleting studies."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import optuna
import pytest

from backend.errors import UserError
from backend.runs.launch import create_study
from backend.search.problem import SearchProblem
from backend.storage.database import Database, open_database
from backend.studies import delete_study, list_studies, load_study, run_folder, runs, study_config
from backend.studies.folders import runs_folder
from tests.conftest import cheap_config


def test_a_new_study_is_queued_with_its_configuration_and_objectives(database: Database) -> None:
    config = cheap_config()
    name = create_study(database, SearchProblem(config))
    (summary,) = list_studies(database)
    assert (summary.name, summary.config, summary.trials) == (name, config, 0)
    assert (summary.objectives, summary.directions) == (["l2_norm", "params"], ["maximize", "minimize"])
    assert summary.run is not None
    assert (summary.run.state, summary.run.asked, summary.run.done) == ("queued", 12, 0)
    assert study_config(load_study(database, name)) == config


def test_the_newest_study_stands_first_and_studies_made_elsewhere_are_listed(database: Database) -> None:
    optuna.create_study(storage=database.storage, study_name="theirs")
    for name in ("old", "new"):
        create_study(database, SearchProblem(cheap_config()), name)
    names = [summary.name for summary in list_studies(database)]
    assert names == ["new", "old", "theirs"]
    theirs = list_studies(database)[-1]
    assert (theirs.config, theirs.run, theirs.objectives) == (None, None, ["objective 0"])


def test_times_are_utc(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "a")
    created = list_studies(database)[0].created
    assert created is not None
    assert abs(created - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "ü", "搜索-零成本-1"])
def test_a_name_is_kept_as_it_is_and_its_folder_is_among_the_runs(database: Database, name: str) -> None:
    create_study(database, SearchProblem(cheap_config()), name)
    assert [item.name for item in list_studies(database)] == [name]
    assert run_folder(database, name).parent == runs_folder(database)


@pytest.mark.parametrize("name", ["", "x" * 101, "new\nline", "\x1b[2J", "\u202e"])
def test_a_name_that_cannot_be_seen_whole_is_refused_and_nothing_is_made(database: Database, name: str) -> None:
    with pytest.raises(UserError, match=r"^study: the name"):
        create_study(database, SearchProblem(cheap_config()), name or " ")
    assert list_studies(database) == []


def test_a_taken_name_is_refused(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "a")
    with pytest.raises(UserError, match="'a' is taken"):
        create_study(database, SearchProblem(cheap_config()), "a")
    assert len(list_studies(database)) == 1


def test_a_space_without_a_connected_cell_is_refused(database: Database) -> None:
    config = cheap_config(cells={"op_3_0": [0], "op_3_1": [0], "op_3_2": [0]})
    with pytest.raises(UserError, match="no cell of these options"):
        create_study(database, SearchProblem(config), "a")
    assert list_studies(database) == []


def test_no_more_distinct_cells_are_asked_than_the_options_leave() -> None:
    few = {"op_1_0": [0], "op_2_0": [0], "op_2_1": [0], "op_3_1": [0], "op_3_2": [0]}
    assert SearchProblem(cheap_config(cells=few, setup={"distinct": "architecture"})).asked == 4
    assert SearchProblem(cheap_config(cells=few)).asked == 4
    assert SearchProblem(cheap_config(cells=few, setup={"distinct": "trial"})).asked == 12


def test_deleting_takes_the_study_its_run_and_its_folder_and_nothing_else(database: Database, home: Path) -> None:
    for name in ("a", "b"):
        create_study(database, SearchProblem(cheap_config()), name)
        (run_folder(database, name) / "best.json").write_text("[]")
        study_id = load_study(database, name)._study_id
        runs.append_log(database, study_id, "INFO", name)
        runs.request_stop(database, study_id)
    other = load_study(database, "b")._study_id
    delete_study(database, "a")
    assert [summary.name for summary in list_studies(database)] == ["b"]
    assert [path.name for path in (runs_folder(database)).iterdir()] == ["b"]
    assert set(runs.read_runs(database)) == {other}
    assert [line.message for line in runs.read_log(database, other)] == ["b"]


def test_studies_of_one_name_in_two_databases_keep_their_own_files(database: Database, tmp_path: Path) -> None:
    elsewhere = open_database(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    for each, words in ((database, "here"), (elsewhere, "there")):
        create_study(each, SearchProblem(cheap_config()), "a")
        (run_folder(each, "a") / "best.json").write_text(words)
        runs.request_stop(each, load_study(each, "a")._study_id)
    delete_study(database, "a")
    assert (run_folder(elsewhere, "a") / "best.json").read_text() == "there"


def test_an_active_study_is_not_deleted(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "a")
    with pytest.raises(UserError, match="'a' is queued; stop it"):
        delete_study(database, "a")
    assert len(list_studies(database)) == 1


def test_a_study_that_is_not_there_is_named_with_those_that_are(database: Database) -> None:
    with pytest.raises(UserError, match="the database has none yet"):
        load_study(database, "x")
    create_study(database, SearchProblem(cheap_config()), "a")
    with pytest.raises(UserError, match="no study 'x'; there are: a"):
        load_study(database, "x")


@pytest.mark.parametrize("name", ["{outside}", "../precious", "../../precious", ".", "..", "a/../../precious"])
def test_deleting_a_study_whose_name_is_a_path_deletes_no_folder(
    database: Database, home: Path, tmp_path: Path, name: str
) -> None:
    kept = [home / "precious" / "file", tmp_path / "precious" / "file", runs_folder(database) / "other" / "file"]
    for file in kept:
        file.parent.mkdir(parents=True)
        file.write_text("dear to me")
    name = name.format(outside=tmp_path / "precious")
    optuna.create_study(storage=database.storage, study_name=name)
    delete_study(database, name)
    assert list_studies(database) == []
    assert all(file.read_text() == "dear to me" for file in kept)
    assert run_folder(database, name).parent == runs_folder(database)


def test_two_searches_of_one_second_get_two_names(database: Database) -> None:
    names = [create_study(database, SearchProblem(cheap_config())) for _ in range(3)]
    assert len(set(names)) == 3


def test_a_configuration_that_cannot_be_read_here_is_no_study_made_elsewhere(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "a")
    study = load_study(database, "a")
    study.set_user_attr("proxyscope:config", cheap_config().to_toml().replace('"flops"', '"their_own"'))
    (summary,) = list_studies(database)
    assert summary.config is None
    assert "unknown proxy 'their_own'" in summary.config_problem
    assert summary.run is not None
