"""The parameter that decides is the most important."""

import optuna
import pytest

from backend.analysis.importance import parameter_importances
from backend.errors import UserError


def searched(count: int) -> optuna.Study:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(count):
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        trial.suggest_float("idle", 0, 1)
        trial.suggest_categorical("single", ["only"])
        study.tell(trial, x)
    return study


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_parameter_that_decides_comes_first_and_shares_add_up(direction: str) -> None:
    study = searched(200)
    values = {trial.number: trial.params["x"] ** 2 for trial in study.trials}
    shares = parameter_importances(study.trials, values, direction)
    assert list(shares.index) == ["x", "idle"]
    assert shares["x"] > 0.8
    assert shares.sum() == pytest.approx(1)


def test_only_trials_with_a_value_count() -> None:
    study = searched(40)
    values = {trial.number: trial.params["x"] for trial in study.trials[:9]}
    with pytest.raises(UserError, match="needs 10 completed trials with this quantity, there are 9"):
        parameter_importances(study.trials, values, "maximize")


def test_a_study_whose_parameters_do_not_vary_says_so() -> None:
    study = optuna.create_study()
    for _ in range(12):
        trial = study.ask()
        trial.suggest_categorical("single", ["only"])
        study.tell(trial, 1.0)
    with pytest.raises(UserError, match="no parameter that all trials have takes more than one value"):
        parameter_importances(study.trials, {trial.number: 1.0 for trial in study.trials}, "maximize")
