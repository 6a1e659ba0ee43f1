"""What pages read from the backend, cached: a live study is read again only when it has new trials."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from optuna.trial import FrozenTrial

from backend.analysis import distribution
from backend.analysis.importance import parameter_importances
from backend.analysis.pareto import pareto_front
from backend.config.model import SearchConfig
from backend.ensembles.kept import SavedEnsemble, ensembles_state, list_ensembles
from backend.ensembles.study import StudyEnsemble
from backend.proxies.own import load_user_proxies
from backend.search.results import recommendation_rule, study_ensemble, study_recommendation
from backend.spaces.base import Label, SearchSpace, Words, label_of
from backend.spaces.capabilities import (
    HasTruth,
    Parameter,
    Parameters,
    capability,
    lacks,
    lacks_truth,
    require_listing,
)
from backend.spaces.own import load_user_spaces
from backend.spaces.truth_tasks import Direction
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
from dashboard.server import session
from dashboard.server.session import storage_key


class Key(NamedTuple):
    """What a read of a study depends on, which every cached read is kept by.

    Attributes:
        database: where the study is, as ``dashboard.server.session.storage_key`` names it.
        study: its name, its id, and when it was created, which tells it from a later one of that name.
        revision: how many trials there are, and how many of them have ended.
    """

    database: str
    study: tuple[str, int, datetime | None]
    revision: tuple[int, int]


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
    """The present state of the study's run; None for an external study."""
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


def reading(summary: StudySummary) -> tuple[Key, pd.DataFrame]:
    """The study's trials as :func:`trials` gives them, with the key of just these."""
    snapshot = _read(summary)
    return _key(summary, snapshot), snapshot.frame.copy(deep=False)


def ended(summary: StudySummary) -> list[FrozenTrial]:
    """The trials that have ended, without intermediate values; shared, so do not change them."""
    return _read(summary).ended


def best(summary: StudySummary, epochs: int) -> pd.DataFrame:
    """The mission's table of the best trials, with the truth after 12 or 200 epochs."""
    return best_table(_read(summary).front, epochs)


def recommendation(summary: StudySummary, config: SearchConfig) -> tuple[pd.DataFrame, str]:
    """The architectures of the study to train, as ``backend.search.results`` names them, and the rule in words."""
    key, frame = reading(summary)
    return _recommendation(key, config.to_toml(), frame)


def ensemble(summary: StudySummary, config: SearchConfig) -> StudyEnsemble:
    """The linear ensemble of the study's proxies.

    Raises:
        UserError: too few architectures with known accuracy.
    """
    key, frame = reading(summary)
    return _ensemble(key, config.to_toml(), frame)


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
    key, ended = _key(summary, snapshot), len(snapshot.ended)
    if summary.run and summary.run.active:
        key = key._replace(revision=(0, _rounded(ended)))
    return _importances(key, column, direction, snapshot)


def counted(config: SearchConfig | None) -> str:
    """What a search counts, in words; "trials" where its configuration cannot be read."""
    if config is None or config.setup.distinct == "trial":
        return "trials"
    return f"distinct {config.space.words.many}"


def words_of(summary: StudySummary) -> Words:
    """What the architectures of a study are called; trials, in an external study, which has none."""
    if summary.space_name is None:
        return Words("trial", "trials")
    return summary.space.words if summary.space else Words()


def is_in_benchmark(summary: StudySummary) -> bool:
    """Whether the page "Benchmark" can show where a study's architectures lie among all of their space."""
    return bool(summary.config and summary.space and not lacks(summary.space, HasTruth))


def missing_space(summary: StudySummary) -> str:
    """Why nothing is known of a study's space, in a sentence; "" where it is installed, and of an external study."""
    if summary.space or summary.space_name is None:
        return ""
    return f"The search space {summary.space_name!r} is not installed here: what the trials recorded is shown, no more."


def lacking(summary: StudySummary, *kinds: type) -> str:
    """Which capabilities the space of a study lacks, truth on its data set among them, in a sentence; "" if none."""
    if summary.space is None:
        return missing_space(summary) or "An external study has no search space that is known here."
    missing = lacks(summary.space, *kinds)
    if not missing and HasTruth in kinds:
        missing = lacks_truth(summary.space, summary.trained_on)
    return f"{missing}." if missing else ""


def parameters_of(summary: StudySummary) -> Sequence[Parameter]:
    """The parameters with titles and options of the space that a study searches; none where it has none."""
    titled = capability(summary.space, Parameters) if summary.space else None
    return titled.parameters if titled else ()


