"""Architectures of parameters: their keys, and what a space proposes again."""

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from backend.errors import UserError
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.parameters import ParameterArchitecture
from backend.spaces.task import Task

NUMBERS = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = NUMBERS | st.text() | st.booleans() | st.none()
PARAMS = st.dictionaries(st.text(), VALUES, min_size=1, max_size=6)


@given(PARAMS)
def test_a_key_is_read_back_as_the_parameters_that_it_says(params: dict[str, int | float | str]) -> None:
    read = ParameterArchitecture.parse(ParameterArchitecture.of(params).key)
    assert read.params == params
    assert [type(value) for value in read.params.values()] == [type(params[name]) for name in read.params]


@given(PARAMS, PARAMS)
def test_different_parameters_have_different_keys(one: dict[str, int | str], other: dict[str, int | str]) -> None:
    same = one == other and [*map(type, dict(sorted(one.items())).values())] == [
        *map(type, dict(sorted(other.items())).values())
    ]
    assert (ParameterArchitecture.of(one).key == ParameterArchitecture.of(other).key) is same


@pytest.mark.parametrize("text", ["", "depth", "depth=", "=3", "depth=3 width", "a=[1]", "a={}", '"a=3', "a==3"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected name=value of each parameter"):
        ParameterArchitecture.parse(text)


def test_a_key_of_any_depth_is_no_trouble() -> None:
    with pytest.raises(UserError):
        ParameterArchitecture.parse("a=" + "[" * 100_000)
    assert ParameterArchitecture.parse(f"a={'9' * 10_000}").params == {"a": "9" * 10_000}


class Every(SearchSpace):
    """One parameter of each kind, one of them for some architectures alone."""

    name = "every"
    title = "Every kind"

    def suggest(self, trial: optuna.Trial) -> ParameterArchitecture:
        kind = trial.suggest_categorical("kind", ["a b", "plain", None, True])
        params = {
            "kind": kind,
            "depth": trial.suggest_int("depth", 2, 8, step=3),
            "rate": trial.suggest_float("rate", 0, 1),
        }
        if kind == "plain":
            params["power"] = trial.suggest_float("power", 1e-5, 1.0, log=True)
            params["tenth"] = trial.suggest_float("tenth", 0.1, 0.9, step=0.1)
        return ParameterArchitecture.of(params)

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        return nn.Identity()


def test_every_architecture_that_a_space_suggests_is_read_from_its_key() -> None:
    space = Every()
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(60):
        architecture = space.suggest(study.ask())
        assert space.parse(architecture.key) == architecture


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("depth=3 kind=true rate=0.5", "depth is 3; valid: IntDistribution"),
        ("depth=11 kind=true rate=0.5", "depth is 11"),
        ("depth=2 kind=other rate=0.5", "'other' not in"),
        ("depth=2 kind=1 rate=0.5", "kind is 1"),
        ("depth=2 kind=true rate=1.5", r"rate is 1\.5"),
        ("depth=2 kind=true", "rate is missing"),
        ("depth=2 kind=true power=0.1 rate=0.5", "would call it 'depth=2 kind=true rate=0.5'"),
        ("depth=true kind=true rate=0.5", "depth"),
    ],
)
def test_what_a_space_does_not_suggest_is_not_in_it(key: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Every().parse(key)
