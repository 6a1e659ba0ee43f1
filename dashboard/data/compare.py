"""What the page "Compare" reads: several studies, and the progress of each, cached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from backend.analysis.hypervolume import as_ranks, hypervolume_curve, objective_box, ranks_within
from backend.analysis.random_hypervolume import random_hypervolume
from backend.analysis.search_curves import best_of_random, regret_curve, timeline
from backend.config.model import SearchConfig
from backend.config.objectives import SUM_NAME
from backend.errors import UserError
from backend.spaces.base import WORDS, Label, SearchSpace, Words
from backend.spaces.capabilities import (
    Enumerable,
    HasTruth,
    capability,
    classes_of,
    lacks,
    lacks_truth,
    require,
    truth_field,
)
from backend.spaces.truth_tasks import ACCURACY, Direction, TruthField
from backend.studies import StudySummary
from dashboard.data import configurations, queries
from dashboard.data import proxies as proxy_queries
from dashboard.data.quantities import finite, label, objective_columns, quantity

Labels = tuple[Label, ...] | None
"""Labels of architectures; None: all that can be scored."""

_DRAWS, _SIMULATED_DRAWS = 120, 30


@dataclass(frozen=True, eq=False)
class Compared:
    """A study beside others.

    Attributes:
        key: changes whenever its trials do.
        summary: of the study.
        scored: its distinct scored architectures, as ``backend.analysis.search_curves.timeline`` gives them.
        objectives: columns of ``scored`` that are optimised, and which way.
        no_regret: why its regret cannot be shown; "" where it can.
        no_curve: why it has no curve at all; "" where it has.
    """

    key: queries.Key
    summary: StudySummary = field(repr=False)
    scored: pd.DataFrame = field(repr=False)
    objectives: dict[str, Direction]
    no_regret: str
    no_curve: str

    @property
    def name(self) -> str:
        """Of the study."""
        return self.summary.name

    def no_regret_after(self, epochs: int) -> str:
        """Why its regret after a training of that length cannot be shown; "" where it can."""
        if self.no_regret or epochs in self.epochs:
            return self.no_regret
        return f"searches {self.space.title if self.space else 'a space'}, which was not trained for {epochs} epochs"

    @property
    def no_volume(self) -> str:
        """Why its hypervolume cannot be shown; "" where it can."""
        if self.no_curve or not self.objectives:
            return self.no_curve or "records no objective"
        unbounded = [name for name in self.objectives if not finite(self.scored, [name]).any()]
        return f"has no finite value of {', '.join(map(label, unbounded))}" if unbounded else ""

    @property
    def dataset(self) -> str | None:
        """Of the study; None where it is not known here."""
        return self.summary.dataset

    @property
    def trained_on(self) -> str | None:
        """What its truth is of; None where it is not known here."""
        return self.summary.trained_on

    @property
    def space(self) -> SearchSpace | None:
        """That it searches; None for an external study, and where the space is not installed here."""
        return self.summary.space

    @property
    def words(self) -> Words:
        """What its architectures are called."""
        return self.space.words if self.space else WORDS

    @property
    def epochs(self) -> tuple[int, ...]:
        """Lengths of the trainings that are known on what its truth is of, the shortest first."""
        truth = capability(self.space, HasTruth) if self.space else None
        return tuple(truth.lengths(self.trained_on) if self.trained_on else ()) if truth else ()

    @property
    def aim(self) -> tuple[object, ...]:
        """Equal for studies whose objective values mean the same."""
        config = self.summary.config
        weights = None
        if config and self.summary.objectives == [SUM_NAME]:
            goals = {name: goal for name, goal in config.strategy.metrics.items() if goal.scale}
            weights = tuple((name, goal.scale, goal.direction) for name, goal in sorted(goals.items()))
        return self.summary.space_name, self.dataset, tuple(sorted(self.objectives.items())), weights


def compare(summary: StudySummary) -> Compared:
    """One of the studies to compare.

    Raises:
        UserError: it was deleted meanwhile.
    """
    key = queries.revision_key(summary)
    scored = _scored(key, summary)
    columns = objective_columns(scored, summary.objectives)
    directions: list[Direction] = ["minimize" if way == "minimize" else "maximize" for way in summary.directions]
    return Compared(
        key=key,
        summary=summary,
        scored=scored,
        objectives=dict(zip(columns, directions, strict=False)),
        no_regret=_why_no_regret(summary, scored),
        no_curve="" if len(scored) else _nothing_yet(summary),
    )


def regret(study: Compared, epochs: int, chosen_by: str | None, within: Labels = None) -> pd.DataFrame:
    """The study's regret as ``backend.analysis.search_curves.regret_curve`` gives it.

    Args:
        study: one whose ``no_regret`` is "".
        epochs: length of the training behind the true accuracy.
        chosen_by: the proxy that chooses the architecture; None takes the most accurate one found.
        within: those whose best is the one to reach; None takes the whole space.
    """
    return _regret(study.key, epochs, chosen_by, within, study)


def reachable(study: Compared) -> Labels:
    """What the study's search allows; None where that is the whole space, or nothing that was trained."""
    config = study.summary.config
    allowed = tuple(configurations.allowed(config)) if config else ()
    if not allowed or config is None:
        return None
    listed = require(config.space, Enumerable, "what a search allows")
    return allowed if len(allowed) < int(listed.classes().notna().sum()) else None


