import numpy as np
import pandas as pd
import pytest

from backend.analysis.search_curves import regret_curve


def cells() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cells": [1, 2, 3, 4, 5],
            "truth": [90.0, np.nan, 88.0, 93.0, 92.0],
            "snip": [1.0, 2.0, np.nan, 1.5, 3.0],
            "cost": [5.0, 5.0, 4.0, 6.0, 1.0],
        }
    )


def test_the_most_accurate_cell_so_far_counts() -> None:
    found = regret_curve(cells(), "truth", 94.0)
    assert found["best_accuracy"].tolist() == [90.0, 90.0, 90.0, 93.0, 93.0]
    assert found["regret"].tolist() == [4.0, 4.0, 4.0, 1.0, 1.0]


def test_the_cell_with_the_best_score_counts_even_where_it_is_worse() -> None:
    found = regret_curve(cells(), "truth", 94.0, chosen_by="cost", direction="minimize")
    assert found["best_accuracy"].tolist() == [90.0, 90.0, 88.0, 88.0, 92.0]


def test_a_chosen_cell_of_unknown_accuracy_has_no_regret_and_an_unknown_score_chooses_nothing() -> None:
    found = regret_curve(cells(), "truth", 94.0, chosen_by="snip")
    assert found["cells"].tolist() == [1, 5]
    assert found["regret"].tolist() == [4.0, 2.0]


@pytest.mark.parametrize(("accuracy", "chosen_by"), [("none", None), ("truth", "none")])
def test_what_is_not_recorded_has_no_curve(accuracy: str, chosen_by: str | None) -> None:
    assert regret_curve(cells(), accuracy, 94.0, chosen_by=chosen_by).empty


def test_no_known_accuracy_is_no_curve() -> None:
    assert regret_curve(cells().assign(truth=np.nan), "truth", 94.0).empty
    assert regret_curve(cells().iloc[:0], "truth", 94.0).empty
