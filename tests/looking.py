"""Databases to look at, and what tells that a look has left no trace."""

import hashlib
import shutil
from pathlib import Path

import optuna

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import open_database
from tests.conftest import cheap_config

CASES = Path(__file__).parent / "data" / "cases"
KINDS = ("plain", "own", "old", "missing", "empty", "no database")
PLAIN, OWN = "made elsewhere", "our own"


def file_of(kind: str, folder: Path) -> Path:
    """A file of a kind, in a folder of its own within another."""
    folder = folder / "databases"
    folder.mkdir()
    file = folder / "studies of a user.db"
    if kind == "plain":
        plain_study(f"sqlite:///{file}")
    elif kind == "own":
        own_study(f"sqlite:///{file}")
    elif kind == "old":
        shutil.copyfile(CASES / "optuna3.1.1.db", file)
    elif kind == "empty":
        file.touch()
    elif kind == "no database":
        file.write_text("these are my notes, not a database " * 40)
    return file


def plain_study(url: str) -> None:
    """A study of plain Optuna, in a database of its own."""
    storage = optuna.storages.RDBStorage(url)
    study = optuna.create_study(storage=storage, study_name=PLAIN, sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=5)
    storage.remove_session()
    storage.engine.dispose()


def own_study(url: str) -> None:
    """A finished search, in a database of its own."""
    database = open_database(url)
    prepare(database, cheap_config(), OWN)
    execute_run(database, OWN)
    database.close()


def traces(*folders: Path) -> dict[str, str]:
    """Every file and folder in folders that may not be there, and what is in each."""
    found = sorted(path for folder in folders for path in (folder, *folder.rglob("*")) if path.exists())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in found}
