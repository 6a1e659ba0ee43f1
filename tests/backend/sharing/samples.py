"""Studies to share: searches of a moment, and one of plain Optuna."""

from pathlib import Path

import optuna

from backend.ensembles.fitting import Recipe
from backend.ensembles.kept import SavedEnsemble, save_ensemble
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.search.results import study_ensemble, target_of
from backend.storage.database import Database, open_database
from backend.studies import load_study, study_config, trials_frame
from backend.studies.notes import save_note
from tests.conftest import cheap_config
from tests.snapshots import made_once

SEARCH, FOREIGN, ENSEMBLE = "a search", "their own", "mine"


def make_search(database: Database, name: str = SEARCH, trials: int = 14, sampler: str = "random") -> str:
    """A finished search; two databases in one state get the same."""
    made_once(database, f"{name} {trials} {sampler}", lambda: run_search(database, name, trials, sampler))
    return name


def run_search(database: Database, name: str = SEARCH, trials: int = 14, sampler: str = "random") -> str:
    """A search that is run here."""
    config = cheap_config(setup={"n_trials": trials, "sampler": sampler})
    execute_run(database, prepare(database, config, name))
    return name


def make_foreign(database: Database, name: str = FOREIGN) -> str:
    """A study of plain Optuna with everything that Optuna can keep, and a running trial."""
    database.prepare()
    study = optuna.create_study(storage=database.storage, study_name=name, direction="maximize")

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_int("depth", 1, 9)
        for step, value in enumerate((0.5, float("nan"), float("inf"))):
            trial.report(value, step)
        trial.set_user_attr("what", {"deep": [1, "ü", None]})
        if trial.number == 1:
            raise optuna.TrialPruned
        if trial.number == 2:
            return float("-inf")
        return trial.suggest_float("x", 1e-3, 1, log=True) + len(trial.suggest_categorical("kind", ["a", "b"]))

    study.optimize(objective, n_trials=5)
    study.enqueue_trial({"depth": 3})
    study.set_user_attr("made by", "somebody")
    return name


def make_ensemble(database: Database, study: str = SEARCH, name: str = ENSEMBLE) -> str:
    """A saved ensemble fitted on a search."""
    loaded = load_study(database, study)
    config = study_config(loaded)
    assert config is not None
    fitted = study_ensemble(trials_frame(loaded), config, Recipe("ridge", ("l2_norm", "params")))
    created = loaded.trials[0].datetime_start
    assert created is not None
    save_ensemble(
        database, SavedEnsemble(name, study, "cifar10", target_of(config), created, {}, fitted.ensemble, "2 images")
    )
    return name


def make_note(database: Database, study: str, text: str) -> None:
    """A note on a study, as optuna-dashboard writes them."""
    save_note(load_study(database, study), text)


def other_database(folder: Path, name: str = "other.db") -> Database:
    """An empty study database, made ready to be written."""
    database = open_database(f"sqlite:///{folder / name}")
    database.prepare()
    return database
