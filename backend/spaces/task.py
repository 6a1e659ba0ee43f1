"""What a network is scored on: a mini-batch, its labels, and the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from backend.datasets.batch import Batch


def whole_result(result: Any) -> Tensor:
    """The result of a forward pass itself."""
    assert isinstance(result, Tensor)
    return result


@dataclass(frozen=True, eq=False)
class Task:
    """What a network is scored on.

    Attributes:
        batch: what the network's forward takes, such as images (B, C, H, W).
        labels: int64 (B,); None where nothing needs them.
        num_outputs: outputs of the network, such as the number of classes.
        loss: of outputs and labels, a scalar.
        outputs: picks the outputs out of what forward returns.
    """

    batch: Tensor
    labels: Tensor | None
    num_outputs: int
    loss: Callable[[Tensor, Tensor], Tensor] = nn.functional.cross_entropy
    outputs: Callable[[Any], Tensor] = whole_result

    @classmethod
    def of_batch(cls, batch: Batch) -> Task:
        """The classification of a mini-batch of a data set."""
        return cls(batch.images, batch.labels, batch.num_classes)
