"""What pages read from the backend, cached: a live study is read again only when it has new trials."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from backend.analysis import distribution as standing
from backend.analysis.importance import parameter_importances
from backend.analysis.pareto import pareto_front
from backend.config.model import SearchConfig
from backend.ensembles.kept import SavedEnsemble, ensembles_state, list_ensembles
from backend.ensembles.study import StudyEnsemble
from backend.errors import ConfigError
from backend.proxies.own import load_user_proxies
from backend.runs import estimate as pace
from backend.runs import launch
from backend.runs.estimate import Pace
from backend.search.problem import SearchProblem
from backend.search.results import recommendation_rule, study_ensemble, study_recommendation
from backend.spaces.base import Enumerable, Parameter, Parameters, capability
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.options import CellChoices
from backend.spaces.nas_bench_201.space import NasBench201
from backend.spaces.own import load_user_spaces
from backend.storage.database import Database
from backend.studies import (
    StudySummary,
    best_table,
    list_studies,
    load_study,
    runs,
    workers,
)
from backend.studies.live_trials import LiveTrials, Snapshot
from backend.studies.overview import Overview, OverviewReader
from backend.truth import measures
from backend.truth.measures import Measure
from dashboard.data.quantities import Direction
from dashboard.server import session
from dashboard.server.session import storage_key

_CHECK_SECONDS = 30


class SpaceSize(NamedTuple):
    """What a search space holds: combinations of operations, connected cells, distinct ones, sizes, networks."""

    combinations: int
    connected: int
    distinct: int
    sizes: int
    networks: int


def database() -> Database:
    """The study database of this session, as ``dashboard.server.session`` gives it."""
    return session.database()


@st.cache_resource(show_spinner=False)
def load_own_code() -> None:
    """Load the user's own proxies and search spaces into this process, once.

    Raises:
        UserError: a file that the environment names is missing or does not load.
    """
    load_user_proxies()
    load_user_spaces()


def studies() -> list[StudySummary]:
    """All studies, the newest first."""
    return list_studies(database())


def overviews(summaries: Sequence[StudySummary], seconds: float) -> tuple[dict[int, Overview], int]:
    """What studies have found, by study id, and how many were not read yet within the seconds given."""
    found, pending = _overview_reader(storage_key(), database()).read(summaries, seconds)
    return found, pending


def find_study(name: str) -> StudySummary:
    """One study of the list.

    Raises:
        UserError: there is none of that name; the message lists some that there are.
    """
    load_study(database(), name)
    return next(summary for summary in studies() if summary.name == name)


def current_run(summary: StudySummary) -> runs.Run | None:
    """How the study's run stands now; None for a study made elsewhere."""
    return runs.read_run(database(), summary.study_id) if summary.run else None


def log(summary: StudySummary, last: int = 200) -> list[runs.LogLine]:
    """The last lines of a run's log, oldest first."""
    return runs.read_log(database(), summary.study_id, last)


def workers_of(summary: StudySummary) -> list[workers.Worker]:
    """The processes that share, or have shared, the study's run."""
    return workers.list_workers(database(), summary.study_id)


def trials(summary: StudySummary) -> pd.DataFrame:
    """The study's trials as ``backend.studies.trials_frame`` gives them."""
    # What is changed in a shallow copy is copied first: the table in memory stays as it is.
    return _read(summary).frame.copy(deep=False)


def reading(summary: StudySummary) -> tuple["Key", pd.DataFrame]:
    """The study's trials as :func:`trials` gives them, with the key of just these."""
    snapshot = _read(summary)
    return _key(summary, snapshot), snapshot.frame.copy(deep=False)


def best(summary: StudySummary, epochs: int) -> pd.DataFrame:
    """The mission's table of the best trials, with the truth after 12 or 200 epochs."""
    return best_table(_read(summary).front, epochs)


def recommendation(summary: StudySummary, config: SearchConfig) -> tuple[pd.DataFrame, str]:
    """The cells of the study to train, as ``backend.search.results`` names them, and the rule in words."""
    return _recommendation(*revision_key(summary), config.to_toml(), trials(summary))


def ensemble(summary: StudySummary, config: SearchConfig) -> StudyEnsemble:
    """The linear ensemble of the study's proxies.

    Raises:
        UserError: too few cells with known accuracy.
    """
    return _ensemble(*revision_key(summary), config.to_toml(), trials(summary))


def saved_ensembles() -> list[SavedEnsemble]:
    """The saved ensembles, the newest first."""
    return _saved_ensembles(storage_key(), ensembles_state(database()), database())


