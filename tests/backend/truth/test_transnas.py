"""What TransNAS-Bench-101 measured, as the capability of its spaces gives it."""

from typing import Any

import numpy as np
import pytest

from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.capabilities import HasTruth, lacks_truth, require, trained_on
from backend.spaces.transnas.backbone import TASKS
from backend.truth import measures
from backend.truth.transnas import results_table

SPACES = [registry.get(name) for name in ("transnas_micro", "transnas_macro")]


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_each_task_says_its_metric_length_and_traps(space: Any) -> None:
    truth = require(space, HasTruth, "tests")
    assert {task.dataset: task.epochs for task in truth.tasks} == TASKS
    assert all(task.field.better == "maximize" and "validation" in task.field.images for task in truth.tasks)
    labels = {task.dataset: task.label for task in truth.tasks}
    assert labels["room_layout"] == "Minus MSE, room_layout, 25 epochs"
    assert labels["segmentsemantic"] == "Pixel accuracy, segmentsemantic, 30 epochs (%)"
    assert labels["normal"] == "SSIM, normal, 30 epochs"
    helps = {task.dataset: task.help for task in truth.tasks}
    assert "minus sign" in helps["room_layout"]
    assert "not the mean IoU" in helps["segmentsemantic"]
    assert all("last epoch" in words for words in helps.values())


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_values_are_the_tables(space: Any) -> None:
    truth, table = require(space, HasTruth, "tests"), results_table(space.name)
    for task, epochs in TASKS.items():
        assert truth.values(task, epochs).tolist() == table[task].astype(float).tolist()
        record = truth.truth(space.at(1000), task)
        assert record == {str(epochs): {task: float(table[task].iloc[1000])}}
        assert truth.training_hours(task, epochs).isna().all()


def test_the_noise_is_that_of_cells_equal_but_for_dead_edges() -> None:
    micro, macro = ({task.dataset: task.noise for task in require(space, HasTruth, "").tasks} for space in SPACES)
    assert micro["class_scene"] == pytest.approx(0.343, abs=1e-3)
    assert micro["class_object"] == pytest.approx(0.627, abs=1e-3)
    assert micro["jigsaw"] == pytest.approx(1.782, abs=1e-3)
    # No two backbones compute the same function.
    assert all(np.isnan(noise) for noise in macro.values())


def test_networks_scored_on_any_images_are_compared_by_a_task() -> None:
    for space in SPACES:
        assert trained_on(space, "cifar100") == "class_scene"
        assert trained_on(space, "normal") == "normal"
        assert lacks_truth(space, "jigsaw") == ""
        truth = require(space, HasTruth, "tests")
        assert truth.truth(space.at(0), "cifar10") is None
        with pytest.raises(
            UserError, match="no training on 'jigsaw' for 25 epochs is known; there are: class_scene, 2"
        ):
            truth.values("jigsaw", 25)
    assert trained_on(registry.get(), "cifar100") == "cifar100"


def test_costs_of_a_task_say_what_they_are_of() -> None:
    params, flops = measures.costs_of(SPACES[0], "class_scene", 25)
    assert "at 256×256 pixels" in flops.help
    assert measures.values(params).max() == 41_435_727
