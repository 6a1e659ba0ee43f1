"""Constraints: read, written, and how far a value is from keeping one."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.costs.constraints import SENSES, Constraint, Sense, by_metric
from backend.costs.metrics import available
from backend.errors import UserError

bounds = st.floats(min_value=1e-6, max_value=1e12)
values = st.floats(min_value=1e-6, max_value=1e12)


@given(metric=st.sampled_from(available()), bound=bounds, sense=st.sampled_from(SENSES))
def test_a_constraint_written_is_read_again(metric: str, bound: float, sense: Sense) -> None:
    constraint = Constraint(metric, bound, sense)
    assert Constraint.parse(str(constraint)) == constraint


@pytest.mark.parametrize("text", ["latency:raspi4 <= 20", "latency:raspi4<=20.0", "  latency:raspi4  <=  2e1 "])
def test_spaces_and_the_way_a_number_is_written_do_not_matter(text: str) -> None:
    constraint = Constraint.parse(text)
    assert constraint == Constraint("latency:raspi4", 20.0)
    assert str(constraint) == "latency:raspi4 <= 20"
    assert constraint.shown == "latency:raspi4 <= 20 ms"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("latency:raspi4 < 20", "write NAME <= NUMBER"),
        ("latency:raspi4 => 20", "write NAME <= NUMBER or NAME >= NUMBER"),
        ("params >= 0", "'0' is no bound of params; give a finite number above 0$"),
        ("latency:raspi4", "write NAME <= NUMBER"),
        ("20 <= latency:raspi4", "unknown hardware metric '20'"),
        ("latency:raspi4 <= 20 ms", "write NAME <= NUMBER"),
        (20, "write NAME <= NUMBER"),
        ("latency:raspi4 <= fast", r"'fast' is no bound of latency:raspi4; give a finite number above 0 \(ms\)"),
        ("params <= 0", "give a finite number above 0$"),
        ("params <= -3", "'-3' is no bound of params"),
        ("params <= nan", "finite number"),
        ("params <= inf", "finite number"),
        ("latency:raspi <= 20", "unknown hardware metric 'latency:raspi'; valid: .*latency:raspi4"),
        ("snip <= 20", "unknown hardware metric 'snip'"),
    ],
)
def test_what_does_not_parse_is_said_with_what_is_valid(text: object, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        Constraint.parse(text)
    assert "\n" not in str(caught.value)


@given(bound=bounds, value=values, sense=st.sampled_from(SENSES))
def test_a_violation_is_above_zero_exactly_where_the_bound_is_passed(bound: float, value: float, sense: Sense) -> None:
    constraint = Constraint("latency:raspi4", bound, sense)
    violation = constraint.violation(value)
    assert (violation > 0) == (value > bound if sense == "<=" else value < bound)
    assert constraint.keeping(pd.Series([value, math.nan])).tolist() == [violation <= 0, False]
    assert -1 <= violation < 1 or max(value / bound, bound / value) > 1e15


@given(bound=bounds, low=values, high=values)
def test_the_cell_farther_past_the_bound_is_farther_off(bound: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    most, least = Constraint("params", bound), Constraint("params", bound, ">=")
    assert most.violation(low) <= most.violation(high) <= most.violation(math.nan)
    assert least.violation(high) <= least.violation(low) <= least.violation(math.nan)


def test_bounds_are_said_with_their_units() -> None:
    most, least = Constraint("latency:raspi4", 20), Constraint.parse("params >= 1e6")
    assert (most.limit, least.limit) == ("at most 20 ms", "at least 1,000,000")
    assert least.verdict(5e5) == "params is 500000, under 1000000"
    assert by_metric([most, least]) == {"latency:raspi4": [most], "params": [least]}


def test_an_unmeasured_cell_breaks_any_bound() -> None:
    for bound in (1e9, math.inf):
        constraint = Constraint("latency:edgetpu", bound)
        assert constraint.violation(math.nan) == 1
        assert constraint.violation(3.0) <= 0
        assert constraint.verdict(math.nan) == "latency:edgetpu was not measured"