def optimum(space: SearchSpace, dataset: str, epochs: int, within: Labels = None) -> float:
    """The highest true accuracy (%) of the space, or of some of its architectures."""
    return float(_accuracies(space.name, dataset, epochs, within, space).max())


def random_regret(space: SearchSpace, dataset: str, epochs: int, most: int, within: Labels = None) -> pd.DataFrame:
    """Quartiles of the regret of random search, by the number of distinct architectures up to ``most``.

    Args:
        space: that is searched.
        dataset: of the true accuracies.
        epochs: length of the trainings.
        most: number of architectures.
        within: those that are drawn from; None draws from the whole space.
    """
    return _random_regret(space.name, dataset, epochs, most, within, space)


def random_accuracy(space: SearchSpace, dataset: str, epochs: int, most: int) -> pd.DataFrame:
    """Quartiles of the highest true accuracy (%) that random search finds; arguments as of :func:`random_regret`."""
    accuracy = optimum(space, dataset, epochs) - random_regret(space, dataset, epochs, most)
    return accuracy.rename(columns={"low": "high", "high": "low"})


def words_of(studies: Sequence[Compared]) -> Words:
    """What the architectures of all these studies are called."""
    words = list(dict.fromkeys(study.words for study in studies))
    return words[0] if len(words) == 1 else WORDS


def field_of(studies: Sequence[Compared]) -> TruthField:
    """What the architectures of these studies are compared by: of several, what those of the first are."""
    fields = [truth_field(study.space, study.trained_on) for study in studies if study.space]
    return fields[0] if fields else ACCURACY


def alike(studies: Sequence[Compared]) -> list[Compared]:
    """The studies with a hypervolume whose objectives are those of the first of them."""
    able = [study for study in studies if not study.no_volume]
    return [study for study in able if study.aim == able[0].aim]


class Space(NamedTuple):
    """The objectives of studies for all architectures that these allow.

    Attributes:
        values: as ``backend.search.problem`` gives them; None where they are not known.
        why_not: why they are not known; "" where they are.
    """

    values: pd.DataFrame | None
    why_not: str


def space_of(studies: Sequence[Compared]) -> Space:
    """The objectives of all architectures that the studies, which are :func:`alike`, allow."""
    configs = [study.summary.config for study in studies]
    unread = Space(None, "their search space is not known here")
    known = [_space(config.to_toml()) if config else unread for config in configs]
    if lacking := next((space for space in known if space.values is None), None):
        return lacking
    tables = [space.values for space in known if space.values is not None]
    if any(not tables[0].equals(other) for other in tables[1:]):
        return Space(None, "they search different spaces, or take their scores from different tables")
    return known[0]


def random_hypervolumes(studies: Sequence[Compared], most: int, *, ranked: bool) -> pd.DataFrame:
    """Quartiles of the hypervolume of random search, by number of distinct architectures up to ``most``.

    Args:
        studies: whose :func:`space_of` is known.
        most: number of architectures.
        ranked: as of :func:`hypervolumes`.
    """
    config = studies[0].summary.config
    assert config
    # One simulation serves a live study while it doubles.
    reach = 1 << max(most - 1, 0).bit_length()
    band = _random_hypervolumes(config.to_toml(), reach, ranked, studies[0].objectives)
    end = {str(name): np.interp(most, band.index, column) for name, column in band.items()}
    return pd.concat([band[band.index < most], pd.DataFrame(end, index=pd.Index([most], name=band.index.name))])


def hypervolumes(studies: Sequence[Compared], *, ranked: bool) -> dict[str, pd.DataFrame]:
    """The hypervolume of each study, in the box of all that they allow, or else in that which they span.

    Args:
        studies: that are :func:`alike`.
        ranked: whether ranks stand for the objectives' values.
    """
    return _hypervolumes(tuple(study.key for study in studies), ranked, studies)


