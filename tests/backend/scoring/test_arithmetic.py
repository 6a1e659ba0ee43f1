"""Poolings and their adjoints, against PyTorch's own."""

import pytest
import torch
from torch.nn import functional

from backend.scoring.engines.nas_bench_201.arithmetic import halve, halve_adjoint, pool, pool_adjoint


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_poolings_and_their_adjoints(layout: torch.memory_format) -> None:
    generator = torch.Generator().manual_seed(0)
    value = torch.randn(3, 4, 6, 8, generator=generator).contiguous(memory_format=layout).requires_grad_()
    pooled = functional.avg_pool2d(value, 3, stride=1, padding=1, count_include_pad=False)
    halved = functional.avg_pool2d(value, 2)
    with torch.no_grad():
        for own, adjoint, expected in ((pool, pool_adjoint, pooled), (halve, halve_adjoint, halved)):
            cotangent = torch.randn(expected.shape, generator=generator).contiguous(memory_format=layout)
            torch.testing.assert_close(own(value), expected.detach())
            (slope,) = torch.autograd.grad(expected, value, cotangent)
            torch.testing.assert_close(adjoint(cotangent), slope)
            assert own(value).is_contiguous(memory_format=layout)
