"""What pages read of a configuration, cached: the search that it describes, what prevents it, how long it takes."""

import streamlit as st

from backend.config.model import SearchConfig
from backend.errors import ConfigError
from backend.runs import estimate as pace
from backend.runs import launch, measured
from backend.runs.estimate import Pace
from backend.runs.measured import Measurement
from backend.search.problem import SearchProblem
from backend.spaces import registry
from backend.spaces.base import SpaceSection
from backend.spaces.capabilities import Choices, capability
from backend.storage.database import Database
from backend.studies import list_studies
from dashboard.data.queries import database
from dashboard.server import session
from dashboard.server.session import storage_key

_CHECK_SECONDS = 30


def left(section: SpaceSection) -> str:
    """How much the choices of a search file leave to search, in Markdown; "" for a space without choices."""
    return _left(section.name, section.model_dump_json(), section)


def known_pace(config: SearchConfig) -> Pace | None:
    """Seconds an architecture takes, as searches and measurements of this machine say; None where none was like it."""
    searched = _known_pace(storage_key(), config.to_toml(), database())
    if searched and searched.is_same:
        return searched
    found = measurement(config)
    return (pace.measured_pace(config, found) if found else None) or searched


def measurement(config: SearchConfig) -> Measurement | None:
    """What was measured here with a configuration's settings, whatever its proxies; None for scores of a table.

    It is read each time, from a file of some kilobytes: another session may have measured.
    """
    return measured.find(config) if config.runner.scores == "compute" else None


def measure_pace(config: SearchConfig) -> Pace:
    """Measure the seconds that an architecture takes, and what each proxy adds, and keep both; it takes seconds.

    Raises:
        UserError: images or device are not there.
        StorageError: nothing can be written to the storage folder.
    """
    return pace.measure_pace(config)


def problem(config: SearchConfig) -> SearchProblem:
    """What a configuration searches, built once for all pages.

    Raises:
        UserError: a cost is not known of the space's architectures.
    """
    return _problem(config.to_toml())


def networks(config: SearchConfig) -> tuple[int, int]:
    """How many networks of the search space keep the limits, and how many can be scored."""
    return _networks(config.to_toml())


def allowed(config: SearchConfig) -> list[int]:
    """Indices of the architectures that a search allows, as ``SearchProblem.allowed`` gives them."""
    return _allowed(config.to_toml())


def machine_problems(config: SearchConfig, *, reads_images: bool = True) -> list[tuple[str, str]]:
    """What the configuration needs that this machine has not: ``(field, message)`` each; nothing in a look.

    Args:
        config: of the search.
        reads_images: whether to look for its images; not where another has named the path.
    """
    if session.read_only():
        # A viewer, who cannot launch anything, is not told what this machine holds.
        return []
    return _machine_problems(storage_key(), config.to_toml(), reads_images, database())


@st.cache_data(show_spinner=False, max_entries=200)
def _left(name: str, choices: str, _section: SpaceSection) -> str:
    del choices
    restricted = registry.get(name).restricted(_section)
    found = capability(restricted, Choices)
    return found.left() if found else ""


@st.cache_data(show_spinner=False, ttl=_CHECK_SECONDS, max_entries=50)
def _known_pace(storage: str, toml: str, _database: Database) -> Pace | None:
    del storage
    return pace.known_pace(_database, SearchConfig.from_toml(toml), list_studies(_database))


@st.cache_resource(show_spinner=False, max_entries=20)
def _problem(toml: str) -> SearchProblem:
    # A study may be another's: to look at it reads none of the paths that it names.
    return SearchProblem(SearchConfig.from_toml(toml), reads_images=False)


@st.cache_data(show_spinner=False, max_entries=200)
def _networks(toml: str) -> tuple[int, int]:
    searched = _problem(toml)
    return len(searched.feasible), len(searched.members)


@st.cache_data(show_spinner=False, max_entries=50)
def _allowed(toml: str) -> list[int]:
    return _problem(toml).allowed()


@st.cache_data(show_spinner=False, ttl=_CHECK_SECONDS, max_entries=50)
def _machine_problems(storage: str, toml: str, reads_images: bool, _database: Database) -> list[tuple[str, str]]:
    del storage
    try:
        launch.check(_database, SearchConfig.from_toml(toml), reads_images=reads_images)
    except ConfigError as error:
        return error.problems
    return []
