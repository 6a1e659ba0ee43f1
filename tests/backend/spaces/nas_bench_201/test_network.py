"""The network of a cell: layers, shapes, initialisation, and soundness of the classes of cells."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell
from backend.spaces.nas_bench_201.network import CellNetwork, ReductionBlock, build_network

DENSE = Cell.parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_3x3~1|nor_conv_3x3~2|")
cells = st.tuples(*[st.sampled_from(OPERATIONS)] * len(EDGES)).map(Cell)


def layers(network: nn.Module) -> list[nn.Module]:
    return [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d | nn.Linear)]


def test_layers_are_registered_from_input_to_output() -> None:
    cell = Cell.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")
    names = [
        f"{m.kernel_size[0]}:{m.in_channels}-{m.out_channels}" if isinstance(m, nn.Conv2d) else type(m).__name__[:2]
        for m in layers(build_network(cell, 10, channels=4, cells_per_stage=1))
    ]
    assert " ".join(names) == (
        "3:3-4 Ba 3:4-4 Ba 1:4-4 Ba "
        "3:4-8 Ba 3:8-8 Ba 1:4-8 3:8-8 Ba 1:8-8 Ba "
        "3:8-16 Ba 3:16-16 Ba 1:8-16 3:16-16 Ba 1:16-16 Ba Ba Li"
    )


@pytest.mark.parametrize(("channels", "cells_per_stage", "classes", "size"), [(16, 5, 10, 32), (8, 2, 120, 16)])
def test_shapes(channels: int, cells_per_stage: int, classes: int, size: int) -> None:
    network = build_network(DENSE, classes, channels, cells_per_stage)
    assert network(torch.randn(2, 3, size, size)).shape == (2, classes)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 1 + 3 * cells_per_stage * 6 + 2 * 3


def test_parameter_counts_of_the_benchmark() -> None:
    """The counts that NAS-Bench-201 reports for architectures 0, 1 and 5 on its three datasets."""
    reported = {0: (129306, 135156, 136456), 1: (802426, 808276, 809576), 5: (372346, 378196, 379496)}
    for index, counts in reported.items():
        for classes, count in zip((10, 100, 120), counts, strict=True):
            network = build_network(Cell.from_index(index), classes)
            assert sum(p.numel() for p in network.parameters()) == count


def test_initialisation_is_that_of_pytorch() -> None:
    torch.manual_seed(5)
    network = build_network(DENSE, 10, channels=4, cells_per_stage=1)
    torch.manual_seed(5)
    for layer in layers(network):
        kind = next(kind for kind in (nn.Conv2d, nn.BatchNorm2d, nn.Linear) if isinstance(layer, kind))
        fresh = kind(**_arguments(layer))
        for name, parameter in layer.named_parameters():
            assert torch.equal(parameter, fresh.get_parameter(name))


def _arguments(layer: nn.Module) -> dict[str, object]:
    match layer:
        case nn.Conv2d():
            return {n: getattr(layer, n) for n in ("in_channels", "out_channels", "kernel_size")} | {"bias": False}
        case nn.BatchNorm2d():
            return {"num_features": layer.num_features}
        case nn.Linear():
            return {"in_features": layer.in_features, "out_features": layer.out_features}
        case _:
            raise AssertionError(layer)


def test_a_generator_alone_decides_the_weights() -> None:
    before = torch.random.get_rng_state()
    one, other = (build_network(DENSE, 10, 4, 1, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)


@pytest.mark.parametrize("sizes", [(0, 16, 5), (10, 0, 5), (10, 16, -1), (10, 16.0, 5), (True, 16, 5)])
def test_bad_sizes(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 1"):
        build_network(DENSE, *sizes)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(cells, st.integers(0, 2**31))
def test_cells_of_a_class_compute_the_same_function(cell: Cell, seed: int) -> None:
    """With matched weights, in float64; a convolution of nothing has none to match and adds its BN bias, zero here."""
    twin = cell.representative()
    one = build_network(cell, 3, channels=2, cells_per_stage=1).double()
    other = build_network(twin, 3, channels=2, cells_per_stage=1).double()
    _match_weights(one, other)
    images = torch.randn(3, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(one(images), other(images), rtol=1e-9, atol=1e-9)


def _match_weights(source: CellNetwork, target: CellNetwork) -> None:
    """Copies the weights of the live layers by their place in the class's expression."""
    pairs: list[tuple[nn.Module, nn.Module]] = [
        (source.stem, target.stem),
        (source.norm, target.norm),
        (source.classifier, target.classifier),
    ]
    edges = list(zip(source.cell.canonical().edges, target.cell.canonical().edges, strict=True))
    for one, other in zip(source.blocks, target.blocks, strict=True):
        if isinstance(one, ReductionBlock):
            pairs.append((one, other))
        else:
            pairs += [(one.convolutions[str(a)], other.convolutions[str(b)]) for a, b in edges]
    for one, other in pairs:
        other.load_state_dict(one.state_dict())


def test_a_swapped_weight_is_noticed() -> None:
    """The soundness test can fail: matching the weights in another order gives another function."""
    cell = Cell.parse("|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|skip_connect~2|")
    one = build_network(cell, 3, channels=2, cells_per_stage=1).double()
    images = torch.randn(3, 3, 8, 8, dtype=torch.float64)
    before = one(images)
    first, second = (one.blocks[0].convolutions[key].conv.weight.data for key in ("0", "2"))
    first.copy_(first + second)
    assert not torch.allclose(before, one(images), rtol=1e-3)
