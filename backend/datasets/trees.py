"""Trees of tensors, which a batch may be: a tensor, or a tuple, list or dict of trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import Tensor

from backend.errors import UserError

Tree = Any
"""A tensor, or a tuple, list or dict of trees."""


def leaves(tree: Tree) -> Iterator[Tensor]:
    """The tensors of a tree; what else stands in it is left out."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        for branch in tree.values():
            yield from leaves(branch)
    elif isinstance(tree, tuple | list):
        for branch in tree:
            yield from leaves(branch)


def map_leaves(change: Callable[[Tensor], Any], tree: Tree) -> Tree:
    """The same tree with each tensor replaced by what a function makes of it."""
    if isinstance(tree, Tensor):
        return change(tree)
    if isinstance(tree, Mapping):
        return {key: map_leaves(change, branch) for key, branch in tree.items()}
    if isinstance(tree, tuple | list):
        branches = [map_leaves(change, branch) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return tree


def example_count(batch: Tree) -> int:
    """The number of examples in a batch.

    Raises:
        UserError: it has no tensors, or they do not all have the same number.
    """
    sizes = {leaf.shape[0] if leaf.dim() else 0 for leaf in leaves(batch)}
    if not sizes:
        raise UserError(f"batch: expected a tensor, or a tuple, list or dict of tensors, got a {type(batch).__name__}")
    if len(sizes) > 1 or 0 in sizes:
        shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves(batch))
        raise UserError(
            f"batch: expected at least one example, along the first dimension of every tensor, got {shapes}"
        )
    return sizes.pop()
