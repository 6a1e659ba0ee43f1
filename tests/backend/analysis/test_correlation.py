"""Rank correlations against their definitions."""

import itertools

import numpy as np
import pandas as pd
import pytest

from backend.analysis.correlation import class_means, correlations, group_correlations


def frame(cells: int = 40) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    accuracy = pd.Series(rng.normal(90, 3, cells), name="test-accuracy")
    scores = pd.DataFrame(
        {"good": np.exp(accuracy + rng.normal(0, 1, cells)), "noise": rng.integers(0, 5, cells) * 1.0}
    )
    return scores, accuracy


def test_spearman_and_kendall_are_those_of_the_definitions() -> None:
    scores, accuracy = frame()
    found = correlations(scores, accuracy, resamples=20)
    for name in scores:
        x, y = scores[name], accuracy
        assert found.loc[name, "spearman"] == pytest.approx(np.corrcoef(x.rank(), y.rank())[0, 1])
        pairs = list(itertools.combinations(range(len(x)), 2))
        signs = np.array([(np.sign(x[i] - x[j]), np.sign(y[i] - y[j])) for i, j in pairs])
        ties = np.sqrt((signs[:, 0] != 0).sum() * (signs[:, 1] != 0).sum())
        assert found.loc[name, "kendall"] == pytest.approx((signs[:, 0] * signs[:, 1]).sum() / ties)
        assert found.loc[name, "cells"] == 40


def test_the_best_tenth_are_the_cells_of_highest_accuracy() -> None:
    scores, accuracy = frame(400)
    best = accuracy.nlargest(40).index
    expected = np.corrcoef(scores["good"][best].rank(), accuracy[best].rank())[0, 1]
    found = correlations(scores, accuracy, resamples=50).loc["good"]
    assert found["top_spearman"] == pytest.approx(expected)
    assert found["top_spearman_low"] < found["top_spearman"] < found["top_spearman_high"]
    assert found["top_spearman"] < found["spearman"]


def test_a_tenth_of_few_cells_says_nothing() -> None:
    few, enough = (correlations(*frame(cells), resamples=0).loc["good"] for cells in (90, 91))
    assert np.isnan(few["top_spearman"])
    assert not np.isnan(enough["top_spearman"])


def test_without_resamples_there_are_values_and_no_intervals() -> None:
    found = correlations(*frame(), resamples=0).loc["good"]
    assert found[["spearman", "kendall"]].notna().all()
    assert found[["spearman_low", "spearman_high", "kendall_low", "top_spearman_low"]].isna().all()


def test_no_common_cell_is_no_correlation() -> None:
    scores, accuracy = frame()
    found = correlations(scores, accuracy * np.nan, resamples=10).loc["good"]
    assert found["cells"] == 0
    assert np.isnan(found["spearman"])


def test_infinite_scores_are_unknown() -> None:
    scores, accuracy = frame()
    scores.loc[0, "good"] = np.inf
    assert correlations(scores, accuracy, resamples=0).loc["good", "cells"] == 39


def test_each_group_is_correlated_within_itself() -> None:
    scores, accuracy = frame()
    groups = pd.Series(pd.Categorical(["few"] * 2 + ["some"] * 38, ["none", "few", "some"], ordered=True))
    scores.loc[5, "good"] = np.nan
    found = group_correlations(scores["good"], accuracy, groups, resamples=50)
    assert found.index.tolist() == ["none", "few", "some"]
    assert found["cells"].tolist() == [0, 2, 37]
    inside = scores["good"][2:].notna()
    expected = np.corrcoef(scores["good"][2:][inside].rank(), accuracy[2:][inside].rank())[0, 1]
    assert found.loc["some", "spearman"] == pytest.approx(expected)
    assert found.loc["some", "median_accuracy"] == accuracy[2:][inside].median()
    assert found.loc["some", "spearman_low"] < expected < found.loc["some", "spearman_high"]
    assert found.loc[["none", "few"], "spearman"].isna().all()


def test_the_interval_holds_the_value_and_shrinks_with_more_cells() -> None:
    few, many = (correlations(*frame(cells), resamples=200).loc["good"] for cells in (30, 600))
    for row in (few, many):
        assert row["spearman_low"] < row["spearman"] < row["spearman_high"]
        assert row["kendall_low"] < row["kendall"] < row["kendall_high"]
    assert many["spearman_high"] - many["spearman_low"] < few["spearman_high"] - few["spearman_low"]


def test_unknown_values_are_left_out_and_constant_scores_have_no_correlation() -> None:
    scores, accuracy = frame()
    scores.loc[:9, "good"] = np.nan
    scores["flat"] = 1.0
    accuracy.loc[39] = np.nan
    found = correlations(scores, accuracy, resamples=10)
    assert found["cells"].to_dict() == {"good": 29, "noise": 39, "flat": 39}
    assert np.isnan(found.loc["flat", "spearman"])


def test_a_class_counts_once_with_the_mean_of_its_cells() -> None:
    scores, accuracy = frame()
    classes = pd.Series([index // 2 for index in range(40)], dtype="Float64")
    classes[39] = pd.NA
    found = correlations(*class_means(scores, accuracy, classes), resamples=10)
    pairs = [list(group) for group in zip(range(0, 38, 2), range(1, 38, 2), strict=True)] + [[38]]
    means = pd.DataFrame({"x": [scores["good"][p].mean() for p in pairs], "y": [accuracy[p].mean() for p in pairs]})
    assert found.loc["good", "cells"] == 20
    assert found.loc["good", "spearman"] == pytest.approx(means.corr(method="spearman").loc["x", "y"])
