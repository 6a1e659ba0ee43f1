"""What earlier versions left opens, shows the same, goes on, and can be shared."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.ensembles.kept import list_ensembles
from backend.errors import UserError
from backend.json_records import json_records
from backend.runs import launch
from backend.runs.execute import execute_run
from backend.sharing import export_studies, import_studies, read_contents
from backend.sharing.inspection import opened_file
from backend.storage.database import Database, open_database
from backend.storage.migrations import known_revisions
from backend.storage.schema import scores
from backend.studies import list_studies, load_study, trials_frame
from tests.backend.sharing.equality import scores_of
from tests.backend.storage.schemas import KEPT, differences, execute, kept_database, revision, unpacked

VERSIONS = sorted(folder.name for folder in KEPT.iterdir() if folder.is_dir())
HEAD = known_revisions()[-1]


def exported(version: str, folder: Path) -> Path:
    file = folder / "export.db"
    file.write_bytes(unpacked(version, "export.db"))
    return file


def expected(version: str) -> dict[str, Any]:
    return json.loads(unpacked(version, "expected.json"))


def taken_in(file: Path, database: Database) -> set[str]:
    with opened_file(file) as source:
        copied = import_studies(source, database, read_contents(source), file.name)
    return {item.name for item in copied}


def trials(database: Database, name: str) -> list[dict[str, Any]]:
    return json_records(trials_frame(load_study(database, name)))


def assert_same_trials(found: list[dict[str, Any]], before: list[dict[str, Any]]) -> None:
    """Everything that the earlier version read is read still; columns may have been added."""
    assert len(found) == len(before)
    for now, then in zip(found, before, strict=True):
        for name, value in then.items():
            if isinstance(value, float):
                assert math.isclose(now[name], value, rel_tol=1e-12), (then["number"], name)
            elif name.startswith("param:") and value is None:
                # A choice of None has been told from a parameter that was not asked for since.
                assert now[name] in {None, "None"}, (then["number"], name)
            elif name != "finished" or value is None:
                assert now.get(name) == value, (then["number"], name)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_opens_and_shows_the_same(version: str, home: Path, url: str) -> None:
    before = expected(version)
    database = open_database(kept_database(version, url))
    listed = {item.name: item for item in list_studies(database)}
    assert set(listed) == set(before)
    for name, told in before.items():
        run = listed[name].run
        assert (run.state if run else None, run.done if run else None) == (told["state"], told["done"]), name
        assert not listed[name].config_problem
        assert_same_trials(trials(database, name), told["trials"])
    assert listed["finished"].note == "**kept** from 0.1.0"
    assert revision(database.engine) is None
    database.prepare()
    assert (revision(database.engine), differences(database.engine)) == (HEAD, [])
    for name, told in before.items():
        assert_same_trials(trials(database, name), told["trials"])
    assert [item.name for item in list_ensembles(database)] == ["mine"]
    assert len(scores_of(database)) > 50
    database.close()


@pytest.mark.parametrize("name", ["stopped", "running", "queued", "finished"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_search_goes_on_without_losing_a_trial(version: str, name: str, home: Path, url: str) -> None:
    before = expected(version)[name]
    database = open_database(kept_database(version, url))
    if before["state"] != "queued":
        launch.requeue(database, name, before["done"] + 3)
    execute_run(database, name)
    run = next(item.run for item in list_studies(database) if item.name == name)
    assert run is not None
    assert (run.state, run.done) == ("finished", run.asked)
    assert run.done >= before["done"]
    finished = {trial["number"]: trial for trial in before["trials"] if trial["state"] != "running"}
    now = [trial for trial in trials(database, name) if trial["number"] in finished]
    # The trials that came since may dominate one that was on the front, and put none there.
    fronts = [{trial["number"] for trial in found if trial["pareto"]} for found in (now, finished.values())]
    assert fronts[0] <= fronts[1]
    without = [{key: value for key, value in trial.items() if key != "pareto"} for trial in finished.values()]
    assert_same_trials(now, without)
    assert revision(database.engine) == HEAD
    database.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_export_is_taken_in_whole_and_exported_again(version: str, database: Database, tmp_path: Path) -> None:
    before, file = expected(version), exported(version, tmp_path)
    assert taken_in(file, database) == set(before)
    for name, told in before.items():
        ended = [trial for trial in told["trials"] if trial["state"] != "running"]
        numbers = {trial["number"] for trial in ended}
        assert_same_trials([trial for trial in trials(database, name) if trial["number"] in numbers], ended)
    assert len(scores_of(database)) > 50
    assert {row[1:3] for row in scores_of(database)} == {("nas_bench_201", 1)}
    summary = export_studies(database, sorted(before), tmp_path / "again.db")
    assert {item.name for item in summary.studies} == set(before)
    again = open_database(f"sqlite:///{tmp_path / 'again.db'}")
    assert (revision(again.engine), differences(again.engine)) == (HEAD, [])
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    assert taken_in(tmp_path / "again.db", other) == set(before)
    assert scores_of(other) == scores_of(again) == scores_of(database)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_that_is_only_read_is_exported_with_its_scores(
    version: str, home: Path, url: str, tmp_path: Path
) -> None:
    looking = open_database(kept_database(version, url), read_only=True)
    export_studies(looking, sorted(expected(version)), tmp_path / "out.db")
    assert revision(looking.engine) is None
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    assert taken_in(tmp_path / "out.db", other) == set(expected(version))
    looking.close()
    whole = open_database(url)
    whole.prepare()
    assert set() != scores_of(other) <= scores_of(whole)
    assert len(scores_of(other)) >= 50
    whole.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_whole_database_is_taken_in_as_a_file(version: str, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "studies.db"
    kept_database(version, f"sqlite:///{file}")
    assert taken_in(file, database) == set(expected(version))
    with database.engine.connect() as connection:
        assert all(key.isdecimal() for key in connection.scalars(select(scores.c.class_key)))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE proxyscope_scores SET cell_class = cell_class + 20000",
        "UPDATE proxyscope_scores SET cell_class = cell_class || ' or so'",
        "UPDATE proxyscope_scores SET setting = 'none'",
        "ALTER TABLE proxyscope_scores DROP COLUMN value",
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_bad_scores_of_an_earlier_version_are_refused(
    version: str, change: str, database: Database, tmp_path: Path
) -> None:
    file = exported(version, tmp_path)
    execute(f"sqlite:///{file}", change)
    with pytest.raises(UserError, match=r"cannot be imported: .*(score|proxyscope_scores)"):
        taken_in(file, database)
    assert list_studies(database) == []
