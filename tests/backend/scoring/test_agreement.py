"""Agreement matrices, against their definition."""

import pytest
import torch

from backend.scoring.engines.agreement import agreement


@pytest.mark.parametrize("shape", [(5, 3, 4, 4), (6, 10)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_counts_units_of_equal_sign(shape: tuple[int, ...], layout: torch.memory_format) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values[0, 0] = 0.0  # a zero is off
    if len(shape) == 4:
        values = values.contiguous(memory_format=layout)
    codes = (values > 0).flatten(1)
    expected = (codes[:, None] == codes[None]).sum(2)
    assert torch.equal(agreement(values), expected.float())
