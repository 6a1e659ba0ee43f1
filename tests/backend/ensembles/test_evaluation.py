"""What counts as unseen, and figures that don't flatter."""

import numpy as np
import pytest
from scipy import stats

from backend.ensembles.evaluation import (
    DIVERSE,
    cross_validated,
    draw_cells,
    figures,
    importances,
    learning_curve,
    unseen,
)
from backend.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.errors import UserError
from backend.spaces.capabilities import classes_of
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import NasBench201
from tests.backend.ensembles.cells import PROXIES, everything

SPACE = NasBench201()


def test_figures_are_those_of_their_definitions() -> None:
    cells = everything().iloc[:300]
    found = figures(cells["l2_norm"], cells["accuracy"], resamples=50)
    assert found["spearman"] == pytest.approx(stats.spearmanr(cells["l2_norm"], cells["accuracy"]).statistic)
    assert found["kendall"] == pytest.approx(stats.kendalltau(cells["l2_norm"], cells["accuracy"]).statistic)
    assert found["spearman_low"] < found["spearman"] < found["spearman_high"]
    assert found["picked"] == cells["accuracy"][cells["l2_norm"].idxmax()]
    assert found["best"] == cells["accuracy"].max()


def test_twins_of_a_seen_cell_are_not_unseen() -> None:
    cells = everything()
    seen = Cell.parse("|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|")
    rest = unseen(cells, [seen.index], SPACE)
    twins = [index for index in cells.index if Cell.from_index(index).canonical() == seen.canonical()]
    assert len(twins) > 1
    assert set(cells.index) - set(rest.index) == set(twins)


@pytest.mark.slow
def test_cross_validation_of_noise_finds_nothing() -> None:
    """Twins share their noise: folds that divided classes would learn it by heart."""
    cells = everything().iloc[:1000].assign(accuracy=lambda f: f["l2_norm"])
    only_params = Recipe("extra_trees", ("params",), graph=True)
    assert abs(cross_validated(only_params, cells, repeats=1, resamples=0)["spearman"]) < 0.2


def test_cross_validation_needs_five_classes() -> None:
    with pytest.raises(UserError, match="4 distinct cells are too few"):
        cross_validated(Recipe("ridge", PROXIES), everything().iloc[:4])


@pytest.mark.parametrize("choose", ["random", DIVERSE])
def test_drawn_cells_are_distinct_and_repeatable(choose: str) -> None:
    scores = everything()[list(PROXIES)]
    drawn = draw_cells(scores, 40, 1, SPACE, choose)
    assert classes_of(SPACE, scores.loc[drawn].index).nunique() == len(drawn) == 40
    assert drawn == draw_cells(scores, 40, 1, SPACE, choose)
    assert drawn != draw_cells(scores, 40, 2, SPACE, choose)


def test_diverse_cells_are_farther_apart_than_random_ones() -> None:
    scores = everything()[["l2_norm"]]
    places = scores["l2_norm"].rank(pct=True)

    def gap(choose: str) -> float:
        return np.mean(
            [np.diff(np.sort(places[draw_cells(scores, 30, seed, SPACE, choose)])).min() for seed in range(10)]
        )

    assert gap(DIVERSE) > 2 * gap("random")


def test_more_labels_help_and_every_fit_is_reported() -> None:
    cells = everything()
    fits: list[int] = []
    curve = learning_curve(
        Recipe("extra_trees", PROXIES), cells, cells["accuracy"], [8, 200], 3, on_fit=lambda: fits.append(1)
    )
    assert len(curve) == len(fits) == 6
    few, many = curve.groupby("cells_labelled")["spearman"].mean()
    assert few < many


def test_more_cells_than_there_are_is_refused() -> None:
    with pytest.raises(UserError, match="there are 5043 distinct ones"):
        draw_cells(everything()[list(PROXIES)], 6000, 0, SPACE)
    with pytest.raises(UserError, match="valid: random, diverse"):
        draw_cells(everything()[list(PROXIES)], 5, 0, SPACE, "best")


def test_the_accuracy_of_the_pick_has_an_interval_that_other_cells_would_move_it_in() -> None:
    cells = everything().iloc[::150]
    found = figures(cells["params"] + 1e-3 * cells["l2_norm"], cells[ACCURACY])
    assert found["picked_low"] <= found["picked"] <= found["picked_high"]
    assert found["picked_low"] < found["picked_high"]
    assert np.isnan(figures(cells["params"], cells[ACCURACY], resamples=0)["picked_low"])


def test_a_proxy_that_counts_is_missed_and_one_that_does_not_is_not() -> None:
    cells = everything().iloc[::40].assign(zen=1.0)
    ensemble = Ensemble(Recipe("ridge", ("params", "l2_norm", "zen")), cells)
    lost = importances(ensemble, cells, cells[ACCURACY])
    assert lost["params"] > lost["l2_norm"] > 0.05
    assert lost["zen"] == pytest.approx(0)
