"""What the page "Proxies" reads: scores of a table or of a study, and how they rank, cached."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st

from backend.analysis.correlation import agreement, class_means, correlation, correlations, group_correlations
from backend.analysis.scores import seconds_a_class, study_scores, table_scores, with_sizes
from backend.datasets.info import check_dataset
from backend.errors import UserError
from backend.scoring.tables import ScoreTable, TableFile, list_tables, read_table
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import (
    Enumerable,
    Groups,
    HasTruth,
    capability,
    classes_of,
    lacks,
    lacks_truth,
    require,
    trained_on,
    truth_field,
)
from backend.spaces.truth_tasks import TruthField, TruthTask
from backend.studies import StudySummary, load_study
from backend.studies.folders import sweeps_folder
from backend.training.measured import labels_key
from dashboard.data import queries
from dashboard.data.quantities import objective_columns

RESAMPLES = 200
_GROUP_RESAMPLES = 200

Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """Scores of architectures to look at.

    Attributes:
        key: changes whenever the scores do.
        kind: where they come from.
        name: of the table or the study.
        space: of the architectures.
        dataset: whose images were scored.
        trained_on: data set of the truth beside the scores, or a task that stands for one.
        scores: by label, one column a proxy; params and flops are among them where the space knows them.
        recorded: the proxies that the source has itself.
        origin: one sentence that says how the scores were made.
        trials: of a study, as ``backend.studies.trials_frame`` gives them.
        objectives: columns of the trials that the study optimises.
        active: whether a run may still add some.
        searched_by: saved ensembles that were objectives of the study.
        measured: where the accuracies are from, in a sentence, where they were measured here; the space then has them
            as its truth, and no other.
    """

    key: Key
    kind: Literal["table", "study"]
    name: str
    space: SearchSpace
    dataset: str
    trained_on: str
    scores: pd.DataFrame = field(repr=False)
    recorded: tuple[str, ...]
    origin: str
    trials: pd.DataFrame | None = field(default=None, repr=False)
    objectives: tuple[str, ...] = ()
    active: bool = False
    searched_by: tuple[str, ...] = ()
    measured: str = ""

    @property
    def labels(self) -> str:
        """What pages call the accuracies that scores are compared with."""
        return "measured accuracy" if self.measured else "true accuracy"

    @property
    def no_truth(self) -> str:
        """Why no true accuracy is known, in a sentence; "" where it is."""
        return lacks(self.space, HasTruth)

    @property
    def field(self) -> TruthField:
        """What architectures are compared by."""
        return truth_field(self.space, self.trained_on)

    @property
    def no_labels(self) -> str:
        """Why no true accuracy is known on the data set of the scores, in a sentence; "" where it is."""
        return lacks_truth(self.space, self.trained_on)


@dataclass(frozen=True)
class Target:
    """The truth that scores are compared with.

    Attributes:
        dataset: of the true accuracy.
        epochs: length of the training.
        by_class: whether each class counts once, with the means of its architectures, instead of each architecture.
    """

    dataset: str
    epochs: int
    by_class: bool = False


def tables() -> list[TableFile]:
    """The score tables of this installation."""
    return list_tables(sweeps_folder())


def open_table(name: str) -> Source:
    """The scores of a table.

    Raises:
        UserError: there is none of that name, it cannot be read, or it holds no proxy that is known here.
    """
    file = next((file for file in tables() if file.name == name), None)
    if file is None:
        there = ", ".join(file.name for file in tables())
        raise UserError(f"table: no score table {name!r}; there are: {there}")
    table = _table(file.path, _changed(file.path))
    if table.scores.empty or not len(table.scores.columns):
        raise UserError(f"table: {name!r} holds no score of a proxy that is known here")
    made = table.provenance
    space = registry.get(made.space)
    return Source(
        key=("table", str(file.path), _changed(file.path)),
        kind="table",
        name=name,
        space=space,
        dataset=made.dataset,
        trained_on=trained_on(space, made.dataset),
        scores=with_sizes(table_scores(table), space, made.dataset),
        recorded=tuple(map(str, table.scores)),
        origin=f"{made.images} Seed {made.seed}, scored on {made.machine}.",
    )


def open_study(summary: StudySummary, measured: SearchSpace | None = None) -> Source:
    """The scores of a study's architectures.

    Args:
        summary: of the study.
        measured: its space with what was measured here as its truth; None takes the benchmark's.

    Raises:
        UserError: it has no scores, its space is not installed, or it was deleted meanwhile; the message says which.
    """
    name = summary.name
    # What a search file chooses can change the sizes.
    space = measured or (summary.config.space if summary.config else _space(summary))
    dataset = _dataset(summary)
    trials = queries.trials(summary)
    scores = study_scores(trials, space)
    if scores.empty:
        raise UserError(f"study: {name!r} {_why_empty(trials, space, active=_is_active(summary))}")
    images = summary.run.images if summary.run and summary.run.images else "Which images were used is not recorded."
    seed = f" Seed {summary.config.setup.seed}." if summary.config else ""
    return Source(
        key=("study", *queries.revision_key(summary), labels_key(space)),
        kind="study",
        name=name,
        space=space,
        dataset=dataset,
        trained_on=summary.trained_on or dataset,
        scores=with_sizes(scores, space, dataset),
        recorded=tuple(map(str, scores)),
        origin=images + seed,
        trials=trials,
        objectives=tuple(objective_columns(trials, summary.objectives)),
        active=_is_active(summary),
        searched_by=tuple(summary.config.ensemble_objectives) if summary.config else (),
        measured=" ".join(task.help for task in require(measured, HasTruth, "labels").tasks) if measured else "",
    )


def points(source: Source, target: Target) -> pd.DataFrame:
    """Rank correlations of all proxies without intervals, as ``backend.analysis.correlation.correlations``."""
    return _points(source.key, target, source)


def winner(source: Source, target: Target, statistic: str = "spearman") -> str | None:
    """The proxy whose correlation is furthest from 0, by "spearman", "kendall" or "top_spearman"; None without any."""
    values = points(source, target)[statistic].abs().dropna()
    return str(values.idxmax()) if len(values) else None


def known_intervals(source: Source, target: Target) -> dict[str, dict[str, float]]:
    """Correlations with intervals by proxy, of those proxies that :func:`compute_intervals` was called for."""
    return _intervals(source.key, target)


def compute_intervals(source: Source, target: Target, proxy: str) -> None:
    """Resample one proxy: up to a second on the whole space."""
    scores, accuracy = _compared(source.key, target, source)
    known_intervals(source, target)[proxy] = correlation(scores[proxy], accuracy, RESAMPLES)


def proxy_agreement(source: Source) -> pd.DataFrame:
    """How alike the proxies rank architectures, true accuracy not among them."""
    return _agreement(source.key, source)


def in_groups(source: Source, target: Target, proxy: str, grouping: str) -> pd.DataFrame:
    """A proxy's correlation within each group, as ``backend.analysis.correlation.group_correlations``.

    Args:
        source: of the scores, from a space with groups and truth.
        target: true accuracy to correlate with.
        proxy: one of the source's.
        grouping: one of :func:`groupings`.
    """
    return _in_groups(source.key, target, proxy, grouping, source)


def groupings(space: SearchSpace) -> Mapping[str, str]:
    """What groups of the space's architectures differ in, by name of the grouping; none where it has no groups."""
    known = capability(space, Groups)
    return known.groupings if known else {}


