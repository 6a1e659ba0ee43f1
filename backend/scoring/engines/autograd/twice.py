"""Layers that can be differentiated twice at little cost, in the place of PyTorch's own.

What is sought of the second derivatives is one number, Σ w ⊙ (Hg): the gradient g of the loss is differentiated once
more, along itself, and along the weights. PyTorch would make Hg, and for norms and grouped convolutions out of many
small calls. A product a = w · x is linear in its weights, so that w ⊙ ∂φ/∂w sums to a ⊙ ∂φ/∂a, which needs no product
of its own. Forward and first derivatives are computed by the same kernels as PyTorch's, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from backend.scoring.runtime import to_double

_AXES = {"conv1d": 1, "conv2d": 2, "conv3d": 3}


class Twice:
    """Computes layers of one forward pass, and collects Σ w ⊙ (Hg) as the second derivatives are taken.

    Args:
        layers: the weights w.

    Attributes:
        to_weights: whether a sweep back reaches the weights.
        again: whether the sweep back is that of the second derivatives.
    """

    def __init__(self, layers: Sequence[Tensor]) -> None:
        self._layers = {id(layer) for layer in layers}
        self._found: list[Tensor] = []
        self.to_weights, self.again = True, False

    @staticmethod
    @contextmanager
    def inputs_alone(twice: Twice | None) -> Iterator[None]:
        """While a sweep back goes to the inputs and no weight."""
        if twice is not None:
            twice.to_weights = False
        yield
        if twice is not None:
            twice.to_weights = True

    def compute(self, name: str, args: tuple[Any, ...], given: dict[str, Any]) -> Tensor | None:
        """What a call yields, where it is one of those that are computed here; else None.

        Args:
            name: of the function, such as "conv2d".
            args: its positional arguments.
            given: its keyword arguments.
        """
        if name in _AXES:
            return self._convolution(_AXES[name], *args, **given)
        if name == "linear":
            return self._linear(*args, **given)
        if name == "batch_norm":
            return self._batch_norm(*args, **given)
        return self._layer_norm(*args, **given) if name == "layer_norm" else None

    def note(self, one: Tensor, other: Tensor) -> None:
        """Add a term to the sum: Σ one ⊙ other."""
        self._found.append(to_double((one * other).sum()))

    @property
    def total(self) -> Tensor | float:
        """The sum over all uses of the layers that went through functions of these."""
        return torch.stack(self._found).sum() if self._found else 0.0

    def _is_layer(self, weight: Tensor) -> bool:
        return id(weight) in self._layers

    def _convolution(
        self,
        axes: int,
        input: Tensor,  # noqa: A002  PyTorch's names
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor | None:
        if isinstance(padding, str) or input.dim() != axes + 2 or not self._is_layer(weight) or not _is_leaf(bias):
            return None

        def each(size: Any) -> list[int]:
            """Of each axis."""
            sizes = [size] if isinstance(size, int) else list(size)
            return sizes * axes if len(sizes) == 1 else sizes

        kind = _Convolution(each(stride), each(padding), each(dilation), groups)
        return _apply(_Product, self, kind, input, weight, _detached(bias))

    def _linear(self, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor | None:  # noqa: A002
        if not self._is_layer(weight) or not _is_leaf(bias) or weight.dim() != 2:
            return None
        return _apply(_Product, self, _Linear(), input, weight, _detached(bias))

    def _batch_norm(
        self,
        input: Tensor,  # noqa: A002
        weight: Tensor | None,
        bias: Tensor | None,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        training: bool,
        momentum: float,
        eps: float,
        cudnn_enabled: bool = True,  # noqa: ARG002  on a CPU
    ) -> Tensor | None:
        if not training or input.device.type != "cpu" or not (_is_leaf(weight) and _is_leaf(bias)):
            return None
        scale, offset = _detached(weight), _detached(bias)
        return _apply(_BatchNorm, input, scale, offset, running_mean, running_var, momentum, eps)

    def _layer_norm(
        self,
        input: Tensor,  # noqa: A002
        normalized_shape: Sequence[int],
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        eps: float = 1e-5,
        cudnn_enable: bool = True,  # noqa: ARG002  chooses nothing any more
    ) -> Tensor | None:
        if any(tensor is not None and (not tensor.is_leaf or self._is_layer(tensor)) for tensor in (weight, bias)):
            return None
        return _apply(_LayerNorm, input, list(normalized_shape), _detached(weight), _detached(bias), eps)


def attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, **given: Any) -> Tensor:
    """Scaled dot-product attention; a mask that gradients go through is computed by the definition alone.

    Args:
        query: as for `torch.nn.functional.scaled_dot_product_attention`, and so are the others.
        key: of the tokens.
        value: of the tokens.
        attn_mask: which pairs of tokens, or what is added to their products.
        **given: the rest.
    """
    if attn_mask is not None and attn_mask.requires_grad:
        return attention_by_definition(query, key, value, attn_mask, **given)
    return _apply(_Attention, {"attn_mask": attn_mask, **given}, query, key, value)


def attention_by_definition(*args: Any, **given: Any) -> Tensor:
    """Scaled dot-product attention of products and a softmax, which PyTorch can differentiate twice."""
    found: Tensor = torch.ops.aten._scaled_dot_product_attention_math(*args, **given)[0]
    return found


def _is_leaf(tensor: Tensor | None) -> bool:
    """Whether no gradient of a layer goes through a scale or an offset."""
    return tensor is None or tensor.is_leaf


def _detached(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach()


def _apply(function: type[Function], *args: Any) -> Tensor:
    found: Tensor = function.apply(*args)  # type: ignore[no-untyped-call]
    return found


class _Linear:
    """x wᵀ."""

    channels = -1

    def forward(self, x: Tensor, w: Tensor, bias: Tensor | None) -> Tensor:
        return functional.linear(x, w, bias)

    def gradients(
        self, slope: Tensor, x: Tensor, w: Tensor, to_input: bool, to_weight: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        rows = slope.reshape(-1, slope.shape[-1])
        of_weight = rows.T @ x.reshape(-1, x.shape[-1]) if to_weight else None
        return (rows @ w).view_as(x) if to_input else None, of_weight


class _Convolution:
    """A convolution of one to three axes."""

    channels = 1

    def __init__(self, stride: list[int], padding: list[int], dilation: list[int], groups: int) -> None:
        self._given = (stride, padding, dilation, False, [0] * len(stride), groups)

    def forward(self, x: Tensor, w: Tensor, bias: Tensor | None) -> Tensor:
        return torch.convolution(x, w, bias, *self._given)

    def gradients(
        self, slope: Tensor, x: Tensor, w: Tensor, to_input: bool, to_weight: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        found = torch.ops.aten.convolution_backward(slope, x, w, None, *self._given, [to_input, to_weight, False])
        return found[0], found[1]


class _Product(Function):
    """What a layer makes of its input."""

    @staticmethod
    def forward(ctx: Any, twice: Twice, kind: Any, x: Tensor, w: Tensor, bias: Tensor | None) -> Tensor:
        output: Tensor = kind.forward(x, w, bias)
        ctx.save_for_backward(x, w)
        ctx.twice, ctx.kind, ctx.bias, ctx.output, ctx.version = twice, kind, bias, output.detach(), output._version
        return output

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        x, w = ctx.saved_tensors
        to_input = ctx.needs_input_grad[2]
        if not ctx.twice.again:
            of_input, of_weight = _ProductBackward.apply(  # type: ignore[no-untyped-call]
                ctx.twice, ctx.kind, slope, x, w, to_input, ctx.twice.to_weights
            )
            return None, None, of_input, of_weight, None
        changed = ctx.output._version != ctx.version
        output = ctx.kind.forward(x, w, None) if changed else ctx.output
        ctx.twice.note(slope, output)
        if ctx.bias is not None and not changed:
            ctx.twice.note(slope.movedim(ctx.kind.channels, -1).flatten(0, -2).sum(0), -ctx.bias)
        return None, None, ctx.kind.gradients(slope, x, w, to_input, False)[0], None, None


class _ProductBackward(Function):
    """The derivatives of a layer."""

    @staticmethod
    def forward(
        ctx: Any, twice: Twice, kind: Any, slope: Tensor, x: Tensor, w: Tensor, to_input: bool, to_weight: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(slope, x, w)
        ctx.twice, ctx.kind = twice, kind
        found: tuple[Tensor | None, Tensor | None] = kind.gradients(slope, x, w, to_input, to_weight)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, along_input: Tensor | None, along_weight: Tensor | None) -> tuple[Tensor | None, ...]:
        slope, x, w = ctx.saved_tensors
        of_slope = of_input = None
        if along_input is not None:
            of_slope = ctx.kind.forward(along_input, w, None)
            ctx.twice.note(slope, of_slope)
        if along_weight is not None:
            other = ctx.kind.forward(x, along_weight, None)
            of_slope = other if of_slope is None else of_slope.add_(other)
            if ctx.needs_input_grad[3]:
                of_input = ctx.kind.gradients(slope, x, along_weight, True, False)[0]
        return None, None, of_slope, of_input, None, None, None


class _BatchNorm(Function):
    """A batch norm with the statistics of its batch."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        scale: Tensor | None,
        offset: Tensor | None,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        momentum: float,
        eps: float,
    ) -> Tensor:
        found = torch.native_batch_norm(x, scale, offset, running_mean, running_var, True, momentum, eps)
        output, mean, inverse = found
        ctx.save_for_backward(x, scale, mean, inverse)
        ctx.eps = eps
        return output

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        return _apply(_BatchNormBackward, slope, *ctx.saved_tensors, ctx.eps), *[None] * 6


