"""Ensembles keep what they are fitted on, and come back the same from a file."""

import json

import numpy as np
import pandas as pd
import pytest

from backend.ensembles.fitting import Ensemble, Recipe
from backend.ensembles.models import MODELS
from backend.errors import UserError
from tests.backend.ensembles.cells import PROXIES, everything


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("graph", [False, True])
def test_it_comes_back_the_same_from_json(name: str, graph: bool) -> None:
    if graph and MODELS[name].build is None:
        return
    cells = everything()
    ensemble = Ensemble(Recipe(name, PROXIES, graph, seed=3), cells.iloc[::200])
    again = Ensemble.of_mapping(json.loads(json.dumps(ensemble.to_mapping(), allow_nan=False)))
    pd.testing.assert_series_equal(again.predict(cells), ensemble.predict(cells), check_exact=True)


def test_weights_are_percentage_points_a_standard_deviation() -> None:
    cells = everything().iloc[::100].assign(accuracy=lambda f: 80 + 2 * (f["l2_norm"] - f["l2_norm"].mean()))
    ensemble = Ensemble(Recipe("linear", ("params", "l2_norm")), cells)
    assert list(ensemble.weights) == ["params", "l2_norm"]
    assert ensemble.weights == pytest.approx({"params": 0, "l2_norm": 2 * cells["l2_norm"].std(ddof=0)}, abs=1e-9)
    assert ensemble.intercept == pytest.approx(80)
    assert Ensemble(Recipe("extra_trees", PROXIES), cells).weights is None


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_value_that_no_statistic_can_be_made_of_counts_as_unknown(name: str) -> None:
    cells = everything().iloc[::200].copy()
    recipe = Recipe(name, PROXIES)
    alone = Ensemble(recipe, cells.iloc[4:])
    for place, value in enumerate((np.inf, -np.inf, 1e308, -1e308)):
        cells.iloc[place, 1] = value
    among = Ensemble(recipe, cells)
    assert among.architectures.index.tolist() == alone.architectures.index.tolist()
    pd.testing.assert_series_equal(among.predict(cells).iloc[4:], alone.predict(cells.iloc[4:]))
    assert among.predict(cells).iloc[:4].isna().all()


def test_weights_of_ridge_are_its_slopes_at_the_average_cell() -> None:
    cells = everything().iloc[::100].assign(naswot=lambda frame: np.log(frame["params"]))
    ensemble = Ensemble(Recipe("ridge", ("l2_norm", "naswot")), cells)
    mean, spread = cells[["l2_norm", "naswot"]].mean(), cells[["l2_norm", "naswot"]].std(ddof=0)
    assert ensemble.weights
    assert ensemble.intercept == pytest.approx(ensemble.predict(_rows(mean)).iloc[0])
    for name, weight in ensemble.weights.items():
        step = 1e-4 * spread.where(spread.index == name, 0)
        low, high = ensemble.predict(_rows(mean - step, mean + step))
        assert (high - low) / 2e-4 == pytest.approx(weight, rel=1e-4)
    found = ensemble.weight_intervals(50)
    assert (found["low"] < found["weight"]).all()
    assert (found["weight"] < found["high"]).all()


def test_resampled_ridge_is_shrunk_as_much_as_the_fit() -> None:
    generator = np.random.default_rng(0)
    names = [f"noise_{number}" for number in range(20)]
    cells = everything().iloc[:40].copy()
    cells[names] = generator.normal(size=(40, 20))
    cells["accuracy"] = 80 + generator.normal(size=40)
    ridge, linear = (Ensemble(Recipe(name, tuple(names)), cells).weight_intervals() for name in ("ridge", "linear"))
    assert (ridge["high"] - ridge["low"]).max() < 0.1 * (linear["high"] - linear["low"]).min()


def _rows(*rows: "pd.Series[float]") -> pd.DataFrame:
    """Scores by hand, under the indices of cells that are networks."""
    return pd.DataFrame(list(rows)).set_axis(everything().index[: len(rows)])


def test_unknown_scores_are_left_out_of_the_fit_and_predicted_as_unknown() -> None:
    cells = everything().iloc[::100].copy()
    cells.iloc[0, 0], cells.iloc[1, 1], cells.iloc[2, 2] = np.nan, np.inf, np.nan
    ensemble = Ensemble(Recipe("linear", PROXIES), cells)
    assert len(ensemble.architectures) == len(cells) - 3
    assert ensemble.predict(cells).isna().tolist() == [True, True] + [False] * (len(cells) - 2)


@pytest.mark.parametrize("content", [{}, {"model": "ridge"}, {"model": "ridge", "proxies": 3, "graph": 0, "seed": 0}])
def test_a_foreign_mapping_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(UserError, match="not a description of one"):
        Ensemble.of_mapping(content)
