"""What the engine observes: the network of a cell, its live part, and the mini-batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import torch
from torch import Tensor

from backend.scoring.engine import Subject
from backend.scoring.engines.nas_bench_201.live import LiveNetwork
from backend.spaces.capabilities import Size
from backend.spaces.nas_bench_201.network import CellNetwork
from backend.spaces.nas_bench_201.size import network_size
from backend.spaces.nas_bench_201.space import CellArchitecture


@dataclass(frozen=True)
class CellSubject(Subject):
    """A cell's network.

    Attributes:
        architecture: the literal cell and its sizes; the network may be of the representative of its class.
        num_classes: outputs of the classifier.
    """

    architecture: CellArchitecture = field(kw_only=True)
    num_classes: int = field(kw_only=True)

    @cached_property
    def network(self) -> CellNetwork:
        """The network."""
        return cast("CellNetwork", self.build())

    @cached_property
    def live(self) -> LiveNetwork:
        """The live part of the network, its weights in the convolutions' fastest layout."""
        live = LiveNetwork.of(self.network)
        return live.with_weights([weight.contiguous(memory_format=layout(weight)) for weight in live.weights])

    @property
    def size(self) -> Size:
        """Of the literal cell's network."""
        asked = self.architecture
        sizes = asked.channels, asked.cells_per_stage, self.num_classes
        return network_size(asked.cell, *sizes, *self.images.shape[2:])


def layout(weight: Tensor) -> torch.memory_format:
    """Channels last for a convolution's weight, as it is for the classifier's."""
    return torch.channels_last if weight.dim() == 4 else torch.contiguous_format