def _why_no_regret(summary: StudySummary, scored: pd.DataFrame) -> str:
    if summary.run is None:
        return "is an external study: its trials name no architectures of a search space, so no true accuracy is known"
    if summary.space is None:
        return f"searches {summary.space_name!r}, a space that is not installed here"
    if summary.config is None:
        return f"cannot be read here: {summary.config_problem}"
    if missing := lacks_truth(summary.space, summary.trained_on):
        return f"has no regret. {missing}"
    if scored.empty:
        return _nothing_yet(summary)
    truth = require(summary.space, HasTruth, "regret")
    if not any(_has_numbers(scored, task.column) for task in truth.tasks):
        return f"has no {summary.space.indexed}, so no true accuracy is known"
    return ""


def _nothing_yet(summary: StudySummary) -> str:
    return f"has no scored {(summary.space.words if summary.space else WORDS).one} yet"


def _has_numbers(scored: pd.DataFrame, column: str) -> bool:
    return column in scored and bool(scored[column].notna().any())


@st.cache_resource(show_spinner=False, max_entries=50)
def _scored(key: queries.Key, _summary: StudySummary) -> pd.DataFrame:
    """Shared, not copied for each reader: copy before you change it."""
    del key
    return timeline(queries.trials(_summary))


@st.cache_data(show_spinner=False, max_entries=100)
def _regret(key: queries.Key, epochs: int, chosen_by: str | None, within: Labels, _study: Compared) -> pd.DataFrame:
    del key
    config = _study.summary.config
    assert config
    goal = config.strategy.metrics.get(chosen_by) if chosen_by else None
    direction = goal.direction if goal else quantity(chosen_by or "").direction
    return regret_curve(
        _study.scored,
        proxy_queries.task(config.space, config.trained_on, epochs).column,
        optimum(config.space, config.trained_on, epochs, within),
        chosen_by=chosen_by,
        direction=direction,
    )


@st.cache_data(show_spinner=False, max_entries=20)
def _accuracies(space: str, dataset: str, epochs: int, within: Labels, _space: SearchSpace) -> "pd.Series[float]":
    """True accuracies of some architectures, or of all that can be scored: a search counts no others."""
    del space
    known = proxy_queries.accuracy(_space, dataset, epochs)
    return known[list(within)] if within is not None else known[classes_of(_space, known.index).notna().to_numpy()]


@st.cache_data(show_spinner=False, max_entries=50)
def _random_regret(
    space: str, dataset: str, epochs: int, most: int, within: Labels, _space: SearchSpace
) -> pd.DataFrame:
    accuracies = _accuracies(space, dataset, epochs, within, _space)
    draws = np.unique(np.geomspace(1, min(most, len(accuracies)), _DRAWS).round().astype(int)).tolist()
    best = best_of_random(accuracies, draws)
    regret = accuracies.max() - best
    return regret.rename(columns={"low": "high", "high": "low"})


@st.cache_resource(show_spinner=False, max_entries=20)
def _space(toml: str) -> Space:
    """Shared: copy before you change it."""
    try:
        problem = configurations.problem(SearchConfig.from_toml(toml))
        if missing := lacks(problem.space, Enumerable):
            return Space(None, missing)
        return Space(problem.objective_values(), "")
    except UserError as error:
        return Space(None, str(error))


def _space_box(space: pd.DataFrame, directions: Mapping[str, Direction], *, ranked: bool) -> pd.DataFrame:
    return objective_box([ranks_within(space, space) if ranked else space], directions)


@st.cache_data(show_spinner=False, max_entries=50)
def _random_hypervolumes(toml: str, most: int, ranked: bool, directions: dict[str, Direction]) -> pd.DataFrame:
    space = _space(toml).values
    assert space is not None
    box = _space_box(space, directions, ranked=ranked)
    draws = np.unique(np.geomspace(1, min(most, len(space)), _SIMULATED_DRAWS).round().astype(int)).tolist()
    return random_hypervolume(ranks_within(space, space) if ranked else space, box, draws)


@st.cache_data(show_spinner=False, max_entries=20)
def _hypervolumes(keys: tuple[queries.Key, ...], ranked: bool, _studies: Sequence[Compared]) -> dict[str, pd.DataFrame]:
    del keys
    if not _studies:
        return {}
    directions = _studies[0].objectives
    scored = {study.name: study.scored for study in _studies}
    space = space_of(_studies).values
    if space is not None:
        box = _space_box(space, directions, ranked=ranked)
        scored = {name: ranks_within(own, space) for name, own in scored.items()} if ranked else scored
        return {name: hypervolume_curve(own, box) for name, own in scored.items()}
    if ranked:
        scored = as_ranks(scored, directions)
    box = objective_box(scored.values(), directions)
    return {name: hypervolume_curve(own, box) for name, own in scored.items()}