def space(*shown: Measure) -> pd.DataFrame:
    """Quantities of the whole space as ``backend.truth.measures.measured`` gives them."""
    return _space(shown)


@st.cache_data(show_spinner=False, max_entries=50)
def space_front(x: Measure, y: Measure) -> "pd.Series[bool]":
    """What of the space no other beats in two quantities, by index."""
    return pareto_front(_space((x, y)), {x.sourced: x.better, y.sourced: y.better})


@st.cache_data(show_spinner=False, max_entries=50)
def rank_agreement(x: Measure, y: Measure) -> tuple[float, float]:
    """Spearman's ρ and Kendall's τ of two quantities where both are known."""
    known = _space((x, y)).dropna()
    first, second = known[x.sourced], known[y.sourced]
    return first.corr(second, method="spearman"), first.corr(second, method="kendall")


@st.cache_data(show_spinner=False, max_entries=100)
def standings(measure: Measure) -> pd.DataFrame:
    """The place of everything in the space in a quantity, as ``backend.analysis.distribution.standings`` gives it."""
    return distribution.standings(measures.values(measure), measure.better)


def standing_of(label: Label, measure: Measure) -> dict[str, float]:
    """An architecture's value, rank, percentile and gap to the best; NaN of one that is not listed."""
    return {str(name): float(column.get(label, math.nan)) for name, column in standings(measure).items()}


def best_label(measure: Measure) -> Label:
    """The best of the space in a quantity; of equal ones the first."""
    return label_of(standings(measure)["rank"].nsmallest(1).index[0])


def listed(space: SearchSpace) -> pd.Index:
    """The architectures that tables of a space list, by label: all, or where they cannot be listed those trained."""
    return _listed(space.name, space)


def forget_study() -> None:
    """Drop what is held of studies, after one was deleted: its name may come back with other trials."""
    cached: list[Callable[..., object]] = [_live, _ensemble, _recommendation, _importances]
    for function in cached:
        function.clear()  # type: ignore[attr-defined]


def revision_key(summary: StudySummary) -> Key:
    """The key of a study as it is now."""
    return _key(summary, _read(summary))


def _key(summary: StudySummary, snapshot: Snapshot) -> Key:
    return Key(storage_key(), _identity(summary), snapshot.revision)


def _identity(summary: StudySummary) -> tuple[str, int, datetime | None]:
    return summary.name, summary.study_id, summary.created


def _read(summary: StudySummary) -> Snapshot:
    """The study as it is now; only the trials that are new are read.

    Raises:
        UserError: it was deleted, in another window or on another machine.
    """
    try:
        return _live(storage_key(), _identity(summary), database()).read()
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
def _live(storage: str, study: tuple[str, int, datetime | None], _database: Database) -> LiveTrials:
    """A study's trials, which this holds and adds to."""
    del storage
    return LiveTrials(_database, load_study(_database, study[0]))


@st.cache_data(show_spinner=False, max_entries=20)
def _recommendation(key: Key, toml: str, _frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    del key
    config = SearchConfig.from_toml(toml)
    return study_recommendation(_frame, config), recommendation_rule(_frame, config)


@st.cache_data(show_spinner=False, max_entries=20)
def _ensemble(key: Key, toml: str, _frame: pd.DataFrame) -> StudyEnsemble:
    del key
    return study_ensemble(_frame, SearchConfig.from_toml(toml))


@st.cache_resource(show_spinner=False, max_entries=5)
def _saved_ensembles(storage: str, state: tuple[int, int], _database: Database) -> list[SavedEnsemble]:
    """Held while nothing is saved or deleted, since each one is fitted again as it is read."""
    del storage, state
    return list_ensembles(_database)


@st.cache_data(show_spinner=False, max_entries=50)
def _importances(key: Key, column: str, direction: Direction, _snapshot: Snapshot) -> "pd.Series[float]":
    del key
    frame = _snapshot.frame
    known = frame.loc[(frame["state"] == "complete") & np.isfinite(frame[column]), ["number", column]]
    return parameter_importances(_snapshot.ended, dict(known.itertuples(index=False)), direction)


def _rounded(number: int) -> int:
    """The same for numbers that differ by less than a twentieth."""
    return int(math.log(max(number, 1), 1.05))


@st.cache_data(show_spinner=False, max_entries=20)
def _listed(name: str, _space: SearchSpace) -> pd.Index:
    del name
    return require_listing(_space, "benchmark").index


@st.cache_data(show_spinner=False, max_entries=50)
def _space(shown: tuple[Measure, ...]) -> pd.DataFrame:
    return measures.measured(shown)
