"""The mission's ensemble against the definition of least squares, and a study's cells as labels."""

import json

import numpy as np
import pandas as pd
import pytest

from backend.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.ensembles.models import LABEL_FREE
from backend.ensembles.study import StudyEnsemble, labelled_cells
from backend.errors import UserError
from backend.spaces.nas_bench_201.cell import Cell
from tests.backend.ensembles.cells import everything

TARGET = "200:test-accuracy"
PROXIES = ("zen", "l2_norm")
LINEAR = Recipe("linear", PROXIES)


def trials(cells: int, noise: float = 0.0) -> pd.DataFrame:
    """Accuracy = 80 + 3·z(zen) − 2·z(l2_norm) (+ noise) on distinct cells."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"zen": rng.normal(300, 20, cells), "l2_norm": rng.normal(1e3, 1e2, cells)})
    scaled = (frame - frame.mean()) / frame.std(ddof=0)
    frame[TARGET] = 80 + 3 * scaled["zen"] - 2 * scaled["l2_norm"] + rng.normal(0, noise, cells)
    index = [everything().index[7 * i] for i in range(cells)]
    arch = [str(Cell.from_index(i)) for i in index]
    return frame.assign(number=range(cells), state="complete", arch=arch, architecture=arch, index=index, C=16, N=5)


def test_weights_and_intercept_are_those_of_the_accuracy() -> None:
    fitted = StudyEnsemble.fit(trials(40), LINEAR, TARGET)
    assert fitted.ensemble.weights == pytest.approx({"zen": 3.0, "l2_norm": -2.0})
    assert fitted.ensemble.intercept == pytest.approx(trials(40)[TARGET].mean())
    assert (fitted.r2, fitted.within["spearman"]) == (pytest.approx(1), pytest.approx(1))
    ranking = fitted.ranking()
    assert ranking["predicted"].is_monotonic_decreasing
    assert ranking["predicted"].to_numpy() == pytest.approx(ranking["true"].to_numpy())
    assert list(ranking) == ["rank", "number", "arch", "index", "zen", "l2_norm", "predicted", "true"]


def test_weights_are_least_squares_on_noisy_cells() -> None:
    frame = trials(60, noise=4.0)
    ensemble = StudyEnsemble.fit(frame, LINEAR, TARGET).ensemble
    proxies = frame[["zen", "l2_norm"]]
    design = np.column_stack([(proxies - proxies.mean()) / proxies.std(ddof=0), np.ones(len(frame))])
    expected = np.linalg.lstsq(design, frame[TARGET], rcond=None)[0]
    assert [*ensemble.weights.values(), ensemble.intercept] == pytest.approx(expected)


def test_cells_left_out_are_not_flattered_by_the_fit() -> None:
    frame = trials(12).assign(**{TARGET: np.random.default_rng(1).normal(80, 5, 12)})
    fitted = StudyEnsemble.fit(frame, LINEAR, TARGET)
    assert fitted.within["spearman"] < 0.5


def test_only_distinct_completed_cells_with_all_values_enter() -> None:
    frame = trials(20)
    frame.loc[0, "zen"] = np.nan
    frame.loc[1, TARGET] = np.nan
    frame.loc[2, "state"] = "failed"
    frame.loc[3, "index"] = frame.loc[4, "index"]
    frame.loc[5, "l2_norm"] = np.inf
    assert len(labelled_cells(frame, LINEAR, TARGET)) == 15


@pytest.mark.parametrize(
    "frame", [trials(4), trials(40).drop(columns=TARGET), pd.DataFrame({"number": [], "state": []})]
)
def test_too_few_cells_are_refused_with_how_many_are_needed(frame: pd.DataFrame) -> None:
    with pytest.raises(UserError, match="at least 5 are needed"):
        StudyEnsemble.fit(frame, LINEAR, TARGET)


def test_beyond_the_study_the_same_cells_are_fitted_by_the_scores_of_the_space() -> None:
    space = everything().rename(columns={"params": "zen"})
    accuracy = space[ACCURACY]
    frame = trials(40)
    fitted = StudyEnsemble.fit(frame.assign(**{TARGET: accuracy[frame["index"]].to_numpy()}), LINEAR, TARGET)
    direct = Ensemble(LINEAR, space.loc[fitted.ensemble.architectures.index])
    found = fitted.beyond(space[["zen", "l2_norm"]], accuracy, resamples=0)
    assert found["cells"] < len(space) - 40
    assert found["spearman"] == pytest.approx(direct.predict(space).corr(accuracy, method="spearman"), abs=0.02)
    with pytest.raises(UserError, match="the table of the whole space has no l2_norm"):
        fitted.beyond(space[["zen"]], accuracy)


def test_a_label_free_ensemble_is_judged_on_cells_whose_labels_it_has_not_seen() -> None:
    fitted = StudyEnsemble.fit(trials(40), Recipe(LABEL_FREE, ("zen",)), TARGET)
    assert ACCURACY not in fitted.ensemble.architectures
    expected = trials(40)["zen"].corr(trials(40)[TARGET], method="spearman")
    assert fitted.within["spearman"] == pytest.approx(expected)
    assert fitted.r2 is None


def test_it_is_json() -> None:
    description = StudyEnsemble.fit(trials(40), LINEAR, TARGET).to_json()
    assert json.loads(json.dumps(description, allow_nan=False))["weights"].keys() == {"zen", "l2_norm"}
