"""Trains one network by the default recipe: SGD with momentum, a cosine, shifts and mirror images."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from backend.errors import UserError
from backend.scoring.runtime import is_out_of_memory, make_generator
from backend.spaces.building import make_seeded
from backend.spaces.task import Task, map_leaves
from backend.studies.recipes import Epoch, Recipe
from backend.training.data import TrainingData, part
from backend.user_code import in_a_line

_SHIFT: Final = 8
"""Images are shifted by up to an eighth of their side."""
_COLOURS: Final = 3
_EVALUATED: Final = 512
"""Examples of a mini-batch in which held-out accuracy is computed."""


class TrainingFailedError(UserError):
    """One architecture cannot be trained; others can."""


class TrainingStoppedError(Exception):
    """A stop was asked for; the last checkpoint is kept."""


def fit(
    network: nn.Module,
    data: TrainingData,
    recipe: Recipe,
    seed: int,
    *,
    device: torch.device | None = None,
    checkpoint: Path | None = None,
    on_epoch: Callable[[list[Epoch]], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> float:
    """Train a network, and measure it on the held-out examples after each epoch.

    An epoch draws its random numbers from seed and number, so that a training that goes on from a checkpoint gives, on
    a CPU, just what it would have given in one go. On a GPU that computes in bfloat16, so do forward and loss.

    Args:
        network: with the weights that it begins with.
        data: to train on, and held out.
        recipe: how; its function is not looked at.
        seed: of order and augmentation.
        device: where; None is the CPU.
        checkpoint: file that is written after each epoch, and that the training goes on from where it is there.
        on_epoch: called with all epochs so far after each one.
        should_stop: asked after each mini-batch.

    Returns:
        Accuracy (%) on the held-out examples after the last epoch, which need not be the best one.

    Raises:
        TrainingFailedError: the loss is not finite, memory does not suffice, or the network fails.
        TrainingStoppedError: a stop was asked for.
    """
    device = device or torch.device("cpu")
    try:
        return _fit(network, data, recipe, seed, device, checkpoint, on_epoch, should_stop)
    except (UserError, TrainingStoppedError):
        raise
    except Exception as error:
        if is_out_of_memory(error):
            said = f"out of memory on {device} with batches of {recipe.batch_size}; give a smaller --batch-size"
            raise TrainingFailedError(said) from error
        raise TrainingFailedError(f"the network fails: {in_a_line(error)}") from error


def _fit(
    network: nn.Module,
    data: TrainingData,
    recipe: Recipe,
    seed: int,
    device: torch.device,
    checkpoint: Path | None,
    on_epoch: Callable[[list[Epoch]], None],
    should_stop: Callable[[], bool],
) -> float:
    network.to(device)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if not weights:
        raise TrainingFailedError("the network has no weights to train")
    optimizer = torch.optim.SGD(
        weights,
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=recipe.momentum > 0,
    )
    curve = load_checkpoint(checkpoint, network, optimizer, device) if checkpoint else []
    count = data.train.count
    steps = -(-count // recipe.batch_size)
    accuracy = curve[-1].accuracy if curve else None
    for epoch in range(len(curve), recipe.epochs):
        begun = time.perf_counter()

        def one_epoch(epoch: int = epoch) -> float:
            return _epoch(network, data.train, recipe, optimizer, device, seed, epoch, steps, should_stop)

        gpus = [device.index or 0] if device.type == "cuda" else []
        # What a module draws, such as in dropout, comes from the global generators.
        loss = make_seeded(one_epoch, _seed_of(seed, epoch), gpus)
        accuracy = measure(network, data.held_out, device)
        curve.append(Epoch(loss, accuracy, time.perf_counter() - begun))
        if checkpoint:
            save_checkpoint(checkpoint, network, optimizer, curve)
        on_epoch(list(curve))
    if accuracy is None or not math.isfinite(accuracy):
        raise TrainingFailedError(f"the held-out accuracy is {accuracy}")
    return accuracy


def _seed_of(seed: int, epoch: int) -> int:
    return int(make_generator(seed, f"epoch {epoch}").initial_seed())


def _epoch(
    network: nn.Module,
    task: Task,
    recipe: Recipe,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
    seed: int,
    epoch: int,
    steps: int,
    should_stop: Callable[[], bool],
) -> float:
    """Mean loss of one pass over the examples."""
    network.train()
    generator = make_generator(seed, f"order {epoch}")
    total, seen = torch.zeros((), device=device), 0
    for step, positions in enumerate(_batches(task.count, recipe.batch_size, generator)):
        if should_stop():
            raise TrainingStoppedError
        progress = (epoch * steps + step) / (recipe.epochs * steps)
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * (1 + math.cos(math.pi * progress)) / 2
        some = part(task, positions)
        batch = augmented(some.batch, generator) if recipe.augment else some.batch
        batch, labels = (
            map_leaves(lambda leaf: leaf.to(device, non_blocking=True), tree) for tree in (batch, some.labels)
        )
        with _precision(device):
            loss = task.loss(task.forward(network, batch), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total += loss.detach().float() * len(positions)
        seen += len(positions)
    mean = float(total) / seen
    if not math.isfinite(mean):
        said = f"the loss is {mean} in epoch {epoch + 1}; a learning rate below {recipe.learning_rate:g} may help"
        raise TrainingFailedError(said)
    return mean


def _batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Positions of the examples in random order; a last batch of one is left out: batch normalisation refuses it."""
    order = torch.randperm(count, generator=generator)
    for begin in range(0, count, size):
        if begin < count - 1:
            yield order[begin : begin + size]