class _BatchNormBackward(Function):
    """The derivative J of a batch norm by its input, γ/σ (I − 11ᵀ/n − x̂x̂ᵀ/n), which is symmetric."""

    @staticmethod
    def forward(
        ctx: Any, slope: Tensor, x: Tensor, scale: Tensor | None, mean: Tensor, inverse: Tensor, eps: float
    ) -> Tensor:
        def derivative(along: Tensor) -> tuple[Tensor, Tensor]:
            """J · along, and x̂ · along."""
            found = torch.ops.aten.native_batch_norm_backward(
                along, x, scale, None, None, mean, inverse, True, eps, [True, True, False]
            )
            return found[0], found[1]

        of_input, ctx.dot = derivative(slope)
        ctx.save_for_backward(x, mean, inverse, of_input)
        ctx.derivative = derivative
        return of_input

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, along: Tensor) -> tuple[Tensor | None, ...]:
        x, mean, inverse, of_input = ctx.saved_tensors
        of_slope, dot = ctx.derivative(along)
        rest = [axis for axis in range(x.dim()) if axis != 1]
        share = -inverse * x.shape[1] / x.numel()
        both = share * inverse * (along * of_input).sum(rest)

        def by_channel(value: Tensor) -> Tensor:
            return value.view(-1, *[1] * (x.dim() - 2))

        found = torch.addcmul(by_channel(-both * mean), x, by_channel(both))
        found.addcmul_(of_slope, by_channel(share * ctx.dot)).addcmul_(of_input, by_channel(share * dot))
        return of_slope, found, None, None, None, None


