"""What is scored: one network on one mini-batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from backend.proxies.observations import Design
from backend.scoring.engines.nas_bench_201.live import LiveNetwork
from backend.spaces.nas_bench_201.network import CellNetwork


@dataclass(frozen=True)
class Subject:
    """One network, one mini-batch, and the seed of everything random.

    Attributes:
        build: gives the network, of a connected cell; called once, if any proxy needs it.
        images: float32 (B, 3, H, W), on the network's device.
        labels: int64 (B,) on the same device; None if no proxy needs them.
        design: the literal cell and the sizes.
        seed: of the random inputs and weights that some proxies draw.
        frugal: whether the passes are to save memory at the price of time; the results are the same.
    """

    build: Callable[[], CellNetwork]
    images: Tensor
    labels: Tensor | None
    design: Design
    seed: int
    frugal: bool = False

    @cached_property
    def network(self) -> CellNetwork:
        """The network."""
        return self.build()

    @cached_property
    def live(self) -> LiveNetwork:
        """The live part of the network, its weights in the convolutions' fastest layout."""
        live = LiveNetwork.of(self.network)
        return live.with_weights([weight.contiguous(memory_format=layout(weight)) for weight in live.weights])

    @property
    def device(self) -> torch.device:
        """Where network and images are."""
        return self.images.device

    def known_labels(self) -> Tensor:
        """The labels, for a pass that needs them."""
        assert self.labels is not None, "checked before any pass"
        return self.labels


def layout(weight: Tensor) -> torch.memory_format:
    """Channels last for a convolution's weight, as it is for the classifier's."""
    return torch.channels_last if weight.dim() == 4 else torch.contiguous_format