def groups(source: Source, grouping: str) -> pd.Series:
    """The group of each of the source's architectures, by label."""
    if capability(source.space, Enumerable) is None:
        return require(source.space, Groups, "groups").groups(grouping, source.scores.index)
    return _all_groups(source.space.name, grouping, source.space).reindex(source.scores.index)


def accuracy(space: SearchSpace, dataset: str, epochs: int) -> pd.Series:
    """True test accuracy (%) of every architecture that was trained, by label.

    Raises:
        UserError: it is not known.
    """
    known: pd.Series = _accuracy(labels_key(space), dataset, epochs, space)
    return known


def task(space: SearchSpace, dataset: str, epochs: int) -> TruthTask:
    """What true accuracies are: metric, unit, images, release and noise.

    Raises:
        UserError: they are not known.
    """
    return require(space, HasTruth, "true accuracy").task(dataset, epochs)


def seconds_each(source: Source) -> float | None:
    """Mean time that one architecture took with all the source's proxies together; None where it is unknown."""
    if source.kind == "table":
        return _seconds_a_class(source.key)
    assert source.trials is not None
    seconds = source.trials.loc[source.trials["state"] == "complete", "seconds"].mean()
    return None if pd.isna(seconds) else float(seconds)


def _dataset(summary: StudySummary) -> str:
    """The study's data set, also where its configuration cannot be read here."""
    if summary.config:
        return summary.config.dataset
    return check_dataset(str(load_study(queries.database(), summary.name).user_attrs.get("dataset")))


