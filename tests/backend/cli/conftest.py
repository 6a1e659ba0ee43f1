"""Studies that the commands' tests only copy: each is searched once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.sharing.export import export_studies
from backend.storage.database import Database, open_database
from tests.backend.sharing import samples
from tests.conftest import cheap_config

FITTED, SMALL = "a", "small"


@contextmanager
def installation(folder: Path) -> Iterator[Database]:
    """The study database of an installation in a folder, to be filled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXYSCOPE_HOME", str(folder))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        database = open_database()
        database.prepare()
        yield database
        # What is copied is one file, without a log beside it.
        database.close()


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a search, its ensemble and a study of plain Optuna, and the file ``two.db`` with them."""
    folder = tmp_path_factory.mktemp("samples")
    with installation(folder) as database:
        samples.make_search(database)
        samples.make_ensemble(database)
        samples.make_foreign(database)
        export_studies(database, [samples.SEARCH, samples.FOREIGN], folder / "two.db")
    return folder


@pytest.fixture(scope="session")
def fitted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a search that ensembles can be fitted on, and one that is too small for it."""
    folder = tmp_path_factory.mktemp("fitted")
    with installation(folder) as database:
        for name, trials in ((FITTED, 30), (SMALL, 3)):
            execute_run(database, prepare(database, cheap_config(setup={"n_trials": trials}), name))
    return folder


@pytest.fixture
def with_samples(sample_home: Path, home: Path) -> Database:
    """The study database of the installation, with the samples in it."""
    shutil.copytree(sample_home, home)
    return open_database()


@pytest.fixture
def with_fitted(fitted_home: Path, home: Path) -> Database:
    """The study database of the installation, with the searches to fit ensembles on in it."""
    shutil.copytree(fitted_home, home)
    return open_database()
