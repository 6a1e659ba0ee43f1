"""Checks of what is to be scored, before any work: each error names the argument and what is valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from backend import proxies as registry
from backend.errors import UserError
from backend.proxies import Proxy
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import CellNetwork, difference


class DisconnectedCellError(UserError):
    """No path leads from the cell's input to its output: it has no score.

    Args:
        cell: the cell.
    """

    def __init__(self, cell: Cell) -> None:
        super().__init__(f"cell {cell}: disconnected, no path leads from its input to its output, so it has no score")
        self.cell = cell

    def __reduce__(self) -> tuple[type, tuple[Cell]]:
        return type(self), (self.cell,)


def check_proxies(names: Iterable[str]) -> tuple[Proxy, ...]:
    """The proxies of these names, each once.

    Raises:
        UserError: a single text instead of a sequence, or an unknown name.
    """
    if isinstance(names, str):
        raise UserError(f"proxies: expected a sequence of names, got the text {names!r}; use [{names!r}]")
    return tuple(registry.get(name) for name in dict.fromkeys(names))


def check_network(network: nn.Module) -> CellNetwork:
    """The network, if it is exactly what the space builds: what is computed by hand would miss any change to it.

    Raises:
        UserError: it isn't, or its weights aren't float32.
        DisconnectedCellError: no path leads through its cell.
    """
    if not isinstance(network, CellNetwork):
        raise UserError(f"network: expected one made by backend.network.build_network, got a {type(network).__name__}")
    if other := difference(network):
        raise UserError(f"network: expected one just as backend.network.build_network makes it, but {other}")
    if not network.cell.connected:
        raise DisconnectedCellError(network.cell)
    for name, parameter in network.named_parameters():
        if parameter.dtype != torch.float32:
            raise UserError(f"network: expected float32 weights, got {parameter.dtype} in {name}")
    return network


def check_batch(images: Tensor, labels: Tensor | None, num_classes: int, proxies: Sequence[Proxy]) -> None:
    """Checks a mini-batch against the proxies that are to read it.

    Args:
        images: expected float32 (B, 3, H, W), H and W multiples of 4, finite.
        labels: expected int64 (B,), 0 to num_classes − 1; None if no proxy needs them.
        num_classes: outputs of the network.
        proxies: what is to be computed.

    Raises:
        UserError: something else.
    """
    _check_images(images)
    for proxy in proxies:
        if len(images) < proxy.min_images:
            raise UserError(f"images: {proxy.name} needs at least {proxy.min_images}, got {len(images)}")
        if proxy.needs_labels and labels is None:
            raise UserError(f"labels: {proxy.name} needs them, got None")
    if labels is not None:
        _check_labels(labels, len(images), num_classes)


def _check_images(images: Tensor) -> None:
    expected = "images: expected a float32 tensor (B, 3, H, W) with H and W multiples of 4"
    if not isinstance(images, Tensor):
        raise UserError(f"{expected}, got a {type(images).__name__}")
    shape = tuple(images.shape)
    if images.dtype != torch.float32 or len(shape) != 4:
        raise UserError(f"{expected}, got {images.dtype} {shape}")
    if shape[0] == 0 or shape[1] != 3 or shape[2] % 4 or shape[3] % 4 or 0 in shape:
        raise UserError(f"{expected}, got {shape}")
    if not images.isfinite().all():
        raise UserError("images: expected finite values, got NaN or infinity")


def _check_labels(labels: Tensor, count: int, num_classes: int) -> None:
    expected = f"labels: expected an int64 tensor ({count},) of values from 0 to {num_classes - 1}"
    if not isinstance(labels, Tensor):
        raise UserError(f"{expected}, got a {type(labels).__name__}")
    if labels.dtype != torch.int64 or tuple(labels.shape) != (count,):
        raise UserError(f"{expected}, got {labels.dtype} {tuple(labels.shape)}")
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= num_classes:
        raise UserError(f"{expected}, got values from {lowest} to {highest}")
