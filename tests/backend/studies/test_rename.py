"""Renaming a study: what goes with it, and when it may not be."""

from datetime import datetime
from pathlib import Path

import optuna
import pytest
from sqlalchemy import insert, select

from backend.errors import UserError
from backend.naming import file_name
from backend.runs.launch import create_study
from backend.search.problem import SearchProblem
from backend.storage.database import Database
from backend.storage.schema import ensembles
from backend.studies import delete_study, list_studies, load_study, rename_study, run_folder, runs
from backend.studies.folders import runs_folder
from backend.studies.notes import note_in, save_note
from tests.conftest import cheap_config
from tests.hostile_names import MARKUP, PATHS, SPOKEN


@pytest.fixture
def stopped(database: Database) -> str:
    """A study whose run was stopped before it began."""
    create_study(database, SearchProblem(cheap_config()), "old")
    (run_folder(database, "old") / "best.json").write_text("[1]")
    runs.request_stop(database, load_study(database, "old")._study_id)
    return "old"


def test_trials_run_folder_and_ensembles_go_with_the_name(database: Database, stopped: str, home: Path) -> None:
    before = load_study(database, stopped)._study_id
    row = {"name": "e", "study": stopped, "created": datetime(2026, 1, 1), "content": "{}"}
    with database.engine.begin() as connection:
        connection.execute(insert(ensembles).values(row))
    rename_study(database, stopped, "new")
    assert [item.name for item in list_studies(database)] == ["new"]
    assert load_study(database, "new")._study_id == before
    assert [path.name for path in (runs_folder(database)).iterdir()] == ["new"]
    assert (runs_folder(database) / "new" / "best.json").read_text() == "[1]"
    with database.engine.connect() as connection:
        assert connection.scalars(select(ensembles.c.study)).all() == ["new"]


def test_a_study_in_work_is_not_renamed(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "old")
    with pytest.raises(UserError, match=r"'old' is queued.*stop it to rename it"):
        rename_study(database, "old", "new")
    assert [item.name for item in list_studies(database)] == ["old"]


@pytest.mark.parametrize(("new", "words"), [("taken", "'taken' is taken"), ("up\n", "is not valid")])
def test_a_wrong_name_changes_nothing(database: Database, stopped: str, home: Path, new: str, words: str) -> None:
    create_study(database, SearchProblem(cheap_config()), "taken")
    run_folder(database, "taken")
    with pytest.raises(UserError, match=words):
        rename_study(database, stopped, new)
    assert {item.name for item in list_studies(database)} == {"old", "taken"}
    assert (runs_folder(database) / "old" / "best.json").exists()


def test_a_study_whose_name_is_a_path_takes_no_folder_along(database: Database, tmp_path: Path) -> None:
    precious = tmp_path / "precious" / "file"
    precious.parent.mkdir()
    precious.write_text("dear to me")
    optuna.create_study(storage=database.storage, study_name=str(precious.parent))
    rename_study(database, str(precious.parent), "tame")
    assert precious.read_text() == "dear to me"


@pytest.mark.parametrize("name", [*SPOKEN, *MARKUP, *PATHS])
def test_a_study_of_any_name_has_a_folder_of_its_own_inside(database: Database, home: Path, name: str) -> None:
    create_study(database, SearchProblem(cheap_config()), name)
    (run_folder(database, name) / "best.json").write_text(name)
    (folder,) = runs_folder(database).iterdir()
    assert folder.name == file_name(name)
    runs.request_stop(database, load_study(database, name)._study_id)
    rename_study(database, name, "new")
    assert (runs_folder(database) / "new" / "best.json").read_text() == name
    rename_study(database, "new", name)
    assert [item.name for item in list_studies(database)] == [name]
    assert (run_folder(database, name) / "best.json").read_text() == name
    delete_study(database, name)
    assert list(runs_folder(database).iterdir()) == []
    assert sorted(path.name for path in home.parent.iterdir()) == ["home"]


@pytest.mark.parametrize("name", [".hidden", "what: why?", "e\u0301", "tab\there"])
def test_a_folder_that_an_earlier_version_made_stays_the_studys(database: Database, name: str) -> None:
    earlier = runs_folder(database) / name
    earlier.mkdir(parents=True)
    (earlier / "best.json").write_text("[1]")
    optuna.create_study(storage=database.storage, study_name=name)
    assert run_folder(database, name) == earlier
    rename_study(database, name, "new")
    assert (runs_folder(database) / "new" / "best.json").read_text() == "[1]"


def test_a_long_note_is_kept_whole_beside_a_running_search(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "a")
    study = load_study(database, "a")
    text = "η is **not** ε. " * 400
    save_note(study, "short")
    save_note(study, text)
    assert note_in(database.storage.get_study_system_attrs(study._study_id)) == text
    assert list_studies(database)[0].note == text
    assert list_studies(database)[0].run is not None
