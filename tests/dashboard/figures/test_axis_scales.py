import numpy as np
import pandas as pd
import pytest

from dashboard.figures.axis_scales import scaled

SPREAD = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0])
HUGE = pd.Series([10.0**power for power in range(20, 50)])
BOTH_SIGNS = pd.Series([-1e6, -3.0, -0.5, 0.0, 0.2, 0.4, 1.0, 2.0, 1e4, *np.linspace(-1, 1, 60)])


@pytest.mark.parametrize(
    ("values", "scale"),
    [(SPREAD, "linear"), (HUGE, "log"), (BOTH_SIGNS, "symlog"), (pd.Series([1.0, 1e9]), "linear")],
)
def test_automatic_is_linear_unless_that_crowds_most_values(values: pd.Series, scale: str) -> None:
    assert scaled(values, "synflow").scale == scale


def test_a_constant_stays_linear() -> None:
    assert scaled(pd.Series([2.0] * 5), "x").scale == "linear"


def test_a_logarithm_of_values_below_zero_becomes_symlog() -> None:
    assert scaled(BOTH_SIGNS, "grasp", "log").scale == "symlog"
    assert scaled(SPREAD, "snip", "log").layout["type"] == "log"


@pytest.mark.parametrize("scale", ["linear", "log", "symlog", "rank"])
def test_every_scale_keeps_the_order_and_is_named(scale: str) -> None:
    values = HUGE if scale == "log" else BOTH_SIGNS
    axis = scaled(values, "grasp", scale)
    assert axis.positions.rank().tolist() == values.rank().tolist()
    assert axis.positions.index.tolist() == values.index.tolist()
    assert "grasp" in axis.title
    assert scale == "linear" or axis.title != "grasp"


def test_symlog_is_even_about_zero_and_its_ticks_stand_at_their_values() -> None:
    axis = scaled(BOTH_SIGNS, "grasp", "symlog")
    turned = scaled(-BOTH_SIGNS, "grasp", "symlog")
    assert axis.positions.tolist() == pytest.approx((-turned.positions).tolist())
    ticks = dict(zip(axis.layout["ticktext"], axis.layout["tickvals"], strict=True))
    assert ticks["0"] == 0
    assert len(ticks) <= 11
    position = axis.positions[BOTH_SIGNS == 1e4].iloc[0]
    assert ticks["10<sup>4</sup>"] == pytest.approx(position)
    assert list(axis.layout["tickvals"]) == sorted(axis.layout["tickvals"])


def test_ranks_share_the_middle_among_ties() -> None:
    assert scaled(pd.Series([5.0, 1.0, 5.0]), "x", "rank").positions.tolist() == [2.5, 1.0, 2.5]
