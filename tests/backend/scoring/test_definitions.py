"""Every proxy against an independent float64 computation from its definition."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from backend import proxies
from backend.datasets.batch import load_batch
from backend.scoring import score_network
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import CellNetwork, build_network
from tests.backend.scoring.reference import REFERENCES, exact, relu_inputs_of

TOLERANCES = {
    "grad_norm": 1e-4,
    "snip": 1e-4,
    "fisher": 1e-4,
    "jacob_cov": 1e-4,
    "naswot": 1e-6,
    "naswot_relu": 1e-6,
    "synflow": 1e-6,
    "log_synflow": 1e-6,
    "l2_norm": 1e-6,
    "t_cet": 1e-6,
    "grasp": 5e-3,
    "zico": 5e-3,
    "plain": 5e-3,
    "zen": 1e-5,
    "ntk_cond": 1e-3,
    "linear_regions": 1e-3,
    "tenas": 1e-3,
    "az_expressivity": 1e-5,
    "az_progressivity": 5e-4,
    "az_trainability": 1e-3,
    "params": 1e-12,
    "flops": 1e-12,
}
"""Largest relative errors of float32."""

CELLS = {
    "skip only": "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "pooling only": "|avg_pool_3x3~0|+|none~0|avg_pool_3x3~1|+|none~0|none~1|skip_connect~2|",
    "one 1x1": "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|",
    "chain of 3x3": "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|nor_conv_3x3~2|",
    "all 3x3": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "all 1x1": "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_1x1~1|nor_conv_1x1~2|",
    "best in class": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|",
    "every operation": "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|",
    "dead end": "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|nor_conv_3x3~0|avg_pool_3x3~1|none~2|",
    "dead start": "|none~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|",
    "equal nodes": "|skip_connect~0|+|skip_connect~0|none~1|+|nor_conv_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|",
    "node twice": "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|skip_connect~1|skip_connect~2|",
    "pooled twice": "|avg_pool_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|",
}

_errors: dict[str, float] = {}


@pytest.mark.parametrize("classes", [10, 120])
@pytest.mark.parametrize("name", CELLS)
def test_scores_are_what_the_definitions_say(name: str, classes: int) -> None:
    images, labels = batch_of(classes, 8)
    network = network_far_from_kinks(Cell.parse(CELLS[name]), classes, images)
    scores = score_network(network, images, labels, list(REFERENCES))
    for proxy, reference in REFERENCES.items():
        error = relative_error(scores[proxy], reference(network, images, labels))
        _errors[proxy] = max(_errors.get(proxy, 0.0), error)
        assert error <= TOLERANCES[proxy], (proxy, scores[proxy])


def test_every_proxy_has_a_reference() -> None:
    assert set(REFERENCES) <= set(proxies.available())
    shipped = {n for n in proxies.available() if proxies.get(n).value.__module__.startswith("backend.proxies.")}
    assert shipped == set(REFERENCES)


def test_largest_errors_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Last of the module's order; without the tests above there is nothing to print."""
    with capsys.disabled():
        for proxy, error in _errors.items():
            print(f"\n  {proxy:15s} largest relative error {error:.1e}, allowed {TOLERANCES[proxy]:.0e}", end="")


def test_full_size() -> None:
    """C = 16, N = 5: so many units that some flip their sign by rounding; hence the wider bounds."""
    images, labels = batch_of(120, 4)
    cell = Cell.parse(CELLS["every operation"])
    network = build_network(cell, 120, generator=torch.Generator().manual_seed(0))
    cheap = [
        "grad_norm",
        "snip",
        "fisher",
        "jacob_cov",
        "naswot_relu",
        "naswot",
        "synflow",
        "l2_norm",
        "t_cet",
        "grasp",
    ]
    scores = score_network(network, images, labels, [*cheap, "params", "flops"])
    for proxy in [*cheap, "params", "flops"]:
        error = relative_error(scores[proxy], REFERENCES[proxy](network, images, labels))
        assert error <= max(10 * TOLERANCES[proxy], 1e-12), (proxy, scores[proxy])


def batch_of(classes: int, count: int) -> tuple[Tensor, Tensor]:
    """16×16 pixels: the middle of CIFAR-10 images, or images of the 120-class set."""
    batch = load_batch("cifar10" if classes == 10 else "ImageNet16-120", count)
    return batch.images[:, :, -16:, -16:].contiguous(), batch.labels


def network_far_from_kinks(cell: Cell, classes: int, images: Tensor) -> CellNetwork:
    """A small network without a ReLU input so near to zero that float32 can't tell its sign.

    One unit that flips changes the gradient of so small a network by 1e-3, which says nothing about the engine.
    """
    for seed in range(100):
        network = build_network(cell, classes, 4, 1, generator=torch.Generator().manual_seed(seed))
        double = exact(network)
        with relu_inputs_of(double) as inputs, torch.no_grad():
            double(images.double())
        if min((value.abs() / value.std()).min().item() for value in inputs) > 3e-6:
            return network
    raise AssertionError("no such network")


def relative_error(value: float, reference: float) -> float:
    return abs(value - reference) / abs(reference) if value != reference else 0.0