def importances(summary: StudySummary, column: str, direction: Direction) -> "pd.Series[float]":
    """How much each parameter matters for a quantity, as ``backend.analysis.importance`` finds it.

    Of a live study they are as of a short time ago: found anew whenever it has grown by a twentieth.

    Raises:
        UserError: too few trials, or nothing that varies.
    """
    snapshot = _read(summary)
    size = len(snapshot.ended) if summary.run is None or not summary.run.active else _rounded(len(snapshot.ended))
    storage, name, study_id, created, _ = revision_key(summary)
    return _importances(storage, name, study_id, created, size, column, direction, snapshot)


def counted(config: SearchConfig | None) -> str:
    """What a search counts, in words; "trials" where its configuration cannot be read."""
    if config is None or config.setup.distinct == "trial":
        return "trials"
    return f"distinct {config.space.words.many}"


def parameters_of(summary: StudySummary) -> Sequence[Parameter]:
    """The parameters with titles and options of the space that a study searches; none where it has none."""
    titled = capability(summary.space, Parameters) if summary.space else None
    return titled.parameters if titled else ()


def space_size(choices: CellChoices) -> SpaceSize:
    """How many cells and networks the choices leave."""
    return _space_size(choices.model_dump_json())


def known_pace(config: SearchConfig) -> Pace | None:
    """Seconds a cell as searches of this machine say; None where none was like this one."""
    return _known_pace(storage_key(), config.to_toml(), database())


def measure_pace(config: SearchConfig) -> Pace:
    """Seconds a cell by scoring a few, which takes seconds.

    Raises:
        UserError: images or device are not there.
    """
    return pace.measure_pace(config)


def networks(config: SearchConfig) -> tuple[int, int]:
    """How many networks of the search space keep the limits, and how many are connected."""
    return _networks(config.to_toml())


def allowed_cells(config: SearchConfig) -> list[int]:
    """Indices of the architectures that a search allows, as ``SearchProblem.allowed`` gives them."""
    return _allowed_cells(config.to_toml())


def machine_problems(config: SearchConfig) -> list[tuple[str, str]]:
    """What the configuration needs that this machine has not: ``(field, message)`` each; nothing in a look."""
    if session.read_only():
        # Whoever launches nothing is not told what lies on this machine.
        return []
    return _machine_problems(storage_key(), config.to_toml(), database())


def space(*shown: Measure) -> pd.DataFrame:
    """Quantities of all cells as ``backend.truth.measures.measured`` gives them."""
    return _space(shown)


@st.cache_data(show_spinner=False, max_entries=50)
def space_front(x: Measure, y: Measure) -> "pd.Series[bool]":
    """Which cells of the space no other beats in two quantities, by official index."""
    return pareto_front(_space((x, y)), {x.sourced: x.better, y.sourced: y.better})


@st.cache_data(show_spinner=False, max_entries=50)
def rank_agreement(x: Measure, y: Measure) -> tuple[float, float]:
    """Spearman's ρ and Kendall's τ of two quantities over the cells where both are known."""
    known = _space((x, y)).dropna()
    first, second = known[x.sourced], known[y.sourced]
    return first.corr(second, method="spearman"), first.corr(second, method="kendall")


@st.cache_data(show_spinner=False, max_entries=100)
def standings(measure: Measure) -> pd.DataFrame:
    """Where every cell stands in a quantity, as ``backend.analysis.distribution.standings`` gives it."""
    return standing.standings(measures.values(measure), measure.better)


def standing_of(cell: Cell, measure: Measure) -> dict[str, float]:
    """A cell's value, rank, percentile and gap to the best."""
    return {str(name): float(column[cell.index]) for name, column in standings(measure).items()}


def best_cell(measure: Measure) -> Cell:
    """The best cell of the space in a quantity; of equal ones that of the lowest index."""
    return Cell.from_index(standings(measure)["rank"].nsmallest(1).index[0])


def forget_study() -> None:
    """Drop what is held of studies, after one was deleted: its name may come back with other trials."""
    cached: list[Callable[..., object]] = [_live, _ensemble, _recommendation, _importances]
    for function in cached:
        function.clear()  # type: ignore[attr-defined]


Key = tuple[str, str, int, datetime | None, tuple[int, int]]


def revision_key(summary: StudySummary) -> Key:
    """What a read of a study depends on: which it is, and where; how many of its trials there are, and have ended."""
    return _key(summary, _read(summary))


def _key(summary: StudySummary, snapshot: Snapshot) -> Key:
    return storage_key(), summary.name, summary.study_id, summary.created, snapshot.revision


