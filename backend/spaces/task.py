"""What a network is scored on: a mini-batch, its labels, and the loss."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from backend.datasets.batch import Batch
from backend.datasets.trees import Tree, example_count, leaves, map_leaves
from backend.errors import UserError

__all__ = ["Task", "Tree", "call", "example_count", "leaves", "map_leaves", "single_tensor"]


def single_tensor(result: Any) -> Tensor:
    """The one tensor of what a forward pass returns.

    Raises:
        UserError: it returns none, or several.

    >>> from torch import tensor
    >>> single_tensor({"logits": tensor([1.0]), "hidden": None})
    tensor([1.])
    """
    found = list(leaves(result))
    if len(found) == 1:
        return found[0]
    said = "no tensor" if not found else f"{len(found)} tensors"
    raise UserError(
        f"network: its forward returns {said} in a {type(result).__name__}; give Task(outputs=…) to pick one"
    )


@dataclass(frozen=True, eq=False)
class Task:
    """What a network is scored on.

    Attributes:
        batch: what the network's forward takes, such as images (B, C, H, W), or a tree of tensors. All have the B
            examples along their first dimension. A tuple is spread over forward's arguments, and a dict over its
            keywords, where the signature takes them so; otherwise it is handed over as it is.
        labels: int64 (B,) classes, int64 (B, …) a class for each position, float probabilities shaped like the outputs,
            or whatever the loss takes; None where nothing needs them.
        num_outputs: outputs that a space is to build, such as the number of classes; 0 where the network is given.
        loss: of outputs and labels, a scalar.
        outputs: picks the outputs out of what forward returns.
    """

    batch: Tree = None
    labels: Tree = None
    num_outputs: int = 0
    loss: Callable[[Tensor, Any], Tensor] = nn.functional.cross_entropy
    outputs: Callable[[Any], Tensor] = single_tensor

    @classmethod
    def of_batch(cls, batch: Batch) -> Task:
        """The task of a mini-batch: its classification, unless a user's own batch says what the loss is."""
        task = cls(batch.images, batch.labels, batch.num_classes)
        return replace(task, loss=batch.loss or task.loss, outputs=batch.outputs or task.outputs)

    @property
    def count(self) -> int:
        """The number of examples."""
        return example_count(self.batch)

    def forward(self, network: nn.Module, batch: Tree) -> Tensor:
        """The outputs of a network for a batch, which need not be the task's own.

        Raises:
            UserError: forward's result has no single tensor, or `outputs` gives none.
        """
        found = self.outputs(call(network, batch))
        if not isinstance(found, Tensor):
            raise UserError(f"task: outputs gives a {type(found).__name__}, expected a tensor")
        return found


def call(network: nn.Module, batch: Tree) -> Any:
    """What a network's forward returns for a batch, spread over its arguments where it is a tuple or a dict."""
    if isinstance(batch, tuple) and _takes(network, *batch):
        return network(*batch)
    if isinstance(batch, Mapping) and all(isinstance(key, str) for key in batch) and _takes(network, **batch):
        return network(**batch)
    return network(batch)


def _takes(network: nn.Module, *arguments: object, **named: object) -> bool:
    try:
        inspect.signature(network.forward).bind(*arguments, **named)
    except TypeError:
        return False
    return True
