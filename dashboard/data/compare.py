"""What the page "Compare" reads: several studies, and how each got on, cached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from backend import truth as benchmark
from backend.analysis.hypervolume import as_ranks, hypervolume_curve, objective_box, ranks_within
from backend.analysis.random_hypervolume import random_hypervolume
from backend.analysis.search_curves import best_of_random, regret_curve, timeline
from backend.config.model import SearchConfig
from backend.config.objectives import SUM_NAME
from backend.errors import UserError
from backend.search.problem import SearchProblem
from backend.spaces.nas_bench_201.cell import enumerate_cells
from backend.studies import StudySummary
from dashboard.data import queries
from dashboard.data.quantities import finite, label, objective_columns, quantity

Direction = Literal["maximize", "minimize"]
Cells = tuple[int, ...] | None
"""Official indices; None: all connected cells."""

_DRAWS, _SIMULATED_DRAWS = 120, 30


@dataclass(frozen=True, eq=False)
class Compared:
    """A study beside others.

    Attributes:
        key: changes whenever its trials do.
        summary: of the study.
        cells: its distinct scored cells, as ``backend.analysis.search_curves.timeline`` gives them.
        objectives: columns of ``cells`` that are optimised, and which way.
        no_regret: why its regret cannot be shown; "" where it can.
        no_cells: why it has no curve at all; "" where it has.
    """

    key: queries.Key
    summary: StudySummary = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    objectives: dict[str, Direction]
    no_regret: str
    no_cells: str

    @property
    def name(self) -> str:
        """Of the study."""
        return self.summary.name

    @property
    def no_volume(self) -> str:
        """Why its hypervolume cannot be shown; "" where it can."""
        if self.no_cells or not self.objectives:
            return self.no_cells or "records no objective"
        unbounded = [name for name in self.objectives if not finite(self.cells, [name]).any()]
        return f"has no finite value of {', '.join(map(label, unbounded))}" if unbounded else ""

    @property
    def dataset(self) -> str | None:
        """Of the study; None where it is not known here."""
        return self.summary.config.dataset if self.summary.config else None

    @property
    def aim(self) -> tuple[object, ...]:
        """Equal for studies whose objective values mean the same."""
        config = self.summary.config
        weights = None
        if config and self.summary.objectives == [SUM_NAME]:
            goals = {name: goal for name, goal in config.strategy.metrics.items() if goal.scale}
            weights = tuple((name, goal.scale, goal.direction) for name, goal in sorted(goals.items()))
        return self.dataset, tuple(sorted(self.objectives.items())), weights


def compare(summary: StudySummary) -> Compared:
    """One of the studies to compare.

    Raises:
        UserError: it was deleted meanwhile.
    """
    key = queries.revision_key(summary)
    cells = _cells(key, summary)
    columns = objective_columns(cells, summary.objectives)
    directions: list[Direction] = ["minimize" if way == "minimize" else "maximize" for way in summary.directions]
    return Compared(
        key=key,
        summary=summary,
        cells=cells,
        objectives=dict(zip(columns, directions, strict=False)),
        no_regret=_why_no_regret(summary, cells),
        no_cells="" if len(cells) else "has no scored cell yet",
    )


def regret(study: Compared, epochs: int, chosen_by: str | None, within: Cells = None) -> pd.DataFrame:
    """The study's regret as ``backend.analysis.search_curves.regret_curve`` gives it.

    Args:
        study: one whose ``no_regret`` is "".
        epochs: length of the training behind the true accuracy.
        chosen_by: the proxy that chooses the cell; None takes the most accurate cell found.
        within: the cells whose best is the one to reach; None takes those of the whole space.
    """
    assert study.dataset
    return _regret(study.key, epochs, chosen_by, within, study)


def reachable(study: Compared) -> Cells:
    """The cells that the study's search allows; None where it allows all, or none that was trained."""
    config = study.summary.config
    cells = tuple(queries.allowed_cells(config)) if config else ()
    return cells if cells and config and len(cells) < len(_accuracies(config.dataset, benchmark.EPOCHS[0])) else None


def optimum(dataset: str, epochs: int, within: Cells = None) -> float:
    """The highest true accuracy (%) of the space, or of some of its cells."""
    return float(_accuracies(dataset, epochs, within).max())


def random_regret(dataset: str, epochs: int, most: int, within: Cells = None) -> pd.DataFrame:
    """Quartiles of the regret of random search over some cells by the number of distinct ones, up to ``most``."""
    return _random_regret(dataset, epochs, most, within)


def random_accuracy(dataset: str, epochs: int, most: int) -> pd.DataFrame:
    """Quartiles of the highest true accuracy (%) that random search finds; arguments as of :func:`random_regret`."""
    accuracy = optimum(dataset, epochs) - _random_regret(dataset, epochs, most, None)
    return accuracy.rename(columns={"low": "high", "high": "low"})


