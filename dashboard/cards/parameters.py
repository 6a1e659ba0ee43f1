"""The cards of Optuna's charts: how a quantity depends on parameters, how it is spread, and how trials went."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from backend.studies import StudySummary
from dashboard.cards.base import Card
from dashboard.data import optuna_studies as data
from dashboard.data.quantities import label
from dashboard.figures import optuna_charts

_SLICES_A_CARD, _MOST_CARDS = 5, 6


def slices(summary: StudySummary, frame: pd.DataFrame, column: str) -> list[Card]:
    """A quantity against each parameter that varies, a few parameters a card."""
    names, values = data.parameter_names(summary), data.scored_values(frame, column)
    if why := _why_not(names, values, 1):
        return [Card.missing("slice_chart", "Slice", why)]
    parts = [names[start : start + _SLICES_A_CARD] for start in range(0, len(names), _SLICES_A_CARD)]
    return [_slices(summary, part, values, column, place) for place, part in enumerate(parts[:_MOST_CARDS])]


def _slices(summary: StudySummary, names: Sequence[str], values: optuna_charts.Values, column: str, place: int) -> Card:
    figure = optuna_charts.slices(data.optuna_study(summary), names, values, label(column))
    words = f"{label(column)} against {', '.join(sorted(names))}; the colour is the number of the trial."
    key = f"slice_chart_{place}" if place else "slice_chart"
    return Card(key, "Slice", words, figure, lambda: _table(summary, names, values, column))


def contour(summary: StudySummary, frame: pd.DataFrame, column: str, pair: tuple[str, str], *, ranked: bool) -> Card:
    """A quantity over two parameters, as it is or by rank.

    Args:
        summary: of the study.
        frame: its trials.
        column: the quantity.
        pair: the parameters.
        ranked: whether markers show the rank of the quantity in place of its contours.
    """
    key, title = ("rank_chart", "Rank") if ranked else ("contour_chart", "Contour")
    values = data.scored_values(frame, column)
    if why := _why_not(list(dict.fromkeys(pair)), values, 2):
        return Card.missing(key, title, why)
    if ranked:
        figure = optuna_charts.rank(data.scored_trials(summary, values), pair, values, label(column))
    else:
        figure = optuna_charts.contour(data.optuna_study(summary), pair, values, label(column))
    words = (
        f"Rank of {label(column)} over {pair[0]} and {pair[1]}, a marker a trial."
        if ranked
        else f"{label(column)} over {pair[0]} and {pair[1]}, interpolated between the trials, which are marked."
    )
    return Card(key, title, words, figure, lambda: _table(summary, pair, values, column))


def distribution(summary: StudySummary, frame: pd.DataFrame, column: str) -> Card:
    """The empirical distribution function of a quantity."""
    key, title = "distribution_chart", "Distribution"
    values = data.scored_values(frame, column)
    if not values:
        return Card.missing(key, title, f"No trial has a finite value of {label(column)}.")
    figure = optuna_charts.distribution([data.optuna_study(summary)], [values], label(column))
    words = f"The share of the {len(values):,} trials whose {label(column)} is at most as high (EDF)."
    return Card(key, title, words, figure, pd.DataFrame({"number": values.keys(), column: values.values()}))


def intermediate_values(summary: StudySummary) -> Card:
    """What trials reported before they ended."""
    key, title = "intermediate_chart", "Intermediate values"
    trials = data.reporting_trials(summary)
    if not trials:
        return Card.missing(key, title, "No trial reported a value before it ended.")
    count = "1 trial" if len(trials) == 1 else f"{len(trials):,} trials"
    words = f"What {count} reported before they ended, a line each; dotted ones were pruned."
    rows = [
        (trial.number, trial.state.name.lower(), step, value)
        for trial in trials
        for step, value in sorted(trial.intermediate_values.items())
    ]
    table = pd.DataFrame(rows, columns=["number", "state", "step", "value"])
    return Card(key, title, words, optuna_charts.intermediate_values(trials), table)


def timeline(summary: StudySummary) -> Card:
    """When each trial ran, and how it ended."""
    key, title = "timeline_chart", "Timeline"
    study = data.optuna_study(summary)
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.datetime_start]
    if not trials:
        return Card.missing(key, title, "No trial has recorded when it ran.")
    table = pd.DataFrame(
        {
            "number": [trial.number for trial in trials],
            "state": [trial.state.name.lower() for trial in trials],
            "started": [trial.datetime_start for trial in trials],
            "ended": [trial.datetime_complete for trial in trials],
        }
    )
    shown = "" if len(trials) <= optuna_charts.MOST_BARS else f" The newest {optuna_charts.MOST_BARS:,} are drawn."
    words = f"When each trial ran; the colour tells how it ended.{shown}"
    return Card(key, title, words, optuna_charts.timeline(study), table)


def _why_not(names: Sequence[str], values: optuna_charts.Values, needed: int) -> str:
    if len(names) < needed:
        return "No parameter takes more than one value." if needed == 1 else "Choose two different parameters."
    return "" if values else "No trial has a finite value."


def _table(summary: StudySummary, names: Sequence[str], values: optuna_charts.Values, column: str) -> pd.DataFrame:
    trials = data.scored_trials(summary, values)
    table = pd.DataFrame({"number": [trial.number for trial in trials]})
    for name in names:
        table[name] = [trial.params.get(name) for trial in trials]
    return table.assign(**{column: [values[trial.number] for trial in trials]})
