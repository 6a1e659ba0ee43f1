"""A cell, of a trial or by itself: its graph, what was measured on it and what is known of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TypeGuard

import pandas as pd
import streamlit as st

from backend.costs.constraints import Constraint
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.options import TRAINED_SIZE
from backend.truth.fields import EPOCHS
from backend.truth.query import architecture, query
from dashboard.data.quantities import is_foreign, is_truth, quantity
from dashboard.figures import cell_graph
from dashboard.figures.numbers import readable
from dashboard.links import BENCHMARK, CELL_PARAMETER, VIEW_PARAMETER, page_link
from dashboard.text import plain
from dashboard.widgets.charts import drawing_config


def cell_row(cell: Cell, dataset: str | None, scores: Mapping[str, float] | None = None) -> pd.Series:
    """What is known of a cell, in the columns of ``backend.studies.trials_frame``, without number and state.

    Args:
        cell: in the benchmark's networks (C = 16, N = 5).
        dataset: of the true accuracies; None leaves them out.
        scores: of proxies, by name.
    """
    channels, cells_per_stage = TRAINED_SIZE
    row: dict[str, object] = {"arch": str(cell), "index": cell.index, "C": channels, "N": cells_per_stage}
    row |= {name: value for name, value in (scores or {}).items() if pd.notna(value)}
    for epochs in EPOCHS if dataset else ():
        fields = query(cell, dataset or "", epochs).items()
        row |= {f"{epochs}:{field}": value for field, value in fields if value is not None}
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


_STATE_WORDS = {
    "complete": "",
    "repeat": "a repeat of an earlier cell, not scored again",
    "disconnected": "disconnected: no path from input to output, so it has no scores",
    "failed": "failed: see the log",
    "running": "in work",
}


def cell_card(
    trial: pd.Series,
    title: str,
    dataset: str | None,
    *,
    objectives: Sequence[str] = (),
    bounds: Mapping[str, Sequence[Constraint]] | None = None,
) -> None:
    """Draw a cell with its proxies and its truth.

    Args:
        trial: a row of the table of trials; for a cell by itself, one without number and state.
        title: such as "Latest cell".
        dataset: the study's data set, for sizes; None for a study made elsewhere.
        objectives: columns that are optimised, marked in the table.
        bounds: constraints on columns, said in the table.
    """
    with st.container(border=True, key="cell_card"):
        st.markdown(f"**{plain(title)}** · trial {trial['number']}" if "number" in trial else f"**{plain(title)}**")
        if words := _state_words(trial):
            st.caption(plain(words[0].upper() + words[1:] + "."))
        arch = trial.get("arch")
        if not isinstance(arch, str):
            st.caption("This trial names no cell of NAS-Bench-201; here is what it recorded.")
            _numbers_table("Recorded", trial, _recorded(trial), _Roles(objectives, {}), key="recorded_table")
            return
        _accuracies(trial)
        cell = Cell.parse(arch)
        st.plotly_chart(
            cell_graph(cell),
            key="cell_graph",
            config=drawing_config(f"cell {cell.index}"),
            alt=f"Graph of the cell {arch}",
        )
        st.caption(_size_line(cell, dataset, trial))
        st.code(arch, language=None, wrap_lines=True)
        page_link(
            BENCHMARK,
            "This cell in the benchmark",
            ":material/leaderboard:",
            "All its records, its rank, its twins and its neighbours.",
            {VIEW_PARAMETER: "cell", CELL_PARAMETER: str(cell.index)},
        )
        recorded = _recorded(trial)
        truths = [column for column in recorded if is_truth(column)]
        measured = [column for column in recorded if column not in truths and not column.startswith("scaled:")]
        # The objectives come first, in their order.
        measured.sort(key=[*objectives, *measured].index)
        _numbers_table("Measured", trial, measured, _Roles(objectives, bounds or {}), key="proxies_table")
        if truths:
            _truth_table(trial, truths)
        else:
            st.caption("No true accuracy: NAS-Bench-201 has C = 16, N = 5 and connected cells' records only.")


def _state_words(trial: pd.Series) -> str:
    state = trial.get("state", "")
    if state == "infeasible":
        return f"infeasible, never among the best: {trial['breaks']}"
    return _STATE_WORDS.get(state, "")


def _accuracies(trial: pd.Series) -> None:
    """The true accuracies up front, where they are known."""
    known = [epochs for epochs in EPOCHS[::-1] if pd.notna(trial.get(f"{epochs}:test-accuracy"))]
    if not known:
        return
    with st.container(key="true_accuracy"):
        st.caption("True test accuracy once trained", help=quantity(f"{known[0]}:test-accuracy").help)
        grid = st.grid(2, min_column_width=110)
        for epochs in known:
            grid.metric(
                f"{epochs} epochs",
                readable(trial[f"{epochs}:test-accuracy"], "%"),
            )


def _recorded(trial: pd.Series) -> list[str]:
    skipped = {"number", "index", "C", "N", "pareto"}
    return [
        str(column)
        for column, value in trial.items()
        if column not in skipped and (_is_number(value) or (is_foreign(str(column)) and pd.notna(value)))
    ]


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)


def _size_line(cell: Cell, dataset: str | None, trial: pd.Series) -> str:
    parts = [f"Cell {cell.index:,} of the space"]
    if pd.notna(trial.get("C")):
        parts.append(f"C = {int(trial['C'])}, N = {int(trial['N'])}")
    if dataset and (trial.get("C"), trial.get("N")) == (16, 5):
        facts = architecture(cell)
        parts += [f"{readable(_number(facts, f'flops_m:{dataset}'))} M FLOPs"]
        parts += [f"{readable(_number(facts, f'params:{dataset}'))} parameters"]
    return " · ".join(parts)


def _number(facts: dict[str, str | int | float | None], name: str) -> float | None:
    value = facts.get(name)
    return float(value) if isinstance(value, int | float) else None


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


def _truth_table(trial: pd.Series, columns: list[str]) -> None:
    """The truth of both training lengths side by side."""
    fields = sorted(dict.fromkeys(column.split(":", 1)[1] for column in columns), key=_is_no_accuracy)
    rows = []
    for field in fields:
        known = quantity(f"200:{field}")
        values = {f"{epochs} epochs": readable(trial.get(f"{epochs}:{field}"), known.unit) for epochs in EPOCHS}
        rows.append({"NAS-Bench-201 truth": field, **values})
    with st.container(key="truth_table"):
        st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def _is_no_accuracy(field: str) -> bool:
    return not field.endswith("accuracy")
