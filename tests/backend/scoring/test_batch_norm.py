"""Batch norm in the channels-last layout, against float64."""

import torch
from torch.nn import functional

from backend.scoring.batch_norm import batch_norm


def test_values_and_gradients_are_accurate() -> None:
    generator = torch.Generator().manual_seed(0)
    value = torch.randn(64, 16, 32, 32, generator=generator) * 2 + 3
    value = value.contiguous(memory_format=torch.channels_last).requires_grad_()
    weight, bias = torch.rand(16, generator=generator) + 0.5, torch.randn(16, generator=generator)
    cotangent = torch.randn(value.shape, generator=generator)

    normalised = batch_norm(value, weight, bias, 1e-5)
    (gradient,) = torch.autograd.grad(normalised, value, cotangent)
    exact = value.detach().double().requires_grad_()
    expected = functional.batch_norm(exact, None, None, weight.double(), bias.double(), training=True, eps=1e-5)
    (slope,) = torch.autograd.grad(expected, exact, cotangent.double())

    assert (normalised - expected).abs().max() < 3e-6  # PyTorch's own: 2e-5
    assert (gradient - slope).abs().max() < 3e-6
    assert normalised.is_contiguous(memory_format=torch.channels_last)
