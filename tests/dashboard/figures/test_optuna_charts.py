"""Optuna's charts in the common look: numbers of trials, what is left out, and names that are no markup."""

import json
import re
from collections.abc import Callable

import optuna
import plotly.graph_objects as go
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from dashboard.figures import optuna_charts

HOSTILE = '<a href="http://evil.example">%{x} $a$</a>'


@pytest.fixture(scope="module")
def study() -> optuna.Study:
    """Twenty trials of two parameters, with hostile names and options; the fifth has no value, the last was pruned."""
    made = optuna.create_study(study_name=HOSTILE)
    kinds = {HOSTILE: FloatDistribution(1e-5, 1e-1, log=True), "kind": CategoricalDistribution([HOSTILE, "b", None])}
    for number in range(20):
        pruned = number == 19
        made.add_trial(
            create_trial(
                state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
                value=None if pruned else float(number),
                params={HOSTILE: 10 ** -(1 + number / 5), "kind": [HOSTILE, "b", None][number % 3]},
                distributions=kinds,
                intermediate_values={0: 2.0, 1: 1.0} if number > 16 else {},
                user_attrs={HOSTILE: HOSTILE},
            )
        )
    return made


VALUES = {number: float(number) for number in range(19) if number != 5}
DRAWN: dict[str, Callable[[optuna.Study], go.Figure]] = {
    "slices": lambda study: optuna_charts.slices(study, [HOSTILE, "kind"], VALUES, HOSTILE),
    "contour": lambda study: optuna_charts.contour(study, (HOSTILE, "kind"), VALUES, HOSTILE),
    "rank": lambda study: optuna_charts.rank(study.trials, (HOSTILE, "kind"), VALUES, HOSTILE),
    "distribution": lambda study: optuna_charts.distribution([study, study], [VALUES, VALUES], HOSTILE),
    "intermediate": lambda study: optuna_charts.intermediate_values(study.trials),
    "timeline": optuna_charts.timeline,
}


@pytest.mark.parametrize("name", DRAWN)
def test_no_name_is_markup(study: optuna.Study, name: str) -> None:
    figure = DRAWN[name](study)
    text = json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
    assert "<a" not in text
    # A formula needs two of them, and a place of a template is one of Plotly's own.
    assert "$" not in re.sub(r"%\{[a-z]+[^}]*\}", "", text)
    assert set(re.findall(r"%\{([a-z]+)", text)) <= {"x", "y", "text", "hovertext", "customdata"}


def test_a_slice_has_the_trials_with_a_value_and_their_numbers_on_an_axis_of_the_distribution(
    study: optuna.Study,
) -> None:
    figure = DRAWN["slices"](study)
    assert [sorted(trace.customdata.ravel().tolist()) for trace in figure.data] == [sorted(VALUES)] * 2
    assert {figure.layout.xaxis.type, figure.layout.xaxis2.type} == {"log", "category"}


def test_ranks_are_of_the_values_alone_and_equal_ones_share_one(study: optuna.Study) -> None:
    values = {0: 7.0, 1: 1e9, 2: 7.0, 3: -5.0}
    (markers,) = optuna_charts.rank(study.trials, ("kind", HOSTILE), values, "loss").data
    assert list(markers.marker.color) == [0.5, 1.0, 0.5, 0.0]
    assert [list(row) for row in markers.customdata] == [[number, value] for number, value in values.items()]


def test_the_distribution_rises_to_all_trials_at_the_largest_value() -> None:
    figure = optuna_charts.distribution([optuna.create_study()], [{0: 3.0, 4: 1.0, 7: 2.0}], "loss")
    assert list(figure.data[0].x) == [1.0, 2.0, 3.0]
    assert figure.data[0].y[-1] == 1.0


def test_trials_that_reported_have_a_line_each_and_pruned_ones_are_dotted(study: optuna.Study) -> None:
    figure = optuna_charts.intermediate_values([trial for trial in study.trials if trial.intermediate_values])
    assert [trace.line.dash for trace in figure.data] == ["solid", "solid", "dot"]
    assert [list(trace.y) for trace in figure.data] == [[2.0, 1.0]] * 3


def test_the_timeline_calls_states_as_the_pages_do(study: optuna.Study) -> None:
    assert {trace.name for trace in optuna_charts.timeline(study).data} == {"Complete", "Pruned"}
