"""Shortlists on the benchmark itself: no twins, honest intervals, costs that add up."""

import numpy as np
import pandas as pd
import pytest

from backend import truth as benchmark
from backend.ensembles.evaluation import draw_cells
from backend.ensembles.fitting import Recipe
from backend.ensembles.recommendation import expected_accuracy, recommend, rule_proxies, shortlist, training_plan
from backend.ensembles.study import StudyEnsemble
from backend.errors import UserError
from backend.scoring.tables import bundled_table
from backend.spaces.nas_bench_201.space import NasBench201
from backend.truth.lookup import query
from tests.toy_space import ToySpace

SPACE = NasBench201()

TARGET = "200:test-accuracy"


def test_the_rule_takes_its_own_proxies_or_else_all_and_the_size() -> None:
    assert rule_proxies(["snip", "linear_regions", "zen", "naswot"], SPACE, "cifar10") == (
        "naswot",
        "zen",
        "linear_regions",
    )
    assert rule_proxies(["snip", "zen", "naswot"], SPACE, "cifar10") == ("naswot", "zen")
    assert rule_proxies(["snip", "zen"], SPACE, "cifar10") == ("snip", "zen", "params")
    assert rule_proxies(["snip", "zen"], ToySpace(), "cifar10") == ("snip", "zen")
    assert rule_proxies([], SPACE, "cifar10") == ("params",)


def test_of_twins_one_is_listed() -> None:
    classes = SPACE.classes().dropna()
    twins = classes[classes.duplicated(keep=False)]
    first = twins.index[twins == twins.iloc[0]]
    predicted = pd.Series(1.0, index=[*first, 6111, 9930])
    assert list(shortlist(predicted, SPACE)) == [1.0] * 3
    assert set(shortlist(predicted, SPACE).index) == {first[0], 6111, 9930}
    assert list(shortlist(predicted, SPACE, 1).index) == [min(predicted.index)]


def test_a_shortlist_of_scored_cells_is_far_better_than_the_cells_are_on_average() -> None:
    scores = bundled_table("cifar10").scores
    accuracy = benchmark.test_accuracy("cifar10", 200)
    cells = scores.loc[draw_cells(scores, 500, 1, SPACE)]
    listed = recommend(cells, SPACE, "cifar10")
    assert len(listed) == 10
    assert listed["accuracy"].mean() > accuracy[cells.index].quantile(0.8)
    assert listed["best"].iloc[-1] == listed["accuracy"].max()
    assert listed["score"].is_monotonic_decreasing
    with pytest.raises(UserError, match="no scored cell yet"):
        recommend(cells.iloc[:0], SPACE, "cifar10")


def test_costs_are_those_of_the_benchmarks_trainings() -> None:
    plan = training_plan([6111, 5115], SPACE, "cifar10")
    seconds = [query(index, "cifar10", 200)["train-all-time"] for index in (6111, 5115)]
    assert plan["total_hours"].to_numpy() == pytest.approx(np.cumsum(seconds) / 3600)
    assert plan["accuracy"].iloc[0] == pytest.approx(94.373, abs=1e-3)
    assert plan["best"].tolist() == [plan["accuracy"].iloc[0]] * 2


@pytest.mark.parametrize("model", ["ridge", "log_rank_sum"])
def test_intervals_hold_the_truth_of_cells_that_were_not_seen(model: str) -> None:
    scores, accuracy = bundled_table("cifar10").scores, benchmark.test_accuracy("cifar10", 200)
    proxies = ("jacob_cov", "zen", "params", "naswot")
    fitted = StudyEnsemble.of_space(scores, accuracy, Recipe(model, proxies), TARGET, 256)
    known = fitted.unseen(scores, accuracy)
    listed = shortlist(known["predicted"], SPACE, 200)
    judged = fitted.predictions
    expected = expected_accuracy(listed, judged["left_out"], judged["accuracy"], labelled=model == "ridge")
    inside = accuracy[listed.index].between(expected["low"], expected["high"])
    assert inside.mean() > 0.85
    assert (expected["high"] - expected["low"]).mean() < 8


def test_what_was_missed_in_the_middle_is_expected_to_be_missed_again() -> None:
    judged = pd.Series(np.linspace(80, 94, 200), index=range(200))
    expected = expected_accuracy(pd.Series([90.0], index=[6111]), judged, judged - 2, labelled=True).iloc[0]
    assert expected.tolist() == pytest.approx([88, 88, 90])


def test_nothing_is_expected_where_nothing_is_known() -> None:
    few = pd.Series([1.0, 2.0], index=[6111, 5115])
    assert expected_accuracy(few, few, few, labelled=True).isna().all(axis=None)
