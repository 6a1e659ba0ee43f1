"""Batch norm in the channels-last layout, against float64."""

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.engines.nas_bench_201.arithmetic import Norm, batch_norm, contractions, jacobian_product


def channels_last(generator: torch.Generator) -> Tensor:
    value = torch.randn(64, 16, 32, 32, generator=generator) * 2 + 3
    return value.contiguous(memory_format=torch.channels_last)


def test_values_and_gradients_are_accurate() -> None:
    generator = torch.Generator().manual_seed(0)
    value = channels_last(generator)
    norm = Norm(torch.rand(16, generator=generator) + 0.5, torch.randn(16, generator=generator), 1e-5)
    cotangent = torch.randn(value.shape, generator=generator).contiguous(memory_format=torch.channels_last)

    normalised, statistics = batch_norm(value, norm)
    gradient = jacobian_product(cotangent, value, norm, statistics)
    exact = value.double().requires_grad_()
    expected = functional.batch_norm(exact, None, None, norm.weight.double(), norm.bias.double(), training=True)
    (slope,) = torch.autograd.grad(expected, exact, cotangent.double())

    assert (normalised - expected).abs().max() < 3e-6  # PyTorch's own: 2e-5
    assert (gradient - slope).abs().max() < 3e-6
    assert normalised.is_contiguous(memory_format=torch.channels_last)
    assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_tangents_go_forward_by_the_same_product() -> None:
    generator = torch.Generator().manual_seed(0)
    value, tangent = (torch.randn(4, 3, 5, 5, generator=generator, dtype=torch.float64) for _ in range(2))
    norm = Norm(*(torch.rand(3, generator=generator, dtype=torch.float64) for _ in range(2)), 1e-5)

    def normalise(x: Tensor) -> Tensor:
        return functional.batch_norm(x, None, None, norm.weight, norm.bias, training=True)

    _, expected = torch.func.jvp(normalise, (value,), (tangent,))
    torch.testing.assert_close(jacobian_product(tangent, value, norm, batch_norm(value, norm)[1]), expected)


def test_contractions() -> None:
    generator = torch.Generator().manual_seed(0)
    cotangents, one, other = (channels_last(generator) for _ in range(3))
    expected = [
        torch.cov(torch.stack([one[:, c].flatten(), other[:, c].flatten()]).double(), correction=0)[0, 1]
        for c in range(16)
    ]
    found = contractions(cotangents, one, other, other.double().mean((0, 2, 3)))
    assert torch.allclose(found.covariance, torch.stack(expected), atol=1e-4)
    for sums, tangent in ((found.one, one), (found.other, other)):
        torch.testing.assert_close(sums, (cotangents.double() * tangent).sum((0, 2, 3)), rtol=1e-6, atol=0)
