"""An architecture, of a trial or by itself: its drawing, what was measured on it and what is known of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TypeGuard

import pandas as pd
import streamlit as st

from backend.costs.constraints import Constraint
from backend.errors import UserError
from backend.spaces.base import Architecture, SearchSpace, Words
from backend.spaces.capabilities import (
    Drawable,
    HasTruth,
    Parameters,
    capability,
    known_costs,
    lacks,
    lacks_truth,
    truth_field,
)
from backend.spaces.truth_tasks import TruthField
from dashboard.data import queries
from dashboard.data.quantities import is_foreign, is_truth, quantity, trainings
from dashboard.figures import architecture_graph
from dashboard.figures.numbers import readable
from dashboard.links import ARCHITECTURE_PARAMETER, BENCHMARK, VIEW_PARAMETER, page_link, space_link
from dashboard.text import plain
from dashboard.widgets.charts import drawing_config


def architecture_row(
    space: SearchSpace, architecture: Architecture, dataset: str | None, scores: Mapping[str, float] | None = None
) -> pd.Series:
    """What is known of an architecture, in the columns of ``backend.studies.trials_frame``, without number and state.

    Args:
        space: of it.
        architecture: any of the space.
        dataset: of the true accuracies; None leaves them out.
        scores: of proxies, by name.
    """
    label, titled, truth = space.label(architecture), capability(space, Parameters), capability(space, HasTruth)
    key = architecture.key
    row: dict[str, object] = {"architecture": key, "arch": space.attributes(architecture).get("arch", key)}
    if isinstance(label, int):
        row["index"] = label
    row |= {name: architecture.params[name] for name in (titled.sizes if titled else ())}
    row |= {name: value for name, value in (scores or {}).items() if pd.notna(value)}
    known = truth.truth(architecture, dataset) if truth and dataset and dataset in truth.datasets else None
    for epochs, fields in (known or {}).items():
        row |= {f"{epochs}:{field}": value for field, value in fields.items() if value is not None}
    return pd.Series(row, dtype=object)


@dataclass(frozen=True)
class _Roles:
    """What a search does with its metrics: which it optimises, and which it bounds."""

    objectives: Sequence[str]
    bounds: Mapping[str, Sequence[Constraint]]

    def role(self, column: str, trial: pd.Series) -> str:
        """What is done with one; those of a sum have a scaled value and are no objective themselves."""
        in_sum = pd.notna(trial.get(f"scaled:{column}"))
        goal = "objective" if column in self.objectives else "in the sum" if in_sum else ""
        limits = (bound.limit for bound in self.bounds.get(column, ()))
        return ", ".join(filter(None, (goal, *limits))) or "recorded"


def architecture_card(
    trial: pd.Series,
    title: str,
    space: SearchSpace | None,
    dataset: str | None,
    *,
    objectives: Sequence[str] = (),
    bounds: Mapping[str, Sequence[Constraint]] | None = None,
    trained_on: str | None = None,
) -> None:
    """Draw an architecture with its proxies and its truth.

    Args:
        trial: a row of the table of trials; for an architecture by itself, one without number and state.
        title: such as "Latest architecture".
        space: of the architecture; None for an external study, and for a space that is not installed here.
        dataset: of the search, for sizes; None for an external study.
        objectives: columns that are optimised, marked in the table.
        bounds: constraints on columns, said in the table.
        trained_on: data set of the truth, if it is another.
    """
    trained_on = trained_on or dataset
    roles = _Roles(objectives, bounds or {})
    with st.container(border=True, key="architecture_card"):
        st.markdown(f"**{plain(title)}** · trial {trial['number']}" if "number" in trial else f"**{plain(title)}**")
        architecture = _architecture(trial, space)
        if words := _state_words(trial, space, architecture):
            st.caption(plain(words[0].upper() + words[1:] + "."))
        if space is None or architecture is None:
            _unknown(trial, roles)
            return
        _accuracies(trial, truth_field(space, trained_on))
        _drawing(space, architecture)
        st.caption(plain(_size_line(space, architecture, dataset, trial)))
        st.code(str(trial.get("arch", architecture.key)), language=None, wrap_lines=True)
        _benchmark_link(space, architecture)
        recorded = _recorded(trial, space)
        truths = [column for column in recorded if is_truth(column)]
        measured = [column for column in recorded if column not in truths and not column.startswith("scaled:")]
        # The objectives come first, in their order.
        measured.sort(key=[*objectives, *measured].index)
        _numbers_table("Measured", trial, measured, roles, key="proxies_table")
        if truths:
            _truth_table(trial, truths, f"{space.title} truth")
        elif trained_on:
            st.caption(plain(_no_truth(space, trained_on)))


def _architecture(trial: pd.Series, space: SearchSpace | None) -> Architecture | None:
    """The architecture of a row; None for a trial that names none, or one that the space does not know."""
    key = trial.get("architecture")
    try:
        return space.parse(key) if space and isinstance(key, str) else None
    except UserError:
        return None


def _unknown(trial: pd.Series, roles: _Roles) -> None:
    """What a trial recorded whose architecture is not known here."""
    if isinstance(key := trial.get("architecture"), str):
        st.caption("What the trial recorded; its search space is not known here.")
        st.code(key, language=None, wrap_lines=True)
    else:
        st.caption("This trial names no architecture of a search space; here is what it recorded.")
    _numbers_table("Recorded", trial, _recorded(trial, None), roles, key="recorded_table")


def _drawing(space: SearchSpace, architecture: Architecture) -> None:
    drawable = capability(space, Drawable)
    if drawable is None:
        st.caption(plain(f"No drawing. {lacks(space, Drawable)}."))
        return
    st.plotly_chart(
        architecture_graph(drawable.drawing(architecture)),
        key="architecture_graph",
        config=drawing_config(space.named(space.label(architecture))),
        alt=f"Graph of the {space.words.one} {architecture.key}",
    )


def _benchmark_link(space: SearchSpace, architecture: Architecture) -> None:
    label = space.label(architecture)
    if lacks(space, HasTruth) or label not in queries.listed(space):
        return
    page_link(
        BENCHMARK,
        f"This {space.words.one} in the benchmark",
        ":material/leaderboard:",
        "All its records, its rank, its isomorphic variants and its neighbours.",
        {VIEW_PARAMETER: "cell", ARCHITECTURE_PARAMETER: str(label), **space_link(space)},
    )


def _no_truth(space: SearchSpace, dataset: str) -> str:
    if missing := lacks_truth(space, dataset):
        return f"No true accuracy. {missing}."
    return f"No true accuracy: this {space.words.one} is not in {space.title}'s table, or it cannot be scored."


def _state_words(trial: pd.Series, space: SearchSpace | None, architecture: Architecture | None) -> str:
    one = (space.words if space else Words()).one
    invalid = architecture.invalid if architecture else None
    match trial.get("state", ""):
        case "infeasible":
            return f"infeasible, never among the best: {trial['breaks']}"
        case "repeat":
            return f"a repeat of an earlier {one}, not scored again"
        case "disconnected":
            return f"{invalid or 'invalid'}, so it has no scores"
        case "failed":
            return "failed: see the log"
        case "running":
            return "running"
        case _:
            return ""


def _accuracies(trial: pd.Series, field: TruthField) -> None:
    """The true accuracies up front, where they are known."""
    known = trainings(trial.dropna().index, field.name)[::-1]
    if not known:
        return
    with st.container(key="true_accuracy"):
        st.caption(f"True {field.said} once trained", help=quantity(f"{known[0]}:{field.name}").help)
        grid = st.grid(2, min_column_width=110)
        for epochs in known:
            grid.metric(
                f"{epochs} epochs",
                readable(trial[f"{epochs}:{field.name}"], field.unit),
            )


def _recorded(trial: pd.Series, space: SearchSpace | None) -> list[str]:
    titled = capability(space, Parameters) if space else None
    skipped = {"number", "index", "pareto", *(titled.sizes if titled else ())}
    return [
        str(column)
        for column, value in trial.items()
        if column not in skipped and (_is_number(value) or (is_foreign(str(column)) and pd.notna(value)))
    ]


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)


def _size_line(space: SearchSpace, architecture: Architecture, dataset: str | None, trial: pd.Series) -> str:
    parts = []
    if pd.notna(index := trial.get("index")):
        parts.append(f"{space.words.one.capitalize()} {int(index):,} of the space")
    titled, costs = capability(space, Parameters), known_costs(space, dataset) if dataset else None
    sizes = {name: trial.get(name) for name in (titled.sizes if titled else ())}
    if said := ", ".join(f"{name} = {int(size)}" for name, size in sizes.items() if pd.notna(size)):
        parts.append(said)
    if costs and dataset is not None:
        parts.append(f"{readable(costs.cost(architecture, dataset, 'flops'))} M FLOPs")
        parts.append(f"{readable(costs.cost(architecture, dataset, 'params'))} parameters")
    return " · ".join(parts or [space.title])


def _numbers_table(heading: str, trial: pd.Series, columns: list[str], roles: _Roles, key: str) -> None:
    rows = [
        {
            heading: plain(quantity(column).name),
            "Value": readable(value, quantity(column).unit)
            if _is_number(value := trial[column])
            else plain(str(value)),
            "Role": plain(roles.role(column, trial)),
        }
        for column in columns
    ]
    with st.container(key=key):
        st.table(pd.DataFrame(rows, columns=[heading, "Value", "Role"]), border="horizontal", hide_index=True)


def _truth_table(trial: pd.Series, columns: list[str], title: str) -> None:
    """The truth of all training lengths side by side."""
    fields = sorted(dict.fromkeys(column.split(":", 1)[1] for column in columns), key=_is_no_accuracy)
    lengths = trainings(columns)
    rows = []
    for field in fields:
        unit = quantity(f"{lengths[-1]}:{field}").unit
        values = {f"{epochs} epochs": readable(trial.get(f"{epochs}:{field}"), unit) for epochs in lengths}
        rows.append({title: field, **values})
    with st.container(key="truth_table"):
        st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def _is_no_accuracy(field: str) -> bool:
    return not field.endswith("accuracy")