def augmented(batch: Any, generator: torch.Generator) -> Any:
    """Images shifted at random by up to an eighth of their side, coloured ones mirrored at random; others as they are.

    Grey images are not mirrored: digits and letters have one right way round.

    Args:
        batch: float images (B, C, H, W), or anything else.
        generator: of the CPU.
    """
    if not (isinstance(batch, Tensor) and batch.dim() == 4 and batch.is_floating_point()):
        return batch
    count, channels, height, width = batch.shape
    reach = min(height, width) // _SHIFT
    if reach:
        padded = nn.functional.pad(batch, (reach, reach, reach, reach))
        down, right = (torch.randint(2 * reach + 1, (count, 1), generator=generator) for _ in range(2))
        rows, columns = down + torch.arange(height), right + torch.arange(width)
        batch = padded[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    if channels == _COLOURS:
        mirrored = torch.rand(count, generator=generator) < 0.5
        batch = torch.where(mirrored[:, None, None, None], batch.flip(3), batch)
    return batch


def measure(network: nn.Module, task: Task, device: torch.device) -> float:
    """Share (%) of a task's labels that a network predicts: of its examples, or of their positions.

    Raises:
        TrainingFailedError: the labels are no classes.
    """
    labels = task.labels
    if not isinstance(labels, Tensor) or labels.is_floating_point():
        raise TrainingFailedError(
            "the labels are no classes, so there is no accuracy; give a training function of your own"
        )
    network.eval()
    right = torch.zeros((), dtype=torch.int64, device=device)
    with torch.inference_mode(), _precision(device):
        for begin in range(0, task.count, _EVALUATED):
            some = part(task, torch.arange(begin, min(begin + _EVALUATED, task.count)))
            batch = map_leaves(lambda leaf: leaf.to(device), some.batch)
            found = task.forward(network, batch).argmax(1)
            right += (found == some.labels.to(device)).sum()
    return 100.0 * int(right) / labels.numel()


def _precision(device: torch.device) -> AbstractContextManager[Any]:
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


def save_checkpoint(file: Path, network: nn.Module, optimizer: torch.optim.Optimizer, curve: list[Epoch]) -> None:
    """Write weights, optimiser and curve; the file is whole at any moment.

    Raises:
        UserError: it cannot be written.
    """
    content = {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "curve": [tuple(epoch) for epoch in curve],
    }
    partial = file.with_suffix(".partial")
    try:
        torch.save(content, partial)
        partial.replace(file)
    except (OSError, RuntimeError) as error:
        raise UserError(f"storage: cannot write the checkpoint {file}: {in_a_line(error)}") from error


def load_checkpoint(
    file: Path, network: nn.Module, optimizer: torch.optim.Optimizer, device: torch.device
) -> list[Epoch]:
    """Read a checkpoint into a network and its optimiser; returns the epochs that are done, none without a checkpoint.

    One that cannot be read, or is of another network, is as good as none.
    """
    if not file.is_file():
        return []
    before = {name: value.clone() for name, value in network.state_dict().items()}
    try:
        content = torch.load(file, map_location=device, weights_only=True)
        curve = [Epoch(*row) for row in content["curve"]]
        network.load_state_dict(content["network"])
        optimizer.load_state_dict(content["optimizer"])
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the training begins anew
        network.load_state_dict(before)
        return []
    return curve