class _LayerNorm(Function):
    """A layer norm."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, shape: list[int], scale: Tensor | None, offset: Tensor | None, eps: float
    ) -> Tensor:
        output, mean, inverse = torch.native_layer_norm(x, shape, scale, offset, eps)
        ctx.save_for_backward(x, scale, mean, inverse)
        ctx.shape = shape
        return output

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        return _apply(_LayerNormBackward, slope, *ctx.saved_tensors, ctx.shape), *[None] * 4


class _LayerNormBackward(Function):
    """The derivative of a layer norm by its input, 1/σ (I − 11ᵀ/n − x̂x̂ᵀ/n) γ in each row."""

    @staticmethod
    def forward(
        ctx: Any, slope: Tensor, x: Tensor, scale: Tensor | None, mean: Tensor, inverse: Tensor, shape: list[int]
    ) -> Tensor:
        of_input = _layer_norm_derivative(slope, x, scale, mean, inverse, shape)
        ctx.save_for_backward(slope, x, scale, mean, inverse, of_input)
        ctx.shape = shape
        return of_input

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, along: Tensor) -> tuple[Tensor | None, ...]:
        slope, x, scale, mean, inverse, of_input = ctx.saved_tensors
        projected = _layer_norm_derivative(along, x, None, mean, inverse, ctx.shape)
        axes = list(range(-len(ctx.shape), 0))
        normed = (x - mean) * inverse

        def dot(one: Tensor, other: Tensor) -> Tensor:
            return (one * other).sum(axes, keepdim=True)

        scaled = slope if scale is None else slope * scale
        found = normed * dot(along, of_input)
        found.addcmul_(projected, dot(scaled, normed)).addcmul_(of_input, dot(along, normed))
        found.mul_(inverse / -math.prod(ctx.shape))
        return projected if scale is None else projected * scale, found, None, None, None, None


def _layer_norm_derivative(
    along: Tensor, x: Tensor, scale: Tensor | None, mean: Tensor, inverse: Tensor, shape: list[int]
) -> Tensor:
    found: Tensor = torch.ops.aten.native_layer_norm_backward(
        along, x, shape, mean, inverse, scale, None, [True, False, False]
    )[0]
    return found


class _Attention(Function):
    """Attention by whatever kernel PyTorch chooses."""

    @staticmethod
    def forward(ctx: Any, given: dict[str, Any], query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        with torch.enable_grad():
            inputs = [tensor.detach().requires_grad_() for tensor in (query, key, value)]
            output = functional.scaled_dot_product_attention(inputs[0], inputs[1], inputs[2], **given)
        ctx.save_for_backward(query, key, value)
        ctx.given, ctx.inputs, ctx.output = given, inputs, output
        return output.detach()

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        def derivative(slope: Tensor) -> tuple[Tensor, ...]:
            found: tuple[Tensor, ...] = torch.autograd.grad(ctx.output, ctx.inputs, slope, retain_graph=True)
            return found

        slopes = _AttentionBackward.apply(ctx.given, derivative, slope, *ctx.saved_tensors)  # type: ignore[no-untyped-call]
        return None, *slopes


class _AttentionBackward(Function):
    """The derivatives of attention, whose own derivatives are those of its definition."""

    @staticmethod
    def forward(
        ctx: Any,
        given: dict[str, Any],
        derivative: Callable[[Tensor], tuple[Tensor, ...]],
        slope: Tensor,
        *inputs: Tensor,
    ) -> tuple[Tensor, ...]:
        ctx.save_for_backward(slope, *inputs)
        ctx.given = given
        return derivative(slope)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *along: Tensor) -> tuple[Tensor | None, ...]:
        with torch.enable_grad():
            slope, *inputs = (tensor.detach().requires_grad_() for tensor in ctx.saved_tensors)
            output = attention_by_definition(*inputs, **ctx.given)
            slopes = torch.autograd.grad(output, inputs, slope, create_graph=True)
        return None, None, *torch.autograd.grad(slopes, [slope, *inputs], along, materialize_grads=True)
