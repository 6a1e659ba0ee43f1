"""What NAS-Bench-Macro measured, as the capability of its space gives it."""

import numpy as np
import pandas as pd
import pytest

from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.capabilities import HasTruth, require
from backend.truth import measures
from backend.truth.nas_bench_macro import runs_table

SPACE = registry.get("nas_bench_macro")
TRUTH = require(SPACE, HasTruth, "tests")
RUNS = ["accuracy_0", "accuracy_1", "accuracy_2"]


def test_a_task_says_what_was_measured_and_how_noisy_and_optimistic_it_is() -> None:
    (task,) = TRUTH.tasks
    assert (task.column, task.label) == ("50:test-accuracy", "Test accuracy, cifar10, 50 epochs (%)")
    assert "test images of CIFAR-10" in task.field.images
    assert "optimistic" in task.help
    runs = runs_table()[RUNS].to_numpy(float)
    assert task.noise == pytest.approx(np.sqrt(runs.var(axis=1, ddof=1).mean()))


def test_accuracies_are_the_means_of_three_trainings() -> None:
    table = runs_table()
    accuracy = TRUTH.values("cifar10", 50)
    assert accuracy.max() == pytest.approx(93.127, abs=5e-4)
    assert SPACE.at(int(accuracy.idxmax())).key == "22212202"
    assert accuracy.tolist() == pytest.approx(table[RUNS].mean(axis="columns").tolist(), abs=1e-4)
    record = TRUTH.truth(SPACE.parse("00000000"), "cifar10")
    assert record is not None
    assert record["50"]["test-accuracy"] == pytest.approx(45.363, abs=5e-4)
    assert record["50"]["test-accuracy-std"] == pytest.approx(0.0665, abs=5e-4)


def test_all_rows_of_a_class_are_equal() -> None:
    table = runs_table().drop(columns="architecture")
    classes = require(SPACE, HasTruth, "tests") and [SPACE.class_of(index) for index in table.index]
    assert (table.groupby(pd.Series(classes)).nunique() == 1).all(axis=None)


def test_other_data_sets_and_lengths_have_no_truth() -> None:
    assert TRUTH.truth(SPACE.parse("00000000"), "cifar100") is None
    assert list(TRUTH.fields("cifar100")) == []
    with pytest.raises(UserError, match="no training on 'cifar10' for 200 epochs is known; there are: cifar10, 50 epo"):
        TRUTH.values("cifar10", 200)


def test_its_measures_say_their_release_and_no_time_of_training() -> None:
    (accuracy,) = measures.accuracies_of(SPACE, "cifar10")
    assert accuracy.sourced == "Test accuracy, cifar10, 50 epochs (%) [NAS-Bench-Macro]"
    assert "standard deviation of one training is 0.21 %" in accuracy.help
    assert measures.accuracies_of(SPACE, "cifar100") == ()
    assert [cost.key for cost in measures.costs_of(SPACE, "cifar10", 50)] == ["params", "flops"]
    assert measures.values(accuracy).max() == pytest.approx(93.127, abs=5e-4)
