"""Pareto fronts and hypervolumes of any numbers, against the definition."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.dominance import hypervolume, nondominated
from tests.backend.cli.command_line import in_a_process_of_its_own

ROOT = Path(__file__).parents[2]
_VALUE = st.one_of(
    st.integers(-2, 2).map(float), st.sampled_from([math.inf, -math.inf, math.nan, 0.0, -0.0, 1e308, -1e308, 5e-324])
)


@st.composite
def _points(draw: st.DrawFn) -> tuple[list[list[float]], list[bool]]:
    objectives = draw(st.integers(1, 7))
    row = st.lists(_VALUE, min_size=objectives, max_size=objectives)
    return draw(st.lists(row, max_size=12)), draw(st.lists(st.booleans(), min_size=objectives, max_size=objectives))


def by_definition(points: list[list[float]], maximise: list[bool]) -> list[bool]:
    """Whether no other point is at least as good everywhere and better somewhere, compared pair by pair."""

    def beats(one: list[float], other: list[float]) -> bool:
        pairs = [(a, b) if up else (b, a) for a, b, up in zip(one, other, maximise, strict=True)]
        return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)

    known = [point for point in points if not any(map(math.isnan, point))]
    return [point in known and not any(beats(other, point) for other in known) for point in points]


@settings(max_examples=400, deadline=None)
@given(_points())
def test_the_front_is_what_the_definition_says(case: tuple[list[list[float]], list[bool]]) -> None:
    points, maximise = case
    values = np.array(points, dtype=float).reshape(len(points), len(maximise))
    assert nondominated(values, maximise).tolist() == by_definition(points, maximise)


def test_an_infinite_value_counts_by_its_meaning() -> None:
    assert nondominated([[math.inf, 0.0], [1.0, 0.0], [-math.inf, 9.0]], [True, True]).tolist() == [True, False, True]
    assert nondominated([[math.inf], [1.0], [math.nan]], [False]).tolist() == [False, True, False]
    assert nondominated([[2.0], [2.0]], [True], keep_equal=False).tolist() == [True, False]


def test_three_objectives_with_an_infinite_one_end_no_process() -> None:
    in_a_process_of_its_own(
        "from math import inf\n"
        "from backend.dominance import nondominated\n"
        "points = [[1, -inf, 2], [0, 1, 2], [3, 0, 1]]\n"
        "assert nondominated(points, [False] * 3).all()\n"
        "assert nondominated(points * 300, [False] * 3).all()\n"
    )


@pytest.mark.parametrize("exact", [True, False])
def test_a_hypervolume_has_the_box_for_its_end(exact: bool) -> None:
    corner = [[0.5, 0.25]]
    assert hypervolume(corner, exact=exact) == pytest.approx(0.125, rel=0.02)
    assert hypervolume([[math.inf, 0.25]], exact=exact) == pytest.approx(0.25, rel=0.02)
    assert hypervolume([*corner, [-math.inf, 1.0], [math.nan, 1.0]], exact=exact) == pytest.approx(0.125, rel=0.02)
    assert hypervolume(np.empty((0, 2)), exact=exact) == 0
    assert hypervolume([[math.nan, 1.0]], exact=exact) == 0


def test_one_module_alone_calls_moocore() -> None:
    sources = [path for folder in ("backend", "dashboard") for path in (ROOT / folder).rglob("*.py")]
    calling = re.compile(r"^\s*(import|from) moocore", re.MULTILINE)
    assert [path.name for path in sources if calling.search(path.read_text(encoding="utf-8"))] == ["dominance.py"]