def alike(studies: Sequence[Compared]) -> list[Compared]:
    """The studies with a hypervolume whose objectives are those of the first of them."""
    able = [study for study in studies if not study.no_volume]
    return [study for study in able if study.aim == able[0].aim]


class Space(NamedTuple):
    """The objectives of studies for all cells that these allow.

    Attributes:
        values: as ``backend.search.problem`` gives them; None where they are not known.
        why_not: why they are not known; "" where they are.
    """

    values: pd.DataFrame | None
    why_not: str


def space_of(studies: Sequence[Compared]) -> Space:
    """The objectives of all cells that the studies, which are :func:`alike`, allow."""
    configs = [study.summary.config for study in studies]
    known = [_space(config.to_toml()) if config else Space(None, "they name no cells") for config in configs]
    if lacking := next((space for space in known if space.values is None), None):
        return lacking
    tables = [space.values for space in known if space.values is not None]
    if any(not tables[0].equals(other) for other in tables[1:]):
        return Space(None, "they search different spaces, or take their scores from different tables")
    return known[0]


def random_hypervolumes(studies: Sequence[Compared], most: int, *, ranked: bool) -> pd.DataFrame:
    """Quartiles of the hypervolume of random search, by number of distinct cells up to ``most``.

    Args:
        studies: whose :func:`space_of` is known.
        most: number of cells.
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
    """The hypervolume of each study, in the box of all cells that they allow, or else in that which they span.

    Args:
        studies: that are :func:`alike`.
        ranked: whether ranks stand for the objectives' values.
    """
    return _hypervolumes(tuple(study.key for study in studies), ranked, studies)


def _why_no_regret(summary: StudySummary, cells: pd.DataFrame) -> str:
    if summary.run is None:
        return "was made elsewhere with Optuna: its trials name no cells, so no true accuracy is known"
    if summary.config is None:
        return f"cannot be read here: {summary.config_problem}"
    if cells.empty:
        return "has no scored cell yet"
    if not any(_has_numbers(cells, f"{epochs}:test-accuracy") for epochs in benchmark.EPOCHS):
        return "has no cell of the benchmark's networks (C = 16, N = 5), so no true accuracy is known"
    return ""


def _has_numbers(cells: pd.DataFrame, column: str) -> bool:
    return column in cells and bool(cells[column].notna().any())


@st.cache_resource(show_spinner=False, max_entries=50)
def _cells(key: queries.Key, _summary: StudySummary) -> pd.DataFrame:
    """Shared, not copied for each reader: copy before you change it."""
    del key
    return timeline(queries.trials(_summary))


@st.cache_data(show_spinner=False, max_entries=100)
def _regret(key: queries.Key, epochs: int, chosen_by: str | None, within: Cells, _study: Compared) -> pd.DataFrame:
    del key
    config = _study.summary.config
    assert config
    goal = config.strategy.metrics.get(chosen_by) if chosen_by else None
    direction = goal.direction if goal else quantity(chosen_by or "").direction
    return regret_curve(
        _study.cells,
        f"{epochs}:test-accuracy",
        optimum(config.dataset, epochs, within),
        chosen_by=chosen_by,
        direction=direction,
    )


@st.cache_data(show_spinner=False, max_entries=20)
def _accuracies(dataset: str, epochs: int, within: Cells = None) -> "pd.Series[float]":
    """True accuracies of some connected cells, or of all: a search counts no others."""
    if within is not None:
        return benchmark.test_accuracy(dataset, epochs)[list(within)]
    connected = [cell.connected for cell in enumerate_cells()]
    return benchmark.test_accuracy(dataset, epochs)[connected]


@st.cache_data(show_spinner=False, max_entries=50)
def _random_regret(dataset: str, epochs: int, most: int, within: Cells) -> pd.DataFrame:
    accuracies = _accuracies(dataset, epochs, within)
    draws = np.unique(np.geomspace(1, min(most, len(accuracies)), _DRAWS).round().astype(int)).tolist()
    best = best_of_random(accuracies, draws)
    regret = accuracies.max() - best
    return regret.rename(columns={"low": "high", "high": "low"})


@st.cache_resource(show_spinner=False, max_entries=20)
def _space(toml: str) -> Space:
    """Shared: copy before you change it."""
    try:
        return Space(SearchProblem(SearchConfig.from_toml(toml)).objective_values(), "")
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
    cells = {study.name: study.cells for study in _studies}
    space = space_of(_studies).values
    if space is not None:
        box = _space_box(space, directions, ranked=ranked)
        cells = {name: ranks_within(own, space) for name, own in cells.items()} if ranked else cells
        return {name: hypervolume_curve(own, box) for name, own in cells.items()}
    if ranked:
        cells = as_ranks(cells, directions)
    box = objective_box(cells.values(), directions)
    return {name: hypervolume_curve(own, box) for name, own in cells.items()}
