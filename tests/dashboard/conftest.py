"""Studies in every state, made with the real backend, and the app on them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import optuna
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import Database
from backend.studies import load_study, runs, trials_frame
from tests.snapshots import made_once

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
PAGES = sorted(path.parent.name for path in APP.parent.glob("views/*/page.py"))
FINISHED, RUNNING, FAILED, FOREIGN, QUEUED = (
    "finished study",
    "running study",
    "failed study",
    "foreign",
    "queued study",
)

Config = Callable[..., SearchConfig]


@pytest.fixture
def finished(database: Database, make_config: Config) -> str:
    """A finished search of twelve cells with known accuracies."""

    def make() -> None:
        prepare(database, make_config(), FINISHED)
        execute_run(database, FINISHED)

    made_once(database, FINISHED, make)
    return FINISHED


@pytest.fixture
def running(database: Database, make_config: Config) -> str:
    """A search of forty cells that this process is running, six of them done."""

    def make() -> None:
        prepare(database, make_config(setup={"n_trials": 6}), RUNNING)
        execute_run(database, RUNNING)

    made_once(database, RUNNING, make)
    study_id = load_study(database, RUNNING)._study_id
    runs.requeue(database, study_id, 40)
    runs.claim(database, study_id)
    return RUNNING


@pytest.fixture
def queued(database: Database, make_config: Config) -> str:
    """A search that no process has begun yet."""
    return prepare(database, make_config(), QUEUED)


@pytest.fixture
def failed(database: Database, make_config: Config) -> str:
    """A search whose process ended unexpectedly before its first trial."""
    prepare(database, make_config(), FAILED)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    runs.note_process(database, load_study(database, FAILED)._study_id, process.pid)
    process.kill()
    process.wait()
    return FAILED


@pytest.fixture
def foreign(database: Database) -> str:
    """A study of plain Optuna, with nothing of ProxyScope in it."""
    study = optuna.create_study(
        storage=database.storage,
        study_name=FOREIGN,
        directions=["maximize", "minimize"],
        sampler=optuna.samplers.RandomSampler(seed=0),
    )
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), trial.suggest_int("depth", 1, 9)), n_trials=8)
    return FOREIGN


@pytest.fixture
def frame(database: Database, finished: str) -> pd.DataFrame:
    """The trials of the finished search."""
    return trials_frame(load_study(database, finished))


@pytest.fixture
def app(home: Path) -> Callable[..., AppTest]:
    """Opens a page of the app, such as ``app("study", study="name")``, on the temporary installation."""
    home.mkdir(exist_ok=True)
    st.cache_data.clear()
    st.cache_resource.clear()

    def open_page(page: str, **parameters: str) -> AppTest:
        test = AppTest.from_file(str(APP), default_timeout=60)
        test.run()
        test.switch_page(f"views/{page}/page.py")
        for name, value in parameters.items():
            test.query_params[name] = value
        return test.run()

    return open_page
