"""The loss's curvature between the gradient and the layers without a batch norm: one sweep of second-order tangents.

Along w + s·u + t·g, with u the weights of the layers that no batch norm follows (zero elsewhere) and g the gradient,
every value x of the network has the tangents ∂x/∂s, ∂x/∂t and ∂²x/∂s∂t. Carried forward together they give
∂²loss/∂s∂t = uᵀHg, with no backward pass and nothing to store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.engines.nas_bench_201.arithmetic import batch_norm, covariance, halve, jacobian_product, pool
from backend.scoring.engines.nas_bench_201.backpropagation import channels_last
from backend.scoring.engines.nas_bench_201.live import Layer, LiveNetwork, features
from backend.scoring.engines.nas_bench_201.subject import CellSubject


class Jet(NamedTuple):
    """A value and its tangents; None is zero. ∂²/∂s∂t is zero wherever ∂/∂s is.

    Attributes:
        value: x.
        by_s: ∂x/∂s.
        by_t: ∂x/∂t.
        by_st: ∂²x/∂s∂t.
    """

    value: Tensor
    by_s: Tensor | None = None
    by_t: Tensor | None = None
    by_st: Tensor | None = None

    def map(self, linear: Callable[[Tensor], Tensor]) -> Jet:
        """A linear function of value and tangents alike."""
        by_s, by_t, by_st = (None if tangent is None else linear(tangent) for tangent in self[1:])
        return Jet(linear(self.value), by_s, by_t, by_st)


class JetArithmetic:
    """Jets in train mode.

    Args:
        network: gives weights and batch norms.
        gradients: of the loss at the weights, the direction t.
    """

    def __init__(self, network: LiveNetwork, gradients: Sequence[Tensor]) -> None:
        self._network, self._gradients = network, gradients

    def convolve(self, layer: Layer, jet: Jet) -> Jet:
        """See `Arithmetic`."""
        weight, gradient = self._network.weights[layer.number], self._gradients[layer.number]

        def apply(value: Tensor | None, kernel: Tensor) -> Tensor | None:
            return None if value is None else functional.conv2d(value, kernel, None, layer.stride, layer.padding)

        value = functional.conv2d(jet.value, weight, None, layer.stride, layer.padding)
        moved = apply(jet.by_t, weight)
        by_t = _sum(apply(jet.value, gradient), moved)
        by_s = apply(jet.by_s, weight)
        by_st = _sum(apply(jet.by_st, weight), apply(jet.by_s, gradient))
        if layer.norm is not None:
            return self.normalise(layer.norm, Jet(value, by_s, by_t, by_st))
        # This layer's own weight moves with s: w + s·w.
        return Jet(value, _sum(by_s, value), by_t, _sum(by_st, moved))

    def normalise(self, norm: int, jet: Jet) -> Jet:
        """See `Arithmetic`.

        With x̂ the normalised value, r the inverse deviation and J the Jacobian, which takes first tangents forward, the
        mixed one is J(st − r·m_s·t − r·m_t·s) + w·r²·(m_s·m_t − cov(s, t))·x̂, where m_s = mean(x̂ ⊙ s), m_t likewise.
        """
        parameters = self._network.norms[norm]
        x, s, t, st = jet
        value, statistics = batch_norm(x, parameters)
        by_t = None if t is None else jacobian_product(t, x, parameters, statistics)
        by_s = None if s is None else jacobian_product(s, x, parameters, statistics)
        if s is None or t is None:
            return Jet(value, by_s, by_t)
        r = statistics.inverse_deviation[0]
        m_s, m_t = (covariance(tangent, x, statistics.mean[0]) * r for tangent in (s, t))
        bend = r.square() * (m_s * m_t - covariance(s, t))
        direction = t * _channels(-r * m_s) if st is None else torch.addcmul(st, t, _channels(-r * m_s))
        direction.addcmul_(s, _channels(-r * m_t))
        by_st = jacobian_product(direction, x, parameters, statistics)
        by_st.addcmul_(value, _channels(bend)).sub_(_channels(parameters.bias * bend))
        return Jet(value, by_s, by_t, by_st)

    def rectify(self, jet: Jet, _readers: int = 1) -> Jet:
        """See `Arithmetic`."""
        value = functional.relu(jet.value)
        by_s, by_t, by_st = (
            None if tangent is None else torch.ops.aten.threshold_backward(tangent, value, 0) for tangent in jet[1:]
        )
        return Jet(value, by_s, by_t, by_st)

    def pool(self, jet: Jet) -> Jet:
        """See `Arithmetic`."""
        return jet.map(pool)

    def halve(self, jet: Jet) -> Jet:
        """See `Arithmetic`."""
        return jet.map(halve)

    def add(self, jets: Sequence[Jet]) -> Jet:
        """See `Arithmetic`."""
        if len(jets) == 1:
            return jets[0]
        values, by_s, by_t, by_st = zip(*jets, strict=True)
        return Jet(reduce(torch.add, values), _sum(*by_s), _sum(*by_t), _sum(*by_st))


@torch.no_grad()
def curvature(subject: CellSubject, gradients: Sequence[Tensor]) -> float:
    """Σ w ⊙ (Hg) over the layers that no batch norm follows.

    Args:
        subject: network and batch.
        gradients: of the loss at each layer's weights, on the same batch.
    """
    live = subject.live
    jet = features(live, JetArithmetic(live, gradients), Jet(channels_last(subject.images)))
    weight, gradient = live.weights[live.classifier.number], gradients[live.classifier.number]

    def apply(value: Tensor | None, matrix: Tensor) -> Tensor:
        assert value is not None, "the shortcuts and the stem move with s and t"
        return value @ matrix.T

    x, s, t, st = jet.map(lambda value: value.mean((2, 3)))
    f = apply(x, weight) + live.classifier_bias
    f_s = apply(x, weight) + apply(s, weight)
    f_t = apply(x, gradient) + apply(t, weight)
    f_st = apply(st, weight) + apply(t, weight) + apply(s, gradient)
    p = f.softmax(1)
    labels = subject.known_labels()[:, None]
    slope = (p * f_st).sum(1) - f_st.gather(1, labels)[:, 0]
    bend = (p * f_s * f_t).sum(1) - (p * f_s).sum(1) * (p * f_t).sum(1)
    return float((slope + bend).mean())


def _channels(values: Tensor) -> Tensor:
    """(C,) to what multiplies (B, C, H, W)."""
    return values[:, None, None]


def _sum(*parts: Tensor | None) -> Tensor | None:
    """A new tensor, or the only part there is; None is zero."""
    present = [part for part in parts if part is not None]
    if len(present) < 2:
        return present[0] if present else None
    total = present[0] + present[1]
    for part in present[2:]:
        total.add_(part)
    return total
