"""The loss's curvature between the gradient and the layers without a batch norm: one sweep of two tangents.

Along w + s·u + t·g, with u the weights of the layers that no batch norm follows (zero elsewhere) and g the gradient,
every value x of the network has the tangents ∂x/∂s and ∂x/∂t. Nothing else goes forward: ∂²loss/∂s∂t = uᵀHg is the sum,
over all steps of the network, of the step's own second derivative along the two tangents times the loss's cotangents at
its output, which the way back that gave the gradient has found already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.engines.nas_bench_201.arithmetic import (
    Value,
    contractions,
    halve,
    image_products,
    jacobian_sweep,
    pool,
)
from backend.scoring.engines.nas_bench_201.backpropagation import Tape, Trace
from backend.scoring.engines.nas_bench_201.live import Layer, LiveNetwork, block_output, last_features
from backend.scoring.runtime import to_double


class Tangents(NamedTuple):
    """The tangents of a value x; None is zero. Only behind the first layer without a batch norm is ∂x/∂s not.

    Attributes:
        by_s: ∂x/∂s.
        by_t: ∂x/∂t.
    """

    by_s: Value | None = None
    by_t: Value | None = None

    def map(self, linear: Callable[[Tensor], Tensor]) -> Tangents:
        """What a linear function makes of them."""
        return Tangents(*(None if tangent is None else Value.of(linear(tangent.tensor)) for tangent in self))


class TangentArithmetic:
    """Tangents in train mode, along the trace of a sweep back.

    Args:
        network: gives weights and batch norms.
        gradients: of the loss at the weights, the direction t.
        trace: of the sweep back from the loss; the ReLUs are used up.

    Attributes:
        trace: where the next steps are found.
        mixed: the sum of the second derivatives so far, float64; it stays on the device, so that nothing waits for it.
    """

    def __init__(self, network: LiveNetwork, gradients: Sequence[Tensor], trace: Trace) -> None:
        self._network, self._gradients = network, gradients
        self.trace = trace
        self.mixed: Tensor | float = 0.0

    def convolve(self, layer: Layer, tangents: Tangents) -> Tangents:
        """See `Arithmetic`."""
        weight, gradient = self._network.weights[layer.number], self._gradients[layer.number]
        inputs, output, cotangents = self.trace.layers[layer.number]

        def apply(value: Tensor, kernel: Tensor) -> Tensor:
            return functional.conv2d(value, kernel, None, layer.stride, layer.padding)

        moved = tangents.map(lambda tangent: apply(tangent, weight))
        by_s, by_t = moved.by_s, _sum(Value.of(apply(inputs, gradient)), moved.by_t)
        if tangents.by_s is not None:
            self._add(cotangents, apply(tangents.by_s.tensor, gradient))
        if layer.norm is not None:
            return self.normalise(layer.norm, Tangents(by_s, by_t))
        # This layer's own weight moves with s: w + s·w.
        if moved.by_t is not None:
            self._add(cotangents, moved.by_t.tensor)
        return Tangents(_sum(Value.of(output), by_s), by_t)

    def normalise(self, norm: int, tangents: Tangents) -> Tangents:
        """See `Arithmetic`.

        With x̂ the normalised value, r the inverse deviation and J the Jacobian, which takes first tangents forward, the
        mixed one is −J(r·m_s·t + r·m_t·s) + w·r²·(m_s·m_t − cov(s, t))·x̂, where m_s = mean(x̂ ⊙ s), m_t likewise. J
        takes the output's cotangents back to those of the value, and their products with x̂ add up to the gradient at w.
        """
        parameters = self._network.norms[norm]
        value, statistics, cotangents, at_weight = self.trace.norms[norm]
        s, t = (
            None if tangent is None else jacobian_sweep(tangent.tensor, value, parameters, statistics)
            for tangent in tangents
        )
        if s is not None and t is not None:
            assert tangents.by_s is not None
            assert tangents.by_t is not None
            assert cotangents is not None
            by_s, by_t, covariance = contractions(cotangents, tangents.by_s.tensor, tangents.by_t.tensor, t.means[0, 0])
            r = to_double(statistics.inverse_deviation[0])
            m_s, m_t = r * s.means[1, 0], r * t.means[1, 0]
            bend = r * to_double(statistics.scale[0]) * (m_s * m_t - covariance) * at_weight
            self.mixed += (bend - r * (m_s * by_t + m_t * by_s)).sum()
        return Tangents(*(None if sweep is None else Value.of(sweep.product) for sweep in (s, t)))

    def rectify(self, tangents: Tangents, _readers: int = 1) -> Tangents:
        """See `Arithmetic`."""
        output = self.trace.rectified.pop()
        return Tangents(*(None if tangent is None else tangent.masked(output) for tangent in tangents))

    def pool(self, tangents: Tangents) -> Tangents:
        """See `Arithmetic`."""
        return tangents.map(pool)

    def halve(self, tangents: Tangents) -> Tangents:
        """See `Arithmetic`."""
        return tangents.map(halve)

    def add(self, parts: Sequence[Tangents]) -> Tangents:
        """See `Arithmetic`."""
        if len(parts) == 1:
            return parts[0]
        return Tangents(*(_sum(*tangents) for tangents in zip(*parts, strict=True)))

    def _add(self, cotangents: Tensor | None, mixed: Tensor) -> None:
        assert cotangents is not None, "kept wherever ∂/∂s is not zero"
        self.mixed += to_double(image_products(cotangents, mixed)).sum()


@torch.no_grad()
def curvature(live: LiveNetwork, gradients: Sequence[Tensor], trace: Trace, logits: Tensor, labels: Tensor) -> float:
    """Σ w ⊙ (Hg) over the layers that no batch norm follows.

    Args:
        live: the network.
        gradients: of the loss at each layer's weights.
        trace: of the sweep that found them; used up.
        logits: of the batch, (B, num_classes).
        labels: of the batch, (B,).
    """
    arithmetic = TangentArithmetic(live, gradients, trace)
    tangents = arithmetic.convolve(live.stem, Tangents())
    for block in live.blocks:
        if trace.blocks:
            arithmetic.trace = Tape.trace_of(live, block, *trace.blocks.pop())
        tangents = block_output(live, arithmetic, block, tangents)
    arithmetic.trace = trace
    by_s, by_t = last_features(live, arithmetic, tangents)
    x, weight, gradient = trace.pooled, live.weights[live.classifier.number], gradients[live.classifier.number]
    assert by_s is not None
    assert by_t is not None
    assert x is not None, "the shortcuts and the stem move with s and t, and the sweep began at the classifier"
    s, t = (tangent.tensor.mean((2, 3)) for tangent in (by_s, by_t))
    f_s = (x + s) @ weight.T
    f_t = x @ gradient.T + t @ weight.T
    f_st = t @ weight.T + s @ gradient.T
    p = logits.softmax(1)
    slope = (p * f_st).sum(1) - f_st.gather(1, labels[:, None])[:, 0]
    bend = (p * f_s * f_t).sum(1) - (p * f_s).sum(1) * (p * f_t).sum(1)
    return float(arithmetic.mixed + to_double((slope + bend).mean()))


def _sum(*parts: Value | None) -> Value | None:
    """The sum of those that are not zero."""
    present = [part for part in parts if part is not None]
    return Value.total(present) if present else None
