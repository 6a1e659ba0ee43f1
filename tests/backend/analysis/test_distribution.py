"""Summaries and histograms of the space."""

import math

import numpy as np
import pandas as pd
import pytest

from backend.analysis.distribution import histogram, summary
from backend.truth import measures


def test_a_summary_names_quartiles_and_the_best_cell() -> None:
    values = pd.Series([10.0, 20.0, 30.0, 40.0, 40.0, math.nan], index=[5, 6, 7, 8, 9, 10])
    assert summary(values) == {
        "cells": 5,
        "worst": 10,
        "lower_quartile": 20,
        "median": 30,
        "upper_quartile": 40,
        "best": 40,
        "best_cell": 8,
    }


def test_bins_begin_at_multiples_of_their_width_and_hold_every_known_value() -> None:
    table = histogram(pd.Series([0.9, 1.0, 1.49, 1.5, 2.0, math.nan]), 0.5)
    assert table["low"].tolist() == [0.5, 1.0, 1.5, 2.0]
    assert table["high"].tolist() == [1.0, 1.5, 2.0, 2.5]
    assert table["cells"].tolist() == [1, 2, 1, 1]


@pytest.mark.parametrize("width", [0.1, 0.5, 1.0, 7.0])
def test_every_cell_of_the_space_is_in_a_bin(width: float) -> None:
    table = histogram(measures.values(measures.accuracy("cifar10", 200)), width)
    assert table["cells"].sum() == 15_625
    assert np.allclose(table["high"] - table["low"], width)


def test_equal_values_are_one_bin() -> None:
    table = histogram(pd.Series([10.0, 10.0]), 0.5)
    assert table.to_dict("records") == [{"low": 10.0, "high": 10.5, "cells": 2}]
