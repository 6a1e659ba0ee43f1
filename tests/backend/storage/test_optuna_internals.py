"""What is relied on of each private part of Optuna and optuna-dashboard, and that no other module names one."""

import ast
import inspect
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import optuna
import optuna_dashboard
import pytest
import sqlalchemy
from alembic.script import ScriptDirectory
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import NullPool, StaticPool, TableClause, create_engine, select

from backend.storage import migrations
from backend.storage.database import Database
from backend.storage.migrations import known_revisions
from backend.storage.optuna_internals import tables, trial_reader
from backend.storage.optuna_internals.bounded_storage import BoundedStorage
from backend.storage.optuna_internals.declared_tables import OPTUNA, make_tables
from backend.storage.optuna_internals.notes import note_body
from backend.storage.optuna_internals.objects import storage_of, study_id_of, trial_id_of
from backend.storage.optuna_internals.study_views import with_one_objective, with_running
from backend.storage.optuna_internals.tables import table_revisions
from backend.storage.optuna_internals.tpe import RememberingTPESampler

ROOT = Path(__file__).parents[3]


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[RDBStorage]:
    made = RDBStorage(f"sqlite:///{tmp_path / 'optuna.db'}")
    yield made
    made.remove_session()
    made.engine.dispose()


@pytest.fixture
def study(storage: RDBStorage) -> optuna.Study:
    """The second of two studies, with two trials that have ended and a running one."""
    optuna.create_study(storage=storage, study_name="first").add_trial(optuna.create_trial(value=0.0))
    made = optuna.create_study(storage=storage, study_name="second", directions=["minimize", "maximize"])
    for value in (1.0, 2.0):
        trial = made.ask()
        trial.suggest_categorical("x", ["a", "b"])
        made.tell(trial, [value, float("-inf")])
    made.ask()
    return made


def test_a_study_has_the_number_that_its_database_gives_it(study: optuna.Study, storage: RDBStorage) -> None:
    assert study_id_of(study) == storage.get_study_id_from_name("second") == 2


def test_tables_are_made_as_optuna_makes_them(storage: RDBStorage) -> None:
    def content(engine: sqlalchemy.Engine) -> tuple[list[Any], ...]:
        queries = ("SELECT sql FROM sqlite_master ORDER BY name", *map("SELECT * FROM {}".format, sorted(tables)))
        with engine.connect() as connection:
            return tuple(connection.exec_driver_sql(query).all() for query in queries)

    tables = set(OPTUNA.tables) | {"alembic_version"}
    made = create_engine("sqlite://", poolclass=StaticPool)
    for _ in range(2):
        with made.begin() as connection:
            make_tables(connection)
    assert content(made) == content(storage.engine)


def test_trials_have_the_numbers_that_their_database_gives_them(study: optuna.Study, storage: RDBStorage) -> None:
    ids = [storage.get_trial_id_from_study_id_trial_number(2, number) for number in range(3)]
    assert [trial_id_of(trial) for trial in study.trials] == ids == [2, 3, 4]
    assert trial_id_of(study.ask()) == 5


def test_the_storage_of_a_study_is_where_others_read_it(study: optuna.Study, storage: RDBStorage) -> None:
    storage_of(study).set_study_system_attr(study_id_of(study), "key", [1])
    assert storage.get_study_system_attrs(2)["key"] == [1]
    assert storage_of(study).set_trial_state_values(4, TrialState.FAIL)
    with pytest.raises(UpdateFinishedTrialError):
        storage_of(study).set_trial_state_values(4, TrialState.FAIL)


def test_the_tables_are_those_that_optuna_makes(storage: RDBStorage) -> None:
    made = sqlalchemy.inspect(storage.engine)
    assert set(OPTUNA.tables) | {"alembic_version"} == set(made.get_table_names())
    for name, declared in OPTUNA.tables.items():
        assert {column["name"] for column in made.get_columns(name)} == set(declared.columns.keys())


@pytest.mark.parametrize("module", [tables, trial_reader])
def test_tables_that_are_read_past_their_types_have_columns_that_there_are(module: object) -> None:
    found = [item for item in vars(module).values() if type(item) is TableClause]
    assert len(found) >= 4
    for table in found:
        assert set(table.columns.keys()) <= set(OPTUNA.tables[table.name].columns.keys())


def test_rows_of_a_study_or_trial_name_it_in_a_column_of_that_name() -> None:
    """Copying and deletion find the rows of a study by it."""
    named = {name for name, table in OPTUNA.tables.items() if {"study_id", "trial_id"} & set(table.columns.keys())}
    assert set(OPTUNA.tables) - named == {"version_info"}


