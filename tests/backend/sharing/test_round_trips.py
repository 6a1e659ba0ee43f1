"""A study that was written to a file and taken in elsewhere is the same study."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import optuna
import pytest
from optuna_dashboard import get_note, save_note
from sqlalchemy import insert

from backend.ensembles.kept import list_ensembles
from backend.errors import StorageError, UserError
from backend.runs.execute import execute_run
from backend.runs.launch import prepare, requeue
from backend.sharing.contents import find, read_contents
from backend.sharing.export import export_studies
from backend.sharing.inspection.opening import opened_file
from backend.sharing.preview import arrivals
from backend.sharing.source import snapshot
from backend.sharing.transfer import copy_studies
from backend.storage import schema as tables
from backend.storage.database import Database, open_database
from backend.storage.scores import insert_new
from backend.studies import (
    delete_study,
    list_studies,
    load_study,
    rename_study,
    runs,
    trials_frame,
)
from tests.backend.sharing import samples
from tests.backend.sharing.equality import (
    assert_same_study,
    ensembles_of,
    log_of,
    scores_of,
)
from tests.browser.app import free_port
from tests.conftest import cheap_config


def take_in(path: Path, database: Database, *names: str) -> list[str]:
    """Import a file; returns the names of what was copied."""
    with opened_file(path) as source:
        contents = read_contents(source)
        chosen = [find(contents, name) for name in names] or contents
        return [item.name for item in copy_studies(source, database, chosen)]


def statuses(path: Path, database: Database) -> dict[str, str]:
    with opened_file(path) as source:
        return {item.study.name: item.status for item in arrivals(read_contents(source), database)}


@pytest.mark.slow
def test_a_file_carries_searches_whole_to_another_installation(database: Database, tmp_path: Path) -> None:
    for sampler in ("random", "nsgaii"):
        samples.make_search(database, f"by {sampler}", 60, sampler)
    samples.make_note(database, "by random", "**what** it showed\n" + "ü" * 5_000)
    samples.make_ensemble(database, "by random")
    summary = export_studies(database, ["by random", "by nsgaii"], tmp_path / "two.db")
    assert [item.trials >= 60 for item in summary.studies] == [True, True]
    other = samples.other_database(tmp_path)
    samples.make_foreign(other, "in the way of ids")
    assert take_in(tmp_path / "two.db", other) == ["by nsgaii", "by random"]
    for name in ("by random", "by nsgaii"):
        assert_same_study(database, name, other, name)
    assert ensembles_of(database) == ensembles_of(other)
    assert scores_of(other) == scores_of(database) != set()
    # The last line names the folder of the results.
    assert log_of(database, "by random")[:-1] == log_of(other, "by random")[:-1]
    assert log_of(other, "by random")[-1][-1].endswith("results in …/by random")


@pytest.mark.slow
def test_a_copied_generation_has_its_parents(database: Database, tmp_path: Path) -> None:
    # A generation is of fifty.
    name = samples.make_search(database, "by nsgaii", 60, "nsgaii")
    other = samples.other_database(tmp_path)
    samples.make_foreign(other, "in the way of ids")
    export_studies(database, [name], tmp_path / "a.db")
    take_in(tmp_path / "a.db", other)
    kept = other.storage.get_study_system_attrs(load_study(other, name)._study_id)
    ids = {trial._trial_id for trial in load_study(other, name).trials}
    parents = [set(value) for key, value in kept.items() if ":parent:" in key]
    assert parents
    assert all(found <= ids for found in parents)


def test_a_study_of_plain_optuna_comes_with_all_that_optuna_keeps(database: Database, tmp_path: Path) -> None:
    samples.make_foreign(database)
    samples.make_note(database, samples.FOREIGN, "a note")
    export_studies(database, [samples.FOREIGN], tmp_path / "a.db")
    other = samples.other_database(tmp_path)
    take_in(tmp_path / "a.db", other)
    assert_same_study(database, samples.FOREIGN, other, samples.FOREIGN)


def test_a_note_on_a_trial_stays_with_its_trial(database: Database, tmp_path: Path) -> None:
    samples.make_foreign(database)
    trial = load_study(database, samples.FOREIGN).trials[3]
    save_note(optuna.Trial(load_study(database, samples.FOREIGN), trial._trial_id), "the third")
    other = samples.other_database(tmp_path)
    samples.make_foreign(other, "in the way of ids")
    export_studies(database, [samples.FOREIGN], tmp_path / "a.db")
    take_in(tmp_path / "a.db", other)
    study = load_study(other, samples.FOREIGN)
    notes = [get_note(optuna.Trial(study, trial._trial_id)) for trial in study.trials]
    assert notes == ["", "", "", "the third", "", ""]


@pytest.mark.slow
def test_importing_twice_makes_no_double_whatever_it_is_called_by_then(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    samples.make_foreign(database)
    samples.make_ensemble(database)
    path = tmp_path / "a.db"
    export_studies(database, [samples.SEARCH, samples.FOREIGN], path)
    assert statuses(path, database) == {samples.SEARCH: "here", samples.FOREIGN: "here"}
    other = samples.other_database(tmp_path)
    take_in(path, other)
    rename_study(other, samples.SEARCH, "renamed")
    rename_study(other, samples.FOREIGN, "also renamed")
    assert statuses(path, other) == {samples.SEARCH: "here", samples.FOREIGN: "here"}
    assert take_in(path, other) == []
    assert len(list_studies(other)) == 2
    assert len(list_ensembles(other)) == 1
    delete_study(other, "renamed")
    assert take_in(path, other) == [samples.SEARCH]
    assert len(list_ensembles(other)) == 1


def test_a_taken_name_is_numbered_and_its_ensemble_follows(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    samples.make_ensemble(database)
    path = tmp_path / "a.db"
    export_studies(database, [samples.SEARCH], path)
    other = samples.other_database(tmp_path)
    samples.make_search(other, samples.SEARCH, 20, "qmc")
    samples.make_ensemble(other)
    assert take_in(path, other) == [f"{samples.SEARCH} 2"]
    assert_same_study(database, samples.SEARCH, other, f"{samples.SEARCH} 2")
    found = {(item.name, item.study) for item in list_ensembles(other)}
    assert found == {(samples.ENSEMBLE, samples.SEARCH), (f"{samples.ENSEMBLE} 2", f"{samples.SEARCH} 2")}


def test_a_study_that_went_on_is_added_beside_and_overwrites_nothing(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    other = samples.other_database(tmp_path)
    export_studies(database, [samples.SEARCH], tmp_path / "early.db")
    take_in(tmp_path / "early.db", other)
    before = trials_frame(load_study(other, samples.SEARCH))
    requeue(database, samples.SEARCH, 20)
    execute_run(database, samples.SEARCH)
    export_studies(database, [samples.SEARCH], tmp_path / "late.db")
    with opened_file(tmp_path / "late.db") as source:
        (arrival,) = arrivals(read_contents(source), other)
    assert (arrival.status, arrival.here, arrival.name) == ("more", samples.SEARCH, f"{samples.SEARCH} 2")
    assert "more trials" in arrival.words
    assert statuses(tmp_path / "early.db", database) == {samples.SEARCH: "fewer"}
    assert take_in(tmp_path / "late.db", other) == [f"{samples.SEARCH} 2"]
    assert trials_frame(load_study(other, samples.SEARCH)).equals(before)
    assert_same_study(database, samples.SEARCH, other, f"{samples.SEARCH} 2")
    assert statuses(tmp_path / "late.db", other) == {samples.SEARCH: "here"}


def test_an_imported_search_goes_on(database: Database, tmp_path: Path) -> None:
    samples.make_search(database, sampler="nsgaii")
    export_studies(database, [samples.SEARCH], tmp_path / "a.db")
    other = samples.other_database(tmp_path)
    take_in(tmp_path / "a.db", other)
    requeue(other, samples.SEARCH, 20)
    assert execute_run(other, samples.SEARCH).done == 20


def test_a_search_in_work_is_stopped_in_the_copy_and_its_open_trial_has_failed(
    database: Database, tmp_path: Path
) -> None:
    samples.make_search(database)
    study = load_study(database, samples.SEARCH)
    runs.requeue(database, study._study_id, 40)
    runs.claim(database, study._study_id)
    study.ask()
    export_studies(database, [samples.SEARCH], tmp_path / "a.db")
    other = samples.other_database(tmp_path)
    take_in(tmp_path / "a.db", other)
    (summary,) = list_studies(other)
    assert summary.run is not None
    assert (summary.run.state, summary.run.host, summary.run.pid) == ("stopped", None, None)
    assert summary.run.message == "it was still running where it was copied from, with 14 of 40 done"
    assert load_study(other, samples.SEARCH).trials[-1].state == optuna.trial.TrialState.FAIL
    assert load_study(database, samples.SEARCH).trials[-1].state == optuna.trial.TrialState.RUNNING
    run = runs.read_run(database, study._study_id)
    assert run is not None
    assert run.state == "running"


@pytest.mark.slow
def test_exports_while_a_search_writes_are_each_of_one_moment(database: Database, tmp_path: Path) -> None:
    samples.make_search(database, "finished before")
    name = prepare(database, cheap_config(cells={"C": [8]}, setup={"n_trials": 120}), "in work")
    worker = threading.Thread(target=execute_run, args=(database, name))
    worker.start()
    counts = []
    while worker.is_alive():
        path = tmp_path / f"{len(counts)}.db"
        export_studies(database, [name], path)
        with opened_file(path) as source:
            (study,) = read_contents(source)
        trials = optuna.load_study(study_name=name, storage=f"sqlite:///{path}").trials
        assert [trial.number for trial in trials] == list(range(len(trials)))
        whole = [trial for trial in trials if trial.state == optuna.trial.TrialState.COMPLETE]
        assert all({"arch", "index", "software_metrics"} <= set(trial.user_attrs) for trial in whole)
        assert study.progress.trials >= len(whole)
        counts.append(len(trials))
    worker.join()
    assert counts == sorted(counts)
    assert len(set(counts)) > 2
    assert len(load_study(database, name).trials) >= 120


def test_only_scores_that_the_study_s_trials_record_go_along(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    own = scores_of(database)
    stranger = {"setting": "f" * 64, "class_key": min(row[3] for row in own), "proxy": "zen", "version": 1}
    with database.engine.begin() as connection:
        insert_new(connection, [{**stranger, "space": "nas_bench_201", "space_version": 1, "value": 1.5}])
    export_studies(database, [samples.SEARCH], tmp_path / "a.db")
    other = samples.other_database(tmp_path)
    take_in(tmp_path / "a.db", other)
    assert scores_of(other) == own


def test_scores_that_are_there_stay(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    export_studies(database, [samples.SEARCH], tmp_path / "a.db")
    *key, value = min(scores_of(database))
    other = samples.other_database(tmp_path)
    names = ("setting", "space", "space_version", "class_key", "proxy", "version")
    with other.begin() as connection:
        insert_new(connection, [dict(zip(names, key, strict=True)) | {"value": -1.0}])
    take_in(tmp_path / "a.db", other)
    assert (*key, -1.0) in scores_of(other)
    assert (*key, value) not in scores_of(other)


def test_a_file_says_nothing_of_this_machine(database: Database, home: Path, tmp_path: Path) -> None:
    samples.run_search(database)
    study_id = load_study(database, samples.SEARCH)._study_id
    runs.append_log(
        database, study_id, "INFO", "cannot reach postgresql://me:secret@db.example/x, see /home/me/a/b.log"
    )
    export_studies(database, [samples.SEARCH], tmp_path / "a.db")
    content = (tmp_path / "a.db").read_bytes()
    assert not any(word in content for word in (str(home).encode(), b"secret", b"/home/me", str(tmp_path).encode()))
    assert b"results in" in content


def test_a_file_that_is_there_is_left_alone(database: Database, tmp_path: Path) -> None:
    samples.make_foreign(database)
    path = tmp_path / "a.db"
    path.write_text("dear to me")
    with pytest.raises(UserError, match=r"a\.db is there already; give another name, or --force"):
        export_studies(database, [samples.FOREIGN], path)
    assert path.read_text() == "dear to me"
    export_studies(database, [samples.FOREIGN], path, force=True)
    assert statuses(path, database) == {samples.FOREIGN: "here"}


def test_an_export_that_fails_leaves_nothing(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    samples.make_foreign(database)
    with pytest.raises(UserError, match="no study 'x'; there are: their own"):
        export_studies(database, [samples.FOREIGN, "x"], folder / "a.db")
    with pytest.raises(StorageError, match="a folder that is there"):
        export_studies(database, [samples.FOREIGN], folder / "not" / "a.db")
    assert list(folder.iterdir()) == []


def test_the_file_is_one_plain_database_that_optuna_reads_where_nothing_can_be_written(
    database: Database, tmp_path: Path
) -> None:
    samples.make_search(database)
    path = tmp_path / "a.db"
    export_studies(database, [samples.SEARCH], path)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith("a.db")] == ["a.db"]
    script = (
        "import optuna, sys\n"
        "study = optuna.load_study(study_name=sys.argv[1], storage=f'sqlite:///{sys.argv[2]}')\n"
        "print(len(study.trials), study.metric_names, len(study.best_trials))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, samples.SEARCH, str(path)], capture_output=True, text=True, check=False
    )
    study = load_study(database, samples.SEARCH)
    assert done.stdout.strip() == f"{len(study.trials)} {study.metric_names} {len(study.best_trials)}"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_optuna_dashboard_shows_the_file(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    path = tmp_path / "a.db"
    export_studies(database, [samples.SEARCH], path)
    port = free_port()
    program = Path(sys.executable).with_name("optuna-dashboard")
    process = subprocess.Popen(
        [program, f"sqlite:///{path}", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert samples.SEARCH in fetched(f"http://127.0.0.1:{port}/api/studies")
    finally:
        process.terminate()
        process.wait(timeout=30)


def fetched(address: str) -> str:
    """What a server answers, once it does."""
    for _ in range(300):
        try:
            with urlopen(address, timeout=30) as answer:
                return str(answer.read().decode())
        except OSError:
            threading.Event().wait(0.2)
    raise AssertionError(f"no answer from {address}")


def test_a_teammate_s_whole_database_is_taken_in_as_it_is(home: Path, tmp_path: Path) -> None:
    database = open_database()
    samples.make_search(database)
    samples.make_foreign(database)
    with database.engine.begin() as connection:
        connection.execute(insert(tables.queue_workers).values(host="elsewhere", parallel=2))
    database.storage.remove_session()
    database.engine.dispose()
    other = samples.other_database(tmp_path)
    assert set(take_in(home / "studies.db", other)) == {samples.SEARCH, samples.FOREIGN}
    assert_same_study(database, samples.SEARCH, other, samples.SEARCH)


def test_a_plain_optuna_database_is_taken_in_once(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    optuna.create_study(storage=storage, study_name="Größe/1").optimize(lambda trial: trial.suggest_float("x", 0, 1), 3)
    storage.remove_session()
    storage.engine.dispose()
    assert take_in(path, database) == ["Größe/1"]
    assert take_in(path, database) == []
    assert len(load_study(database, "Größe/1").trials) == 3


def test_studies_are_copied_between_databases_under_their_own_names(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    samples.make_foreign(database, "of/the team ü")
    other = samples.other_database(tmp_path)
    with snapshot(database) as source:
        assert len(copy_studies(source, other, read_contents(source))) == 2
    assert_same_study(database, samples.SEARCH, other, samples.SEARCH)
    assert_same_study(database, "of/the team ü", other, "of/the team ü")
    assert log_of(database, samples.SEARCH) == log_of(other, samples.SEARCH)


def test_a_study_that_cannot_be_copied_whole_is_not_copied(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    other = samples.other_database(tmp_path)
    with other.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON proxyscope_run_log WHEN NEW.level = 'info' "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    with snapshot(database) as source, pytest.raises(UserError, match="disk full"):
        copy_studies(source, other, read_contents(source))
    assert list_studies(other) == []
    with other.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM trials").scalar() == 0
