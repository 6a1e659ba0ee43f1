import math

import pytest

from dashboard.figures.numbers import duration, readable


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (93.30333, "%", "93.30 %"),
        (1_101_466.0, "", "1,101,466"),
        (1.23456e26, "", "1.235e+26"),
        (-65.46312, "", "-65.46"),
        (0.000123456, "s", "0.0001235 s"),
        (32.0, "bits", "32 bits"),
        (None, "%", "–"),
        (math.nan, "", "–"),
        (math.inf, "", "∞"),
        (-math.inf, "%", "−∞"),
    ],
)
def test_numbers_have_sensible_digits_and_their_unit(value: float | None, unit: str, text: str) -> None:
    assert readable(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00052, "0.52 ms"),
        (0.0123, "12 ms"),
        (0.0, "0.0 s"),
        (0.4, "0.4 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (7_260, "2 h 1 min"),
        (90_000, "1 d 1 h"),
        (None, "–"),
    ],
)
def test_durations_have_their_two_largest_units(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
