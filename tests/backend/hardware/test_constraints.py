"""Constraints: read, written, and how far a value is from keeping one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import UserError
from backend.hardware import Constraint, available

bounds = st.floats(min_value=1e-6, max_value=1e12)
values = st.floats(min_value=1e-6, max_value=1e12)


@given(metric=st.sampled_from(available()), bound=bounds)
def test_a_constraint_written_is_read_again(metric: str, bound: float) -> None:
    constraint = Constraint(metric, bound)
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
        ("latency:raspi4 >= 20", "write NAME <= NUMBER"),
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


@given(bound=bounds, value=values)
def test_a_violation_is_above_zero_exactly_where_the_bound_is_passed(bound: float, value: float) -> None:
    violation = Constraint("latency:raspi4", bound).violation(value)
    assert (violation > 0) == (value > bound)
    assert -1 <= violation < 1 or value / bound > 1e15


@given(bound=bounds, low=values, high=values)
def test_the_dearer_cell_is_farther_off(bound: float, low: float, high: float) -> None:
    constraint = Constraint("params", bound)
    low, high = sorted((low, high))
    assert constraint.violation(low) <= constraint.violation(high) <= constraint.violation(math.nan)


def test_an_unmeasured_cell_breaks_any_bound() -> None:
    for bound in (1e9, math.inf):
        constraint = Constraint("latency:edgetpu", bound)
        assert constraint.violation(math.nan) == 1
        assert constraint.violation(3.0) <= 0
        assert constraint.verdict(math.nan) == "latency:edgetpu was not measured"
