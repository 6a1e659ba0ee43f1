import numpy as np
import pandas as pd
import pytest

from backend.analysis.repetitions import group_name, median_band, seed_groups, settings_that_differ
from tests.conftest import cheap_config


def test_studies_of_one_configuration_but_the_seed_are_a_group() -> None:
    configs = {
        "a0": cheap_config(setup={"seed": 0}),
        "b0": cheap_config(setup={"sampler": "tpe"}),
        "a1": cheap_config(setup={"seed": 1}),
        "c": cheap_config(cells={"C": [8]}),
        "b7": cheap_config(setup={"sampler": "tpe", "seed": 7}),
    }
    assert seed_groups(configs) == [["a0", "a1"], ["b0", "b7"], ["c"]]
    assert configs["b7"].setup.seed == 7


def test_the_settings_that_differ_are_named_without_the_seed() -> None:
    configs = {
        "a": cheap_config(setup={"seed": 1}, metrics={"l2_norm": {"scale": 1.0}}),
        "b": cheap_config(setup={"sampler": "tpe"}, metrics={"params": {"scale": 1.0, "direction": "minimize"}}),
    }
    found = settings_that_differ(configs)
    assert found.loc["strategy.setup.sampler"].to_dict() == {"a": "random", "b": "tpe"}
    assert found.loc["strategy.metrics.params.direction"].to_dict() == {"a": None, "b": "minimize"}
    assert not any("seed" in key for key in found.index)
    assert settings_that_differ({"a": configs["a"]}).empty
    assert settings_that_differ({}).empty


def test_the_band_holds_each_curve_between_its_steps() -> None:
    curves = [
        pd.Series([4.0, 2.0], index=[1.0, 3.0]),
        pd.Series([3.0, 1.0], index=[2.0, 5.0]),
        pd.Series([9.0, 9.0, 0.0], index=[1.0, 2.5, 4.0]),
    ]
    found = median_band(curves)
    assert found.index.tolist() == [2.0, 2.5, 3.0]
    values = {2.0: [4, 3, 9], 2.5: [4, 3, 9], 3.0: [2, 3, 9]}
    for position, expected in values.items():
        assert found.loc[position].tolist() == pytest.approx(np.quantile(expected, [0.25, 0.5, 0.75]).tolist())


def test_one_curve_is_its_own_median_and_two_values_at_one_moment_are_the_later() -> None:
    found = median_band([pd.Series([5.0, 4.0, 3.0], index=[1.0, 1.0, 2.0])])
    assert found["median"].tolist() == [4.0, 3.0]
    assert (found["low"] == found["high"]).all()


def test_curves_that_never_meet_have_no_band() -> None:
    assert median_band([pd.Series([1.0], index=[1.0]), pd.Series([1.0], index=[2.0])]).empty


def test_a_group_is_called_by_what_tells_it_from_the_others() -> None:
    configs = {
        "a0": cheap_config(setup={"seed": 0}),
        "a1": cheap_config(setup={"seed": 1}),
        "b0": cheap_config(setup={"sampler": "tpe", "n_trials": 30}),
        "b1": cheap_config(setup={"sampler": "tpe", "n_trials": 30, "seed": 1}),
        "c": cheap_config(setup={"sampler": "qmc"}),
    }
    groups = seed_groups(configs)
    names = [group_name(group, groups, configs) for group in groups]
    assert names == ["n_trials 12, random (2 seeds)", "n_trials 30, tpe (2 seeds)", "c"]
    assert group_name(["a0", "a1"], [["a0", "a1"]], configs) == "cifar10 random (2 seeds)"