def _external(name: str) -> str:
    return (
        f"study: {name!r} is an external study: its trials name no architectures of a search space and record no "
        "proxies, so there is nothing to compare with true accuracy"
    )


def _space(summary: StudySummary) -> SearchSpace:
    if summary.run is None:
        raise UserError(_external(summary.name))
    if summary.space is None:
        raise UserError(f"study: {summary.name!r} searches {summary.space_name!r}, a space that is not installed here")
    return summary.space


def _why_empty(trials: pd.DataFrame, space: SearchSpace, *, active: bool) -> str:
    if not (trials["state"] == "complete").any():
        todo = "; wait for the first" if active else "; resume it, or choose another"
        return f"has no scored {space.words.one} yet{todo}"
    if capability(space, Enumerable) is None:
        return "has no trial with the score of a proxy"
    return f"has no {space.indexed}, so no true accuracy is known"


def _is_active(summary: StudySummary) -> bool:
    return bool(summary.run and summary.run.active)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns


@st.cache_resource(show_spinner=False, max_entries=5)
def _table(path: Path, changed: int) -> ScoreTable:
    del changed
    return read_table(path)


@st.cache_data(show_spinner=False, max_entries=20)
def _accuracy(labels: Hashable, dataset: str, epochs: int, _space: SearchSpace) -> pd.Series:
    del labels
    return require(_space, HasTruth, "true accuracy").values(dataset, epochs)


@st.cache_data(show_spinner=False, max_entries=40)
def _all_groups(space: str, grouping: str, _space: SearchSpace) -> pd.Series:
    del space
    size = require(_space, Enumerable, "groups of the whole space").size
    return require(_space, Groups, "groups").groups(grouping, range(size))


@st.cache_data(show_spinner=False, max_entries=20)
def _seconds_a_class(key: Key) -> float | None:
    _, path, changed = key
    return seconds_a_class(_table(Path(path), changed))


@st.cache_data(show_spinner=False, max_entries=20)
def _compared(key: Key, target: Target, _source: Source) -> "tuple[pd.DataFrame, pd.Series[float]]":
    """Scores and accuracies, a row an architecture or a class."""
    del key
    truth = accuracy(_source.space, target.dataset, target.epochs).reindex(_source.scores.index)
    if not target.by_class:
        return _source.scores, truth
    return class_means(_source.scores, truth, classes_of(_source.space, _source.scores.index))


@st.cache_data(show_spinner=False, max_entries=50)
def _points(key: Key, target: Target, _source: Source) -> pd.DataFrame:
    return correlations(*_compared(key, target, _source), resamples=0)


@st.cache_resource(show_spinner=False, max_entries=50)
def _intervals(key: Key, target: Target) -> dict[str, dict[str, float]]:
    """What was computed, held for all visitors: the entries fill one by one."""
    del key, target
    return {}


@st.cache_data(show_spinner=False, max_entries=20)
def _agreement(key: Key, _source: Source) -> pd.DataFrame:
    del key
    return agreement(_source.scores)


@st.cache_data(show_spinner=False, max_entries=200)
def _in_groups(key: Key, target: Target, proxy: str, grouping: str, _source: Source) -> pd.DataFrame:
    del key
    truth = accuracy(_source.space, target.dataset, target.epochs).reindex(_source.scores.index)
    return group_correlations(_source.scores[proxy], truth, groups(_source, grouping), _GROUP_RESAMPLES)
