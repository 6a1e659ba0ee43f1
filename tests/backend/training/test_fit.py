"""The default recipe on scikit-learn's digits: it learns, repeats, goes on from checkpoints, and says what fails."""

import math
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from backend.errors import UserError
from backend.spaces.building import make_seeded
from backend.spaces.task import Task
from backend.studies.recipes import Epoch, Recipe
from backend.training.data import TrainingData, load_data, split
from backend.training.fit import TrainingFailedError, TrainingStoppedError, augmented, fit

RECIPE = Recipe(dataset="digits", epochs=4)


@pytest.fixture(scope="module")
def digits() -> TrainingData:
    """The first 600 grey images of 8 × 8, ten classes."""
    images, labels = (values[:600] for values in load_digits(return_X_y=True))
    batch = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 8 - 1
    return split(Task(batch, torch.tensor(labels), 10), "scikit-learn's digits.")


def network(seed: int = 0) -> nn.Module:
    def make() -> nn.Module:
        body = [nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1), nn.MaxPool2d(2)]
        return nn.Sequential(*body, nn.Flatten(), nn.Linear(8 * 16, 10))

    return make_seeded(make, seed)


def test_a_fifth_of_each_class_is_held_out_the_same_each_time(digits: TrainingData) -> None:
    assert (digits.train.count, digits.held_out.count) == (480, 120)
    assert digits.description.startswith("480 examples trained on, 120 held out (a fifth of each class, seed 0)")
    held, all_labels = digits.held_out.labels, torch.cat([digits.train.labels, digits.held_out.labels])
    for count, total in zip(held.bincount(), all_labels.bincount(), strict=True):
        assert count == round(0.2 * int(total))
    images, labels = (values[:600] for values in load_digits(return_X_y=True))
    again = split(Task(torch.tensor(images), torch.tensor(labels), 10), "")
    assert torch.equal(again.held_out.labels, held)


def test_it_learns_the_digits_and_gives_the_accuracy_of_the_last_epoch(digits: TrainingData) -> None:
    curves: list[list[Epoch]] = []
    accuracy = fit(network(), digits, RECIPE, 0, on_epoch=curves.append)
    assert accuracy > 85
    assert [len(curve) for curve in curves] == [1, 2, 3, 4]
    assert accuracy == curves[-1][-1].accuracy
    losses = [epoch.loss or math.inf for epoch in curves[-1]]
    assert losses[-1] < losses[0]


def test_a_stopped_training_goes_on_from_its_checkpoint_as_if_it_had_not_stopped(
    digits: TrainingData, tmp_path: Path
) -> None:
    whole: list[list[Epoch]] = []
    fit(network(), digits, RECIPE, 3, on_epoch=whole.append)
    file, done = tmp_path / "one.pt", list[list[Epoch]]()
    with pytest.raises(TrainingStoppedError):
        fit(network(), digits, RECIPE, 3, checkpoint=file, on_epoch=done.append, should_stop=lambda: len(done) == 2)
    assert len(done) == 2
    fit(network(9), digits, RECIPE, 3, checkpoint=file, on_epoch=done.append)
    assert [epoch[:2] for epoch in done[-1]] == [epoch[:2] for epoch in whole[-1]]


@pytest.mark.parametrize("content", [b"", b"PK no checkpoint", None])
def test_a_damaged_checkpoint_is_as_good_as_none(digits: TrainingData, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "one.pt"
    if content is None:  # that of another network
        torch.save({"curve": [(0.1, 99.0, 1.0)], "network": nn.Linear(2, 2).state_dict(), "optimizer": {}}, file)
    else:
        file.write_bytes(content)
    recipe = RECIPE.model_copy(update={"epochs": 1})
    assert fit(network(), digits, recipe, 0, checkpoint=file) == fit(network(), digits, recipe, 0)


def test_what_fails_is_said(digits: TrainingData) -> None:
    diverging = RECIPE.model_copy(update={"learning_rate": 1e20, "epochs": 1})
    with pytest.raises(TrainingFailedError, match="the loss is nan in epoch 1; a learning rate below 1e\\+20 may help"):
        fit(network(), digits, diverging, 0)
    with pytest.raises(TrainingFailedError, match="the network fails: RuntimeError"):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(3, 10)), digits, RECIPE, 0)
    with pytest.raises(TrainingFailedError, match="no weights"):
        fit(nn.Flatten(), digits, RECIPE, 0)
    with pytest.raises(
        TrainingFailedError, match="out of memory on cpu with batches of 64; give a smaller --batch-size"
    ):
        fit(nn.Sequential(network(), Greedy()), digits, RECIPE, 0)


class Greedy(nn.Module):
    """Asks for more memory than any machine has."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs + torch.empty(2**60, dtype=torch.uint8).sum()


def test_labels_that_are_no_classes_need_a_function_of_the_users_own() -> None:
    data = split(Task(torch.randn(50, 3), torch.randn(50, 1), 1, loss=nn.functional.mse_loss), "noise.")
    with pytest.raises(TrainingFailedError, match="the labels are no classes"):
        fit(nn.Linear(3, 1), data, RECIPE, 0)


def test_images_are_shifted_and_only_coloured_ones_mirrored() -> None:
    generator = torch.Generator().manual_seed(0)
    grey = torch.zeros(64, 1, 8, 8)
    grey[:, :, 3, 2] = 1
    moved = augmented(grey, generator)
    assert moved.shape == grey.shape
    assert {tuple(position) for position in moved.nonzero()[:, 2:].tolist()} == {
        (row, column) for row in (2, 3, 4) for column in (1, 2, 3)
    }
    small = torch.arange(3.0).expand(64, 3, 1, 3)
    mirrored = augmented(small, generator)
    assert {tuple(row) for row in mirrored[:, 0, 0].tolist()} == {(0.0, 1.0, 2.0), (2.0, 1.0, 0.0)}
    tokens = torch.arange(6).reshape(2, 3)
    assert augmented(tokens, generator) is tokens


def test_data_that_cannot_be_trained_on_is_said() -> None:
    with pytest.raises(UserError, match="there are no images: the study scores noise"):
        load_data("cifar10", "random")
    with pytest.raises(UserError, match="no labels"):
        split(Task(torch.randn(50, 3)), "")
    with pytest.raises(UserError, match="9 examples are too few"):
        split(Task(torch.randn(9, 3), torch.zeros(9, dtype=torch.int64), 2), "")
    with pytest.raises(UserError, match="no/such"):
        load_data("cifar10", "no/such")
