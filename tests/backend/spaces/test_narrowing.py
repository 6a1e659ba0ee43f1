"""A search keeps to some options of the parameters of any space."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from torch import nn

from backend.errors import UserError
from backend.spaces.base import Architecture, DatasetSection, Narrowing, Range, SearchSpace
from backend.spaces.building import draw
from backend.spaces.capabilities import Enumerable, FixedDistributions, capability
from backend.spaces.narrowing import distributions_of, narrowed, problems_of
from backend.spaces.parameters import ParameterArchitecture
from backend.spaces.task import Task
from tests.toy_space import ToySpace


class Mixed(SearchSpace):
    """Numbers and options that depend on each other."""

    name, title = "mixed", "Mixed"

    def suggest(self, trial: optuna.Trial) -> ParameterArchitecture:
        params: dict[str, Any] = {"depth": trial.suggest_int("depth", 1, 4), "rate": trial.suggest_float("rate", 0, 1)}
        for stage in range(params["depth"]):
            params[f"kernel_{stage}"] = trial.suggest_categorical(f"kernel_{stage}", [3, 5, None])
        params["width"] = trial.suggest_int("width", 8, 64, log=True)
        params["drop"] = trial.suggest_float("drop", 0.0, 0.5, step=0.1)
        return ParameterArchitecture.of(params)

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        raise NotImplementedError


class Fixed(SearchSpace):
    """Two parameters, drawn at once, and a list of all."""

    name, title = "fixed", "Fixed"
    size = 6

    @property
    def distributions(self) -> Mapping[str, BaseDistribution]:
        return {"a": IntDistribution(1, 3), "b": CategoricalDistribution(["x", "y"])}

    def of_params(self, params: Mapping[str, Any]) -> Architecture:
        return ParameterArchitecture.of({name: params[name] for name in ("a", "b")})

    def suggest(self, trial: optuna.Trial) -> Architecture:
        return self.of_params({"a": trial.suggest_int("a", 1, 3), "b": trial.suggest_categorical("b", ["x", "y"])})

    def members(self) -> Any:
        return (self.of_params({"a": a, "b": b}) for a in (1, 2, 3) for b in "xy")

    def classes(self) -> Any:
        raise NotImplementedError

    def is_indexed(self, trials: Any) -> Any:
        raise NotImplementedError

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        raise NotImplementedError


PARAMETERS: dict[str, Narrowing] = {
    "depth": Range(low=2, high=3),
    "kernel_0": [5, "None"],
    "kernel_2": [3],
    "width": Range(high=16),
    "rate": Range(low=0.25),
    "drop": Range(low=0.15, high=0.35),
}


def test_a_space_is_asked_for_its_parameters() -> None:
    known = distributions_of(Mixed())
    assert set(known) == {"depth", "rate", "width", "drop", *(f"kernel_{stage}" for stage in range(4))}
    assert distributions_of(ToySpace())["narrow"] == IntDistribution(2, 6)


@pytest.mark.parametrize("sampler", [optuna.samplers.RandomSampler(0), optuna.samplers.TPESampler(seed=0)])
def test_every_trial_is_inside(sampler: optuna.samplers.BaseSampler) -> None:
    space, study = narrowed(Mixed(), PARAMETERS), optuna.create_study(sampler=sampler)
    for _ in range(40):
        trial = study.ask()
        params = dict(space.suggest(trial).params)
        study.tell(trial, params["rate"])
        assert trial.params == params
        assert params["depth"] in (2, 3)
        assert params["kernel_0"] in (5, None)
        assert params.get("kernel_2", 3) == 3
        assert 8 <= params["width"] <= 16
        assert params["rate"] >= 0.25
        assert round(params["drop"], 9) in (0.2, 0.3)
    assert not list(problems_of(Mixed(), PARAMETERS))


def test_a_narrowed_space_reads_its_own_architectures_alone() -> None:
    space = narrowed(ToySpace(), {"depth": Range(high=1)})
    assert {item.params["depth"] for item in islice(draw(space), 20)} == {1}
    other = narrowed(Fixed(), {"a": Range(low=2)})
    assert other.parse("a=2 b=x").params == {"a": 2, "b": "x"}
    with pytest.raises(UserError, match="a is 1; valid"):
        other.parse("a=1 b=x")


def test_what_is_drawn_at_once_and_what_is_listed_are_narrowed_too() -> None:
    space = narrowed(Fixed(), {"a": Range(low=2), "b": ["y"]})
    fixed, listed = capability(space, FixedDistributions), capability(space, Enumerable)
    assert fixed is not None
    assert listed is not None
    assert dict(fixed.distributions) == {"a": IntDistribution(2, 3)}
    assert fixed.of_params({"a": 3}).params == {"a": 3, "b": "y"}
    assert [item.key for item in listed.members()] == ["a=2 b=y", "a=3 b=y"]
    assert len(list(Fixed().members())) == 6


@given(low=st.integers(1, 4), high=st.integers(1, 4), options=st.lists(st.sampled_from([3, 5]), min_size=1))
@settings(max_examples=25, deadline=None)
def test_whatever_is_valid_leaves_something(low: int, high: int, options: list[bool | int | float | str]) -> None:
    parameters: dict[str, Narrowing] = {"depth": Range(low=min(low, high), high=max(low, high)), "kernel_0": options}
    assert not list(problems_of(Mixed(), parameters))
    for item in islice(draw(narrowed(Mixed(), parameters)), 5):
        assert min(low, high) <= item.params["depth"] <= max(low, high)
        assert item.params["kernel_0"] in options


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"depths": [1]}, "Mixed has no such parameter; valid: depth, rate"),
        ({"depth": [1]}, r"is a number; give a range within {low = 1, high = 4}"),
        ({"depth": Range(low=0)}, "low = 0 is outside"),
        ({"depth": Range(high=9)}, "high = 9 is outside"),
        (
            {"drop": Range(low=0.11, high=0.19)},
            r"they go from 0\.0 to 0\.5 in steps of 0\.1",
        ),
        ({"kernel_0": [4]}, "4 is none of its options; valid: 3, 5, None"),
        ({"kernel_0": [True]}, "True is none of its options"),
        ({"kernel_0": Range(low=3)}, r"has options, not a range; give a list of some of them: \[3, 5, None\]"),
    ],
)
def test_what_the_space_has_not_is_refused_in_words(parameters: dict[str, Narrowing], said: str) -> None:
    ((name, words),) = problems_of(Mixed(), parameters)
    assert name in parameters
    with pytest.raises(UserError, match=said):
        raise UserError(words)


@pytest.mark.parametrize(
    "given_value",
    [[], 3, "x", {}, {"lo": 3}, {"low": "x"}, {"low": True}, {"low": 3, "high": 2}, [[1]], {"low": float("nan")}],
)
def test_what_is_no_list_and_no_range_is_refused(given_value: object) -> None:
    with pytest.raises(ValueError, match=r"list|range|above"):
        DatasetSection.model_validate({"name": "mixed", "parameters": {"depth": given_value}})
