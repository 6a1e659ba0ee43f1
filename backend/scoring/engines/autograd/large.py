"""A forward pass of numbers too large for float64: every tensor may have a power of two beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from backend.scoring.engines.autograd.calls import ForwardMode
from backend.spaces.task import leaves, map_leaves

_WEIGHTED = frozenset(["linear", *(f"conv{kind}{axes}d" for kind in ("", "_transpose") for axes in (1, 2, 3))])
"""Of data, a weight, and an offset."""

_PRODUCTS = frozenset(["bmm", "einsum", "matmul", "mm", "mul", "multiply", "tensordot"])
_SUMS = frozenset(["add", "cat", "concat", "concatenate", "maximum", "minimum", "rsub", "stack", "sub", "where"])
_SMOOTH = frozenset(
    ["celu", "elu", "gelu", "hardswish", "leaky_relu", "mish", "prelu", "relu", "selu", "silu", "softplus"]
)
"""What hands on large positive numbers as they are."""

_PASSING = frozenset(
    [
        *(f"{kind}_pool{axes}d" for kind in ("avg", "max", "adaptive_avg", "adaptive_max") for axes in (1, 2, 3)),
        *("abs", "amax", "chunk", "clone", "contiguous", "detach", "double", "expand", "flatten", "flip", "gather"),
        *(
            "getitem",
            "index_select",
            "interpolate",
            "mean",
            "movedim",
            "narrow",
            "neg",
            "pad",
            "permute",
            "pixel_shuffle",
        ),
        *(
            "pixel_unshuffle",
            "repeat",
            "reshape",
            "roll",
            "select",
            "split",
            "squeeze",
            "sum",
            "swapaxes",
            "to",
            "tile",
        ),
        *("transpose", "unbind", "unflatten", "unfold", "unsqueeze", "upsample", "view"),
    ]
)
"""What scales with its argument."""

_LARGEST = 256
"""Tensors of numbers above two to this are divided."""

_WRITTEN_OUT = 900
"""The power of two up to which a tensor is written out for a function that needs its values, most of which saturate."""


class LargeForward(ForwardMode):
    """Computes with tensors that have a power of two beside them; :func:`exponent` says which."""

    def call(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        """See `ForwardMode`."""
        inputs = [*leaves(args), *leaves(given)]
        largest = max((exponent(value) for value in inputs), default=0)
        if name == "__get__" or not largest:
            return _divided(super().call(name, function, args, given), 0)
        kind = name.strip("_").removeprefix("upsample_").removesuffix("_with_indices")
        first = exponent(inputs[0])
        if kind in _WEIGHTED:
            args = (*args[:2], *map_leaves(lambda offset: offset * 2.0**-first, args[2:3]), *args[3:])
            if isinstance(given.get("bias"), Tensor):
                given = {**given, "bias": given["bias"] * 2.0**-first}
            return _divided(super().call(name, function, args, given), first)
        if kind in _PRODUCTS:
            return _divided(super().call(name, function, args, given), sum(map(exponent, inputs)))
        if kind in ("div", "truediv", "true_divide") and len(inputs) == 1:
            return _divided(super().call(name, function, args, given), first)
        if kind in _SMOOTH:
            return _divided(torch.relu(inputs[0]), first)
        if kind in _SUMS or kind in _PASSING:
            if name.endswith("_") and not name.startswith("__") and first < largest:
                inputs[0].mul_(2.0 ** (first - largest))
                _beside(inputs[0], largest)
            args, given = self._aligned(kind, args, largest), self._aligned(kind, given, largest)
            return _divided(super().call(name, function, args, given), largest)
        written = [map_leaves(_written_out, values) for values in (args, given)]
        return _divided(super().call(name, function, *written), 0)

    def _aligned(self, kind: str, values: Any, largest: int) -> Any:
        """The same values, all with the same power of two beside them."""

        def align(value: Tensor) -> Tensor:
            apart = exponent(value) - largest
            return value * 2.0**apart if apart and value.is_floating_point() else value

        if kind in ("add", "sub", "rsub") and isinstance(values, tuple):
            values = tuple(value * 2.0**-largest if isinstance(value, int | float) else value for value in values)
        return map_leaves(align, values)


def exponent(value: Tensor) -> int:
    """The power of two by which a tensor of a `LargeForward` is to be multiplied."""
    return int(getattr(value, "_exponent", 0))


def _beside(value: Tensor, power: int) -> Tensor:
    value._exponent = power  # type: ignore[attr-defined]
    return value


def _written_out(value: Tensor) -> Tensor:
    return value * 2.0 ** min(exponent(value), _WRITTEN_OUT) if exponent(value) else value


def _divided(result: Any, power: int) -> Any:
    """A result with a power of two beside it, such that its numbers are of ordinary size."""

    def divide(value: Tensor) -> Tensor:
        beside = power
        if value.dtype == torch.float64 and value.numel():
            peak = float(value.detach().abs().amax())
            if math.isfinite(peak) and peak > 2.0**_LARGEST:
                more = int(math.log2(peak))
                value, beside = value * 2.0**-more, power + more
        return _beside(value, beside) if beside else value

    return map_leaves(divide, result)
