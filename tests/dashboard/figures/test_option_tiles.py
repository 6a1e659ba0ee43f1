"""Tiles, bars and seconds of a study's views carry the numbers that they are given."""

import numpy as np
import pandas as pd

from backend.spaces.nas_bench_201.space import NasBench201
from dashboard.figures.importance_bars import importance_bars
from dashboard.figures.option_tiles import option_tiles
from dashboard.figures.scoring_seconds import scoring_seconds

SPACE = NasBench201()
MEANS = pd.DataFrame(
    {
        "edge": ["0 → 1", "2 → 3"],
        "operation": ["skip_connect", "avg_pool_3x3"],
        "mean": [91.5, 80.25],
        "spread": [0.5, 0.25],
        "cells": [1200, 3],
    }
)


def test_a_tile_stands_where_its_operation_and_edge_do_and_what_never_occurs_is_a_gap() -> None:
    figure = option_tiles(MEANS, "200:test-accuracy", SPACE.parameters, SPACE.words)
    tiles = figure.data[0]
    assert (tiles.x[1], tiles.y[0]) == ("skip", "0 → 1")
    assert (tiles.z[0][1], tiles.z[5][4]) == (91.5, 80.25)
    assert np.isfinite(np.array(tiles.z, dtype=float)).sum() == 2
    assert {note.text.split("<")[0] for note in figure.layout.annotations} == {"91.5", "80.25"}


def test_bars_are_ordered_and_named_in_the_words_of_the_page() -> None:
    shares = pd.DataFrame({"loss": {"op_3_1": 0.2, "op_1_0": 0.7, "op_x_y": 0.1}})
    bars = importance_bars(shares, SPACE.parameters, SPACE.words).data[0]
    assert list(bars.y) == ["op_x_y", "edge 1 → 3", "edge 0 → 1"]
    assert list(bars.text) == ["10%", "20%", "70%"]
    assert list(importance_bars(shares).data[0].y) == ["op_x_y", "op_3_1", "op_1_0"]


def test_seconds_have_a_marker_a_trial_a_running_median_and_a_logarithm_where_they_span_orders() -> None:
    frame = pd.DataFrame(
        {"number": range(40), "state": ["complete"] * 39 + ["failed"], "seconds": [1.0] * 38 + [50.0, 0.1], "index": 7}
    )
    figure = scoring_seconds(frame)
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["Complete"].y) == frame["seconds"].tolist()[:39]
    assert by_name["Complete"].customdata[3].tolist() == [3, 7]
    assert list(by_name["Failed"].x) == [39]
    assert set(by_name["Median of 21 trials"].y) == {1.0}
    assert figure.layout.yaxis.type == "log"
