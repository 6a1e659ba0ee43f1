"""Pareto fronts against the definition."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from backend.analysis.pareto import pareto_front

value = st.one_of(st.integers(-3, 3).map(float), st.sampled_from([float("nan"), float("inf"), float("-inf")]))


@given(rows=st.lists(st.tuples(value, value, value), max_size=12), up=st.tuples(*[st.booleans()] * 3))
def test_a_row_is_on_the_front_unless_another_beats_it(
    rows: list[tuple[float, float, float]], up: tuple[bool, bool, bool]
) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b", "c"], dtype=float)
    directions = {name: "maximize" if higher else "minimize" for name, higher in zip("abc", up, strict=True)}
    points = frame.to_numpy() * np.where(up, 1, -1)
    known = ~np.isnan(points).any(axis=1)

    def beaten(point: np.ndarray) -> bool:
        others = points[known]
        return bool(((others >= point).all(axis=1) & (others > point).any(axis=1)).any())

    expected = [bool(there) and not beaten(point) for point, there in zip(points, known, strict=True)]
    assert pareto_front(frame, directions).tolist() == expected  # type: ignore[arg-type]
