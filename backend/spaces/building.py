"""Builds networks of a space reproducibly, counts their size, and runs them without leaving a trace."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from backend.errors import UserError
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import Size
from backend.spaces.task import Task, map_leaves
from backend.user_code import in_a_line


def _attention_flops(query: torch.Size, key: torch.Size, value: torch.Size, *_: object, **__: object) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def _recurrent_flops(inputs: torch.Size, *weights: Any, **_: object) -> int:
    """Each step multiplies by each matrix of a recurrent layer."""
    matrices = [shape for shape in _shapes(weights) if len(shape) == 2]
    return 2 * inputs[0] * inputs[1] * sum(math.prod(shape) for shape in matrices)


def _shapes(values: Sequence[Any]) -> Iterator[torch.Size]:
    for value in values:
        if isinstance(value, torch.Size):
            yield value
        elif isinstance(value, list | tuple):
            yield from _shapes(value)


_UNCOUNTED = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
    torch.ops.aten.mkldnn_rnn_layer: lambda *args, **_: _recurrent_flops(*args[:3]),
    torch.ops.aten._cudnn_rnn: lambda *args, **_: _recurrent_flops(*args[:2]),
}
"""Kernels that PyTorch's counter does not know, and what they cost."""

T = TypeVar("T")

_SEEDED = threading.RLock()
"""Weights come from PyTorch's global generator, which all threads share."""


def build_seeded(space: SearchSpace, architecture: Architecture, task: Task, seed: int) -> nn.Module:
    """The network of an architecture with weights of a seed; the global generator is left as it was.

    Raises:
        UserError: the space builds no module.
    """
    network = make_seeded(lambda: space.build(architecture, task), seed)
    if not isinstance(network, nn.Module):
        said = f"build returns a {type(network).__name__}, not a torch.nn.Module"
        raise UserError(f"search space {space.name!r}: {said}")
    return network


def make_seeded(make: Callable[[], T], seed: int, gpus: Sequence[int] = ()) -> T:
    """What a function makes with random numbers of a seed; the global generators are left as they were.

    Args:
        make: the function.
        seed: of the generator of the CPU, and those of the GPUs.
        gpus: numbers of the GPUs on which it draws.
    """
    with _SEEDED, torch.random.fork_rng(devices=gpus):
        torch.default_generator.manual_seed(seed)
        for gpu in gpus:
            torch.cuda.default_generators[gpu].manual_seed(seed)
        return make()


class SpaceFailedError(UserError):
    """A space gives no architecture, or no network of any.

    Args:
        space: that fails.
        error: how, the last time.
    """

    def __init__(self, space: SearchSpace, error: Exception) -> None:
        super().__init__(f"{space.title} gives no network: {in_a_line(error)}")
        self.space, self.error = space, error

    def __reduce__(self) -> tuple[type, tuple[SearchSpace, Exception]]:
        return type(self), (self.space, self.error)


def draw(space: SearchSpace, attempts: int = 200) -> Iterator[Architecture]:
    """Architectures of a space at random, the same each time, of which networks can be built.

    Args:
        space: any.
        attempts: draws at most.

    Raises:
        SpaceFailedError: no draw gave one, and one of them failed.
    """
    import optuna  # noqa: PLC0415 - what only builds networks needs none of it

    said = optuna.logging.get_verbosity()
    # Optuna announces a new study, and this one lives in here alone.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    optuna.logging.set_verbosity(said)
    some, failure = False, None
    for _ in range(attempts):
        try:
            architecture = space.suggest(study.ask())
            invalid = architecture.invalid
        except Exception as error:  # noqa: BLE001 - a user's space may fail in any way
            failure = error
            continue
        if not invalid:
            some = True
            yield architecture
    if failure and not some:
        raise SpaceFailedError(space, failure)


@contextmanager
def preserved(network: nn.Module) -> Iterator[None]:
    """Puts a network's mode, module by module, and its buffers back as they were."""
    modes = [(module, module.training) for module in network.modules()]
    kept: list[tuple[nn.Module, str, Tensor | None, Tensor | None]] = [
        (module, name, buffer, None if buffer is None else buffer.detach().clone())
        for module in network.modules()
        for name, buffer in module._buffers.items()
    ]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for module, name, buffer, value in kept:
                module._buffers[name] = buffer
                if buffer is not None and value is not None:
                    buffer.copy_(value)


def count_size(network: nn.Module, task: Task) -> Size:
    """Trainable parameters, and multiply-accumulates of one input, of a network; its mode and buffers stay."""
    parameters = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    counter = FlopCounterMode(display=False, custom_mapping=_UNCOUNTED)
    # With gradients, attention takes the kernels that the counter knows.
    with preserved(network), torch.inference_mode(False), torch.enable_grad(), counter:
        network.eval()
        task.forward(network, map_leaves(lambda leaf: leaf[:1].detach().clone(), task.batch))
    return Size(float(parameters), counter.get_total_flops() / 2e6)