def _read(summary: StudySummary) -> Snapshot:
    """The study as it is now; only the trials that are new are read.

    Raises:
        UserError: it was deleted, in another window or on another machine.
    """
    try:
        return _live(storage_key(), summary.name, summary.study_id, summary.created, database()).read()
    except KeyError:
        # Loading it anew says in words that it is gone.
        forget_study()
        load_study(database(), summary.name)
        raise


@st.cache_resource(show_spinner=False)
def _overview_reader(storage: str, _database: Database) -> OverviewReader:
    """Holds what was read of each study, for all sessions on that database."""
    del storage
    return OverviewReader(_database)


@st.cache_resource(show_spinner=False, max_entries=20)
def _live(storage: str, name: str, study_id: int, created: datetime | None, _database: Database) -> LiveTrials:
    """A study's trials, which this holds and adds to."""
    del storage, study_id, created
    return LiveTrials(_database, load_study(_database, name))


@st.cache_data(show_spinner=False, max_entries=20)
def _recommendation(
    storage: str,
    name: str,
    study_id: int,
    created: datetime | None,
    revision: tuple[int, int],
    toml: str,
    _frame: pd.DataFrame,
) -> tuple[pd.DataFrame, str]:
    del storage, name, study_id, created, revision
    config = SearchConfig.from_toml(toml)
    return study_recommendation(_frame, config), recommendation_rule(_frame, config)


@st.cache_data(show_spinner=False, max_entries=20)
def _ensemble(
    storage: str,
    name: str,
    study_id: int,
    created: datetime | None,
    revision: tuple[int, int],
    toml: str,
    _frame: pd.DataFrame,
) -> StudyEnsemble:
    del storage, name, study_id, created, revision
    return study_ensemble(_frame, SearchConfig.from_toml(toml))


@st.cache_resource(show_spinner=False, max_entries=5)
def _saved_ensembles(storage: str, state: tuple[int, int], _database: Database) -> list[SavedEnsemble]:
    """Held while nothing is saved or deleted, since each one is fitted again as it is read."""
    del storage, state
    return list_ensembles(_database)


@st.cache_data(show_spinner=False, max_entries=50)
def _importances(
    storage: str,
    name: str,
    study_id: int,
    created: datetime | None,
    size: int,
    column: str,
    direction: Direction,
    _snapshot: Snapshot,
) -> "pd.Series[float]":
    del storage, name, study_id, created, size
    frame = _snapshot.frame
    known = frame.loc[(frame["state"] == "complete") & np.isfinite(frame[column]), ["number", column]]
    return parameter_importances(_snapshot.ended, dict(known.itertuples(index=False)), direction)


def _rounded(number: int) -> int:
    """The same for numbers that differ by less than a twentieth."""
    return int(math.log(max(number, 1), 1.05))


@st.cache_data(show_spinner=False, max_entries=50)
def _space(shown: tuple[Measure, ...]) -> pd.DataFrame:
    return measures.measured(shown)


@st.cache_data(show_spinner=False, max_entries=200)
def _space_size(choices: str) -> SpaceSize:
    parsed = CellChoices.model_validate_json(choices)
    space = NasBench201(parsed)
    sizes = len(parsed.C) * len(parsed.N)
    connected = len(space.connected_cells)
    return SpaceSize(space.combinations, connected, space.distinct_cells, sizes, connected * sizes)


@st.cache_data(show_spinner=False, ttl=_CHECK_SECONDS, max_entries=50)
def _known_pace(storage: str, toml: str, _database: Database) -> Pace | None:
    del storage
    return pace.known_pace(_database, SearchConfig.from_toml(toml), list_studies(_database))


@st.cache_data(show_spinner=False, max_entries=200)
def _networks(toml: str) -> tuple[int, int]:
    problem = SearchProblem(SearchConfig.from_toml(toml))
    space = capability(problem.space, Enumerable)
    return (0, 0) if space is None else (len(problem.feasible), sum(1 for _ in space.members()))


@st.cache_data(show_spinner=False, max_entries=50)
def _allowed_cells(toml: str) -> list[int]:
    return SearchProblem(SearchConfig.from_toml(toml)).allowed()


@st.cache_data(show_spinner=False, ttl=_CHECK_SECONDS, max_entries=50)
def _machine_problems(storage: str, toml: str, _database: Database) -> list[tuple[str, str]]:
    del storage
    try:
        launch.check(_database, SearchConfig.from_toml(toml))
    except ConfigError as error:
        return error.problems
    return []
