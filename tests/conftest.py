"""Fixtures that all tests share: an installation of its own, and searches that take a moment."""

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest

from backend.config.model import SearchConfig
from backend.storage.database import Database, open_database
from tests.postgres.server import Server, find_programs, running_server

CONFIGS = Path(__file__).parents[1] / "configs"

# Else each process that a test starts would compile all modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_MEMORY, _MEMORY_BYTES = Path("/dev/shm"), 2 * 2**30
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES:
    # Databases wait for their disk at each commit; there is none to wait for in memory.
    for _name in ("TMPDIR", "PYTEST_DEBUG_TEMPROOT"):
        os.environ.setdefault(_name, str(_MEMORY))


def pytest_collection_finish() -> None:
    """Spare the runs of pages what Streamlit does again in each: collect garbage, and scan what is installed."""
    if "streamlit" in sys.modules:
        from streamlit.components.v2 import manifest_scanner  # noqa: PLC0415 - few tests need it

        manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit leaves the app in the place of the main module, where processes that are spawned later would run it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty installation: studies and runs go to a temporary folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("PROXYSCOPE_HOME", str(folder))
    monkeypatch.delenv("PROXYSCOPE_STORAGE", raising=False)
    return folder


@pytest.fixture(scope="session")
def every_state(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, str], str]]:
    """An installation with a study of each kind in each state, and their names; tests read it alone."""
    from tests.states import make_states  # noqa: PLC0415 - it takes the configuration from here

    folder = tmp_path_factory.mktemp("states")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXYSCOPE_HOME", str(folder))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        return folder, make_states(open_database())


@pytest.fixture
def states(
    every_state: tuple[Path, dict[tuple[str, str], str]], monkeypatch: pytest.MonkeyPatch
) -> dict[tuple[str, str], str]:
    """The names of the studies in every state, in the installation that pages and commands open; not to be changed."""
    folder, names = every_state
    monkeypatch.setenv("PROXYSCOPE_HOME", str(folder))
    monkeypatch.delenv("PROXYSCOPE_STORAGE", raising=False)
    return names


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study database with all tables and no study: tests begin with a copy, as making it takes longer."""
    file = tmp_path_factory.mktemp("empty") / "studies.db"
    _made(open_database(f"sqlite:///{file}")).close()
    return file


@pytest.fixture
def file_database(home: Path, empty_file: Path) -> Database:
    """The study database of the empty installation, a file."""
    home.mkdir(exist_ok=True)
    shutil.copyfile(empty_file, home / "studies.db")
    return _made(open_database())


@pytest.fixture
def database(file_database: Database) -> Database:
    """The study database of the empty installation."""
    return file_database


def _made(database: Database) -> Database:
    """A database with all tables, which the first write would make."""
    database.prepare()
    return database


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real PostgreSQL server."""
    with running_server(postgres_programs()) as server:
        yield server


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs; a skip where it is not installed, and a failure in CI."""
    programs = find_programs()
    if programs is None:
        missing("no PostgreSQL: install Debian's package postgresql, or put initdb and postgres on the path")
    return programs


def missing(words: str) -> NoReturn:
    """Skip for want of a program that ``make test`` installs where it can; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The URL, with its password, of an empty database on the server."""
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: Server) -> str:
    """The URL of a study database with all tables and no study: tests begin with a copy."""
    url = postgres_server.create()
    _made(open_database(url)).close()
    return url


@pytest.fixture
def postgres_database(
    home: Path, postgres_server: Server, empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """The study database of the empty installation, on the server: what its pages and commands open too."""
    url = postgres_server.create(template=empty_postgres)
    monkeypatch.setenv("PROXYSCOPE_STORAGE", url)
    database = _made(open_database())
    yield database
    database.close()
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def each_database(request: pytest.FixtureRequest) -> Database:
    """The study database of the empty installation: a file in one test, on the server in another."""
    found: Database = request.getfixturevalue("postgres_database" if request.param == "postgres" else "file_database")
    return found


_LONG = {"browser", "reliability", "postgres"}
"""Folders of tests that take longest each: they begin, so that no process is left with one when all others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first, and mark those that need the server."""
    items.sort(key=lambda item: item.path.parent.name not in _LONG)
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")


@pytest.fixture
def make_config() -> Callable[..., SearchConfig]:
    """Makes searches on the full-size network with proxies that need no pass through it: truth, at no cost."""
    return cheap_config


def cheap_config(
    *,
    cells: dict[str, Any] | None = None,
    setup: dict[str, Any] | None = None,
    runner: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
    hardware: dict[str, Any] | None = None,
) -> SearchConfig:
    """A search over l2_norm, params and flops; each table can be changed, ``hardware`` is ``hardware_cost``."""
    strategy = {
        "setup": {"n_trials": 12, "sampler": "random", **(setup or {})},
        "sw_runner": {"zero_cost": {"metrics": ["l2_norm", "params", "flops"], "num_samples": 2, **(runner or {})}},
        "hw_runner": {
            "average_bitwidth": {"compare_to": 32},
            **({"hardware_cost": hardware} if hardware else {}),
        },
        "metrics": metrics
        or {"l2_norm": {"scale": 1.0, "direction": "maximize"}, "params": {"scale": 0.5, "direction": "minimize"}},
    }
    space = {"nas_zero_cost": {"config": {"dataset": ["cifar10"], **(cells or {})}}}
    return SearchConfig.from_mapping({"search": {"search_space": space, "strategy": strategy}})