def test_a_session_commits_at_its_end_and_takes_back_what_breaks_off(storage: RDBStorage, study: optuna.Study) -> None:
    def rename(name: str) -> None:
        with _create_scoped_session(storage.scoped_session) as session:
            models.StudyModel.find_or_raise_by_id(2, session).study_name = name
            if name == "broken":
                raise RuntimeError

    rename("other")
    with pytest.raises(RuntimeError):
        rename("broken")
    with storage.engine.connect() as connection:
        names = connection.scalars(select(OPTUNA.tables["studies"].c.study_name)).all()
    assert set(names) == {"first", "other"}


def test_a_storage_works_on_the_engine_that_it_is_given(tmp_path: Path) -> None:
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(tmp_path / "{a} b.db"), poolclass=NullPool)
    with engine.begin() as connection:
        make_tables(connection)
    optuna.create_study(storage=BoundedStorage(engine), study_name="s")
    assert optuna.load_study(study_name="s", storage=BoundedStorage(engine)).user_attrs == {}
    assert [file.name for file in tmp_path.iterdir()] == ["{a} b.db"]


def test_attributes_of_a_study_are_found_by_its_number_and_of_none_there_are_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bounded.db'}"
    study = optuna.create_study(storage=RDBStorage(url))
    storage = BoundedStorage(create_engine(url))
    study.set_user_attr("user", {"a": 1})
    storage.set_study_system_attr(study_id_of(study), "system", 2)
    assert storage.get_study_user_attrs(1) == {"user": {"a": 1}}
    assert storage.get_study_system_attrs(1)["system"] == 2
    for read in (storage.get_study_user_attrs, storage.get_study_system_attrs):
        with pytest.raises(KeyError):
            read(7)


def test_the_cached_storage_keeps_trials_where_the_batched_one_looks(storage: RDBStorage, study: optuna.Study) -> None:
    cached = _CachedStorage(storage)
    cached.get_all_trials(2)
    assert cached._backend is storage
    with cached._lock:
        known = cached._studies[2]
    assert known.last_finished_trial_id == 3
    assert known.unfinished_trial_ids == {4}
    choices = optuna.distributions.CategoricalDistribution(["a", "b"])
    cached.set_trial_param(4, "x", 1.0, choices)
    assert known.param_distribution == {"x": choices}
    assert {number: trial._trial_id for number, trial in known.trials.items()} == {0: 2, 1: 3, 2: 4}
    assert cached._trial_id_to_study_id_and_number[4] == (2, 2)
    other = optuna.load_study(study_name="second", storage=RDBStorage(str(storage.engine.url)))
    other.ask()
    cached._read_trials_from_remote_storage(2)
    assert cached._trial_id_to_study_id_and_number[5] == (2, 3)
    changed = storage._get_trials(2, None, {3}, 2**31 - 1)
    changed[0].user_attrs["seen"] = True
    cached._add_trials_to_cache(2, changed)
    assert known.trials[1].user_attrs == {"seen": True}


def test_trials_are_read_by_their_numbers(storage: RDBStorage, study: optuna.Study) -> None:
    assert [trial.number for trial in storage._get_trials(2, None, {2, 4}, 2**31 - 1)] == [0, 2]
    assert [trial.number for trial in storage._get_trials(2, None, set(), 2)] == [1, 2]


def test_values_are_stored_as_number_and_kind() -> None:
    stored = [models.TrialValueModel.value_to_stored_repr(value) for value in (1.5, float("inf"), float("-inf"))]
    assert [(number, kind.name) for number, kind in stored] == [(1.5, "FINITE"), (None, "INF_POS"), (None, "INF_NEG")]


def test_a_study_tells_samplers_its_trials_and_whether_it_has_several_objectives(study: optuna.Study) -> None:
    assert study._is_multi_objective()
    assert list(inspect.signature(study._get_trials).parameters) == ["deepcopy", "states", "use_cache"]
    shown = with_one_objective(study, lambda trials: [trial.values[0] * 10 for trial in trials])
    assert not shown._is_multi_objective()
    assert [trial.values for trial in shown._get_trials(states=(TrialState.COMPLETE,))] == [[10.0], [20.0]]
    assert [trial.values for trial in shown._get_trials()] == [[10.0], [20.0], None]
    assert [trial.values for trial in study.trials] == [[1.0, float("-inf")], [2.0, float("-inf")], None]


def test_tpe_reads_a_study_through_no_more_than_that(storage: RDBStorage) -> None:
    """It learns from the one objective which choice is better, and the two of the study say the contrary."""
    study = optuna.create_study(storage=storage, directions=["maximize", "maximize"])
    for number in range(20):
        choice = "good" if number % 2 else "bad"
        distributions = {"x": optuna.distributions.CategoricalDistribution(["good", "bad"])}
        values = [0.0, 0.0] if choice == "good" else [1.0, 1.0]
        study.add_trial(optuna.create_trial(values=values, params={"x": choice}, distributions=distributions))

    def is_good(trials: Sequence[FrozenTrial]) -> list[float]:
        return [float(trial.params["x"] == "good") for trial in trials]

    sampler = optuna.samplers.TPESampler(seed=0, multivariate=True, n_startup_trials=5)
    drawn = []
    for _ in range(20):
        shown = with_one_objective(study, is_good)
        trial = storage.get_trial(trial_id_of(study.ask()))
        space = sampler.infer_relative_search_space(study, trial)
        drawn.append(sampler.sample_relative(shown, trial, space)["x"])
    assert drawn.count("good") > 15


