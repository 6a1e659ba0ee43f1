"""Every model on cells whose accuracy is known to follow from the proxies."""

import numpy as np
import pandas as pd
import pytest

from backend.ensembles.evaluation import unseen_figures
from backend.ensembles.fitting import Ensemble, Recipe, SignedLog, skewed
from backend.ensembles.models import LABEL_FREE, MODELS
from backend.errors import UserError
from tests.backend.ensembles.cells import PROXIES, everything

LABELLED = [name for name in MODELS if name != LABEL_FREE]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_ranks_cells_that_it_has_not_seen(name: str) -> None:
    cells = everything()
    ensemble = Ensemble(Recipe(name, PROXIES), cells.iloc[::100])
    found = unseen_figures(ensemble, cells, cells["accuracy"], resamples=0)
    assert found["spearman"] > 0.85
    assert found["cells"] < len(cells) - len(ensemble.architectures)


@pytest.mark.parametrize("name", LABELLED)
def test_predictions_are_accuracies(name: str) -> None:
    cells = everything()
    predicted = Ensemble(Recipe(name, PROXIES, graph=True), cells.iloc[::100]).predict(cells.iloc[:500])
    assert (predicted - cells["accuracy"].iloc[:500]).abs().median() < 0.5


def test_a_skewed_proxy_enters_as_its_logarithm() -> None:
    assert skewed([*PROXIES, "no proxy"]) == ["params"]
    cells = everything()
    ensemble = Ensemble(Recipe("linear", PROXIES), cells.iloc[::50])
    found = unseen_figures(ensemble, cells, cells["accuracy"], resamples=0)
    assert found["spearman"] > 0.999
    assert ensemble.recipe.logarithms == ["params"]


def test_signed_log_keeps_order_and_sign() -> None:
    values = np.array([[-1e40], [-1e3], [0.0], [1e-3], [1.0], [1e50]])
    logs = SignedLog(1).fit(values).transform(values).ravel()
    assert (np.diff(logs) > 0).all()
    assert np.sign(logs).tolist() == [-1, -1, 0, 1, 1, 1]
    assert np.ptp(logs) < 1000
    assert SignedLog(1).fit(np.zeros((3, 1))).transform(np.zeros((3, 1))).tolist() == [[0], [0], [0]]


def test_a_sum_of_ranks_follows_the_proxies_directions() -> None:
    index = everything().index[:9]
    cells = pd.DataFrame({"ntk_cond": np.arange(9.0), "naswot": np.full(9, 2.0)}, index=index)
    summed = Ensemble(Recipe(LABEL_FREE, ("ntk_cond", "naswot")), cells).predict(cells)
    assert summed.is_monotonic_decreasing
    assert summed.iloc[0] == pytest.approx(np.log(8.5 / 10 + 0.05) + np.log(0.5))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Recipe("magic", PROXIES), "model 'magic': unknown; valid: linear, "),
        (lambda: Recipe("ridge", ()), "no proxies are given"),
        (lambda: Recipe(LABEL_FREE, PROXIES, graph=True), "can't use graph features"),
        (lambda: Ensemble(Recipe("ridge", PROXIES), everything().iloc[:4]), "4 cells with known accuracy are too few"),
        (lambda: Ensemble(Recipe("ridge", ("zen",)), everything()), "zen: not known of these cells"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words(make: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make()  # type: ignore[operator]
