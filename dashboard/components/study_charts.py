"""The charts of a study; a click on a marker puts its trial into the page's link."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from backend.benchmark import measures
from backend.hardware import Constraint, by_metric
from backend.search.config import SearchConfig
from backend.studies import StudySummary
from dashboard import queries
from dashboard.components.links import link_trial
from dashboard.figures import pareto_scatter, progress_chart
from dashboard.figures.quantities import Direction, label, objective_columns, plottable, quantity

_CHART = {"displayModeBar": "hover", "displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}


@dataclass(frozen=True)
class Axes:
    """What a study's charts can show.

    Attributes:
        columns: quantities with numbers, the objectives first.
        objectives: columns that are optimised.
        directions: which way is better, for the columns where the study says so.
        bounds: constraints on hardware metrics.
        truth: column of the true accuracy, or None where none is known.
    """

    columns: list[str]
    objectives: list[str]
    directions: dict[str, Direction]
    bounds: dict[str, list[Constraint]]
    truth: str | None

    def direction(self, column: str) -> Direction:
        """Which way a column is better."""
        return self.directions.get(column, quantity(column).direction)


def axes_of(summary: StudySummary, frame: pd.DataFrame) -> Axes:
    """The axes that a study's trials allow."""
    objectives = objective_columns(frame, summary.objectives)
    columns = plottable(frame, objectives)
    config = summary.config
    directions: dict[str, Direction] = dict.fromkeys(config.hardware_metrics if config else (), "minimize")
    directions |= {name: goal.direction for name, goal in config.strategy.metrics.items()} if config else {}
    for column, direction in zip(objectives, summary.directions, strict=False):
        directions[column] = "minimize" if direction == "minimize" else "maximize"
    bounds = by_metric(config.constraints) if config else {}
    wanted = f"{config.runner.nasbench_epochs if config else 200}:test-accuracy"
    return Axes(columns, objectives, directions, bounds, wanted if wanted in columns else None)


def progress_section(frame: pd.DataFrame, axes: Axes, config: SearchConfig | None) -> None:
    """The chart that fills: a quantity by trial, with the best so far."""
    with st.container(border=True, key="progress_section"):
        heading, choice = st.columns([2, 3], vertical_alignment="center")
        heading.markdown(
            "**Progress**",
            help="Each scored cell, and the best value so far; cells that break a constraint do not count.",
        )
        column = choice.selectbox(
            "Quantity by trial",
            axes.columns,
            format_func=label,
            key="quantity",
            bind="query-params",
            label_visibility="collapsed",
            help="What the chart shows. Its choice is kept in the page's link.",
        )
        optimum, allowed = _optimum(config, column)
        figure = progress_chart(
            frame,
            column,
            axes.direction(column),
            optimum=optimum,
            allowed=allowed,
            bounds=axes.bounds.get(column, ()),
            asked=config.setup.n_trials if config else None,
        )
        st.plotly_chart(
            figure,
            key="progress_chart",
            on_select=lambda: _link_clicked("progress_chart"),
            selection_mode="points",
            config=_CHART,
            alt=f"{label(column)} by trial, with the best so far",
        )


def _optimum(config: SearchConfig | None, column: str) -> tuple[float | None, float | None]:
    """The best of the space, and of the cells that the search allows, where the column is a true test accuracy."""
    epochs, _, field = column.partition(":")
    if not config or field != "test-accuracy":
        return None, None
    values = queries.standings(measures.accuracy(config.dataset, int(epochs)))["value"]
    allowed = queries.allowed_cells(config)
    return float(values.max()), float(values[allowed].max()) if allowed else None


def pareto_section(frame: pd.DataFrame, axes: Axes, selected: int | None) -> None:
    """Any two quantities against each other, with their Pareto front."""
    with st.container(border=True, key="pareto_section"):
        st.markdown(
            "**Pareto front**",
            help="The line joins the cells that no other cell beats in both quantities; a cell that breaks a "
            "constraint is never on it. Click a cell to see it.",
        )
        x, y = _axis_choices(axes)
        figure = pareto_scatter(
            frame, x, y, directions=axes.directions, bounds=axes.bounds, color=axes.truth, selected=selected
        )
        st.plotly_chart(
            figure,
            key="pareto_chart",
            on_select=lambda: _link_clicked("pareto_chart"),
            selection_mode="points",
            config=_CHART,
            alt=f"{label(y)} against {label(x)} with the Pareto front",
        )
        st.caption(
            f"Better: {_way(axes, x)} {label(x)}, {_way(axes, y)} {label(y)}."
            + _not_drawn(frame, x, y)
            + ("" if axes.truth else " No true accuracies are known for these cells.")
        )


def _not_drawn(frame: pd.DataFrame, x: str, y: str) -> str:
    """Words for the infeasible trials that have no place in the chart."""
    lacking = (frame["state"] == "infeasible") & frame[[x, y]].isna().any(axis="columns")
    count = int(lacking.sum())
    if not count:
        return ""
    trials = "1 infeasible trial has" if count == 1 else f"{count:,} infeasible trials have"
    return f" {trials} no value of one of them (not scored, or not measured on the device), and no cross here."


def _axis_choices(axes: Axes) -> tuple[str, str]:
    several = len(axes.objectives) > 1
    second = axes.objectives[1] if several else axes.truth or axes.columns[min(1, len(axes.columns) - 1)]
    left, right = st.columns(2)
    x = left.selectbox(
        "Horizontal",
        axes.columns,
        format_func=label,
        key="x",
        bind="query-params",
        help="Any recorded quantity. The choice is kept in the page's link.",
    )
    y = right.selectbox(
        "Vertical",
        axes.columns,
        index=axes.columns.index(second),
        format_func=label,
        key="y",
        bind="query-params",
        help="Any recorded quantity. The choice is kept in the page's link.",
    )
    return x, y


def _way(axes: Axes, column: str) -> str:
    return "higher" if axes.direction(column) == "maximize" else "lower"


def _link_clicked(chart: str) -> None:
    points = st.session_state[chart]["selection"]["points"]
    if points and points[0].get("customdata"):
        link_trial(int(points[0]["customdata"][0]))