def test_a_view_shows_ended_trials_as_running_and_leaves_the_study_as_it_is(study: optuna.Study) -> None:
    shown = with_running(study, {0, 2})
    states = [trial.state for trial in shown._get_trials(use_cache=True)]
    assert states == [TrialState.RUNNING, TrialState.COMPLETE, TrialState.RUNNING]
    assert [trial.number for trial in shown._get_trials(states=(TrialState.COMPLETE,))] == [1]
    assert [trial.values for trial in shown._get_trials(states=(TrialState.RUNNING,))] == [None, None]
    assert study.trials[0].state == TrialState.COMPLETE
    assert with_running(study, set()) is study


def test_tpe_that_remembers_proposes_what_optunas_does() -> None:
    """Optuna calls ``_get_internal_repr`` with the trials to read and the space; ``_get_params`` is of one trial."""
    drawn = []
    for sampler in (optuna.samplers.TPESampler, RememberingTPESampler):
        study = optuna.create_study(sampler=sampler(seed=0, multivariate=True, constant_liar=True, n_startup_trials=5))
        left_open: list[optuna.Trial] = []
        for number in range(40):
            trial = study.ask()
            value = trial.suggest_float("x", 1e-3, 1, log=True) + trial.suggest_categorical("y", [0.0, 1.0, 2.0])
            # A parameter that comes and goes changes the space.
            value += trial.suggest_int("z", 0, 3) if number > 20 and number % 2 else 0
            left_open.append(trial)
            if number % 3 == 0:
                continue
            study.tell(left_open.pop(0), value)
        drawn.append([trial.params for trial in study.trials])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("text", ["**short**", "long " * 3_000, "ü\n\n- a"])
def test_a_note_of_optuna_dashboard_is_put_together(study: optuna.Study, storage: RDBStorage, text: str) -> None:
    optuna_dashboard.save_note(study, text)
    assert note_body(storage.get_study_system_attrs(2)) == text


INTERNALS = ROOT / "backend" / "storage" / "optuna_internals"
_PACKAGES = ("optuna", "optuna_dashboard")


def private_names() -> set[str]:
    """Of the attributes of Optuna's studies, trials, storages and samplers."""
    study = optuna.create_study()
    storages = (RDBStorage, _CachedStorage, study._storage)
    samplers = (optuna.samplers.TPESampler(), optuna.samplers.NSGAIISampler(), optuna.samplers.QMCSampler())
    objects = (study, study.ask(), optuna.create_trial(value=0.0), *storages, *samplers)
    return {name for item in objects for name in dir(item) if name.startswith("_") and not name.startswith("__")}


PRIVATE = private_names()


def private_uses(source: str) -> list[str]:
    """Imports of private parts of Optuna's packages, and attributes of such names of anything but one's own object."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, *parts = name.split(".")
            if package in _PACKAGES and any(part.startswith("_") for part in parts if part != "__version__"):
                found.append(name)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            owner = ast.unparse(node.value)
            if (node.attr in PRIVATE and owner not in {"self", "cls"}) or owner.startswith("optuna."):
                found.append(ast.unparse(node))
    return found


def test_no_other_module_names_a_private_part() -> None:
    files = [file for folder in ("backend", "dashboard") for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    found = {str(file.relative_to(ROOT)): private_uses(file.read_text()) for file in files}
    named = {name: uses for name, uses in found.items() if uses and INTERNALS not in (ROOT / name).parents}
    assert named == {}
    assert found["backend/storage/optuna_internals/batched_storage.py"]


@pytest.mark.parametrize(
    "source",
    [
        "import optuna.storages._rdb.models",
        "from optuna.storages import _rdb",
        "from optuna.storages._rdb import models",
        "from optuna_dashboard._note import x",
        "load_study(database, name)._study_id",
        "self._study._storage",
        "optuna.study._tell",
    ],
)
def test_each_way_to_name_one_is_found(source: str) -> None:
    assert private_uses(source)
    assert not private_uses("self._study_id = study_id_of(study); optuna.__version__; from optuna import Study")


def test_the_names_of_optunas_migrations_are_its_revisions(database: Database) -> None:
    storage = database.storage
    assert table_revisions()[-1] == storage.get_head_version()
    assert sorted(table_revisions()) == sorted(storage.get_all_versions())


def test_the_names_of_our_migrations_are_their_revisions() -> None:
    scripts = ScriptDirectory.from_config(migrations._config())
    assert known_revisions() == [script.revision for script in scripts.walk_revisions()][::-1]
