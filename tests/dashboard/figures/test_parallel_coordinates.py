"""Lines across axes: each trial at its rank or value, operations in one order on every edge."""

import numpy as np
import pandas as pd
import pytest

from backend.spaces.nas_bench_201.cell import OPERATIONS
from backend.spaces.nas_bench_201.space import NasBench201
from dashboard.figures import parallel_coordinates
from dashboard.figures.parallel_coordinates import settings_of

PARAMETERS = NasBench201().parameters
FRAME = pd.DataFrame(
    {
        "op_1_0": ["none", "skip_connect", "avg_pool_3x3"],
        "op_2_0": ["nor_conv_3x3", "none", "none"],
        "snip": [1.0, 1000.0, 10.0],
        "truth": [90.0, 92.0, None],
    }
)


def axes(*, ranked: bool) -> tuple[dict[str, object], ...]:
    figure = parallel_coordinates(
        FRAME, settings_of(FRAME, PARAMETERS), ["snip"], "truth", ranked=ranked, parameters=PARAMETERS
    )
    return tuple(axis.to_plotly_json() for axis in figure.data[0].dimensions)


def test_operations_stand_in_one_order_and_are_named_on_the_first_axis() -> None:
    first, second, _ = axes(ranked=True)
    assert list(first["values"]) == [OPERATIONS.index(name) for name in FRAME["op_1_0"]]
    assert list(second["values"]) == [OPERATIONS.index(name) for name in FRAME["op_2_0"]]
    assert first["label"] == "0 → 1"
    assert list(first["ticktext"]) == ["none", "skip", "conv 3×3", "conv 1×1", "avg pool 3×3"]
    assert set(second["ticktext"]) == {""}


@pytest.mark.parametrize(("ranked", "places"), [(True, [0.0, 1.0, 0.5]), (False, [1.0, 1000.0, 10.0])])
def test_quantities_stand_by_rank_or_by_value(ranked: bool, places: list[float]) -> None:
    assert list(axes(ranked=ranked)[2]["values"]) == pytest.approx(places)


@pytest.mark.parametrize("ranked", [True, False])
def test_infinite_values_stand_at_the_end_that_they_exceed(ranked: bool) -> None:
    frame = pd.DataFrame({"param:x": [0.1, 0.2, 0.3, 0.4, 0.5], "snip": [-np.inf, np.inf, 10.5, 10.0, 11.0]})
    figure = parallel_coordinates(frame, ["param:x"], ["snip"], "snip", ranked=ranked)
    drawn = list(figure.data[0].dimensions[1]["values"])
    low, high, middle = (drawn[place] for place in range(3))
    assert low == drawn[3] < middle < high == drawn[4]
    assert np.isfinite(figure.data[0].line.color).all()


def test_a_study_without_trials_says_so() -> None:
    figure = parallel_coordinates(FRAME.iloc[:0], [], [], "truth", ranked=True)
    assert "No completed trial yet" in figure.layout.annotations[0].text


def test_parameters_with_many_words_are_no_axis() -> None:
    frame = pd.DataFrame({"param:x": range(40), "param:word": [f"w{n}" for n in range(40)]})
    assert settings_of(frame) == ["param:x"]
