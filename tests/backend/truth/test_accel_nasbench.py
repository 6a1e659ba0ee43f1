"""What Accel-NASBench's table says of its architectures, and that nothing is said of others."""

import numpy as np
import pytest

from backend.spaces.accel_nasbench.space import AccelNasBench
from backend.spaces.accel_nasbench.table import SLOWEST, means, runs_table
from backend.spaces.capabilities import HasTruth, require
from backend.truth import measures

SPACE = AccelNasBench()
TRUTH = require(SPACE, HasTruth, "truth")  # type: ignore[type-abstract]


def test_the_table_is_whole_and_what_was_trained_twice_has_the_mean() -> None:
    runs = runs_table()
    assert (len(runs), runs["architecture"].nunique(), len(means())) == (5_138, 5_125, 5_125)
    twice = runs[runs["architecture"].duplicated(keep=False)].groupby("architecture")["val_top1"]
    assert twice.ngroups == 13
    values = TRUTH.values("ImageNet", 16)
    assert values[twice.mean().index].to_numpy() == pytest.approx(twice.mean().to_numpy())
    (task,) = TRUTH.tasks
    assert task.noise == pytest.approx(np.sqrt((twice.std(ddof=1) ** 2).mean()))
    assert 0.1 < task.noise < 0.4


def test_an_architecture_has_its_record_and_another_one_has_none() -> None:
    key = str(runs_table()["architecture"][1])
    record = TRUTH.truth(SPACE.parse(key), "ImageNet")
    assert record is not None
    assert record["16"]["valid-accuracy"] == TRUTH.values("ImageNet", 16)[key]
    assert TRUTH.truth(SPACE.parse("_".join(["e1k3l1se1"] * 7)), "ImageNet") is None
    assert TRUTH.truth(SPACE.parse(key), "cifar10") is None
    assert TRUTH.trained_on("cifar10") == "ImageNet"


def test_trainings_that_a_machine_held_up_have_no_time() -> None:
    assert (runs_table()["train_time_s"] > SLOWEST).sum() == 13
    hours = TRUTH.training_hours("ImageNet", 16)
    assert hours.max() * 3600 <= SLOWEST
    assert 1 <= hours.isna().sum() <= 13


def test_sizes_and_devices_are_measures_with_their_direction_and_gaps() -> None:
    costs = {cost.key: cost for cost in measures.costs_of(SPACE, "ImageNet", 16)}
    throughput = measures.values(costs["throughput:tpuv2"])
    assert (len(throughput), int(throughput.isna().sum())) == (5_125, 37)
    assert (costs["throughput:a100"].better, costs["latency:zcu102"].better) == ("maximize", "minimize")
    accuracy = measures.values(measures.accuracies_of(SPACE, "ImageNet")[0])
    params = measures.values(costs["params"])
    assert accuracy.corr(params, method="spearman") == pytest.approx(0.81, abs=0.01)
