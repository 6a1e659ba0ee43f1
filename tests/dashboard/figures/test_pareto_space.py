"""Three quantities: who is on the front, where each trial stands, and what is said when none can be drawn."""

import pandas as pd

from backend.spaces.base import Words
from dashboard.figures.pareto import FRONT, others
from dashboard.figures.pareto_space import pareto_space

FRAME = pd.DataFrame(
    {
        "number": [0, 1, 2, 3, 4],
        "state": ["complete"] * 4 + ["failed"],
        "index": [10, 11, 12, 13, 14],
        "snip": [1.0, 3.0, 2.0, 1.0, 9.0],
        "zen": [1.0, 3.0, 2.0, 4.0, 9.0],
        "params": [5.0, 3.0, 4.0, 6.0, 1.0],
        "arch": ["a", "b", "c", "d", "e"],
    }
)
WORDS = Words("cell", "cells")
GOALS = {"snip": "maximize", "zen": "maximize", "params": "minimize"}


def test_the_front_is_what_no_trial_beats_in_all_three() -> None:
    figure = pareto_space(FRAME, "snip", "zen", "params", directions=GOALS, words=WORDS)
    by_name = {trace.name: trace for trace in figure.data if trace.customdata is not None}
    assert sorted(by_name[FRONT].x) == [1.0, 3.0]
    assert sorted(by_name[others(WORDS)].z) == [4.0, 5.0]
    assert figure.layout.scene.xaxis.title.text == "snip"


def test_the_chosen_trial_has_a_ring() -> None:
    figure = pareto_space(FRAME, "snip", "zen", "params", selected=2)
    (ring,) = [trace for trace in figure.data if trace.name == "Selected"]
    assert (list(ring.x), list(ring.y), list(ring.z)) == ([2.0], [2.0], [4.0])


def test_without_a_trial_that_has_all_three_it_says_so() -> None:
    figure = pareto_space(FRAME.assign(zen=None), "snip", "zen", "params")
    assert "No completed trial has all three" in figure.layout.annotations[0].text


def test_an_axis_can_be_logarithmic() -> None:
    scene = pareto_space(FRAME, "snip", "zen", "params", log=["params"]).layout.scene
    assert (scene.xaxis.type, scene.zaxis.type) == (None, "log")
