"""What earlier versions left opens, shows the same, goes on, and can be shared."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.ensembles.kept import list_ensembles
from backend.json_records import json_records
from backend.runs import launch
from backend.runs.execute import execute_run
from backend.sharing import export_studies, import_studies, read_contents
from backend.sharing.inspection import opened_file
from backend.storage.database import Database, open_database
from backend.storage.scores import scores
from backend.studies import list_studies, load_study, trials_frame

KEPT = Path(__file__).parents[2] / "data" / "versions"
VERSIONS = sorted(folder.name for folder in KEPT.iterdir() if folder.is_dir())


def unpacked(version: str, name: str, folder: Path) -> Path:
    file = folder / name
    file.write_bytes(gzip.decompress((KEPT / version / f"{name}.gz").read_bytes()))
    return file


def expected(version: str, folder: Path) -> dict[str, Any]:
    return json.loads(unpacked(version, "expected.json", folder).read_text(encoding="utf-8"))


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
def test_a_database_opens_and_shows_the_same(version: str, home: Path, tmp_path: Path) -> None:
    before = expected(version, tmp_path)
    database = open_database(f"sqlite:///{unpacked(version, 'studies.db', tmp_path)}")
    listed = {item.name: item for item in list_studies(database)}
    assert set(listed) == set(before)
    for name, told in before.items():
        run = listed[name].run
        assert (run.state if run else None, run.done if run else None) == (told["state"], told["done"]), name
        assert not listed[name].config_problem
        assert_same_trials(trials(database, name), told["trials"])
    assert listed["finished"].note == "**kept** from 0.1.0"
    database.prepare()
    for name, told in before.items():
        assert_same_trials(trials(database, name), told["trials"])
    assert [item.name for item in list_ensembles(database)] == ["mine"]
    with database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(scores)).scalar_one() > 50


@pytest.mark.parametrize("name", ["stopped", "running", "queued", "finished"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_search_goes_on_without_losing_a_trial(version: str, name: str, home: Path, tmp_path: Path) -> None:
    before = expected(version, tmp_path)[name]
    database = open_database(f"sqlite:///{unpacked(version, 'studies.db', tmp_path)}")
    if before["state"] != "queued":
        launch.requeue(database, name, before["done"] + 3)
    execute_run(database, name)
    run = next(item.run for item in list_studies(database) if item.name == name)
    assert run is not None
    assert (run.state, run.done) == ("finished", run.asked)
    assert run.done >= before["done"]
    finished = [trial for trial in before["trials"] if trial["state"] != "running"]
    numbers = {trial["number"] for trial in finished}
    assert_same_trials([trial for trial in trials(database, name) if trial["number"] in numbers], finished)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_export_is_taken_in_whole_and_exported_again(version: str, database: Database, tmp_path: Path) -> None:
    before = expected(version, tmp_path)
    file = unpacked(version, "export.db", tmp_path)
    with opened_file(file, database) as source:
        copied = import_studies(source, database, read_contents(source), file.name)
    assert {item.name for item in copied} == set(before)
    for name, told in before.items():
        ended = [trial for trial in told["trials"] if trial["state"] != "running"]
        numbers = {trial["number"] for trial in ended}
        assert_same_trials([trial for trial in trials(database, name) if trial["number"] in numbers], ended)
    summary = export_studies(database, sorted(before), tmp_path / "again.db")
    assert {item.name for item in summary.studies} == set(before)
