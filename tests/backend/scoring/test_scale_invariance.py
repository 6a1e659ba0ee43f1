"""Two identities of layers before a batch norm, on which `plain` and `grasp` rest; they need no reference."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.datasets.batch import load_batch
from backend.scoring.engines.nas_bench_201.gradients import training_step
from backend.scoring.engines.nas_bench_201.subject import CellSubject
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import CellNetwork, build_network
from backend.spaces.nas_bench_201.space import CellArchitecture
from tests.backend.scoring.reference import exact, layers, norms

CELL = Cell.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|")


@pytest.fixture
def subject() -> CellSubject:
    batch = load_batch("cifar10", 16)
    # With seed 0 an input of a ReLU is so near to zero that float32 can't tell its sign.
    network = build_network(CELL, 10, 8, 1, generator=torch.Generator().manual_seed(1))
    architecture = CellArchitecture(CELL, 8, 1)
    return CellSubject("it", lambda: network, batch.images, batch.labels, 0, architecture=architecture, num_classes=10)


def second_derivatives(network: CellNetwork, images: Tensor, labels: Tensor) -> list[tuple[nn.Module, Tensor, Tensor]]:
    """(layer, g_l, (Hg)_l) in float64, with the batch norms' ε as good as gone: it breaks the identities a little."""
    network = exact(network)
    for norm in norms(network):
        norm.eps = 1e-12
    found = layers(network)
    weights = [layer.weight for layer in found]
    slopes = torch.autograd.grad(functional.cross_entropy(network(images.double()), labels), weights, create_graph=True)
    products = torch.autograd.grad(sum((g * g.detach()).sum() for g in slopes), weights)
    return list(zip(found, [g.detach() for g in slopes], products, strict=True))


def followed_by_a_norm(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d) and not (
        layer.kernel_size == (1, 1) and layer.in_channels != layer.out_channels
    )


def test_gradient_is_orthogonal_to_the_weights(subject: CellSubject) -> None:
    gradients = training_step(subject, frozenset({"gradients"}))["gradients"]
    checked = 0
    for layer, weight, gradient in zip(subject.live.layers, subject.live.weights, gradients, strict=True):
        if layer.norm is not None:
            assert abs((weight * gradient).sum()) < 1e-4 * weight.norm() * gradient.norm()
            checked += 1
    assert checked == len(norms(subject.network)) - 1


def test_curvature_along_the_weights_is_the_gradients_square(subject: CellSubject) -> None:
    checked = 0
    for layer, g, hg in second_derivatives(subject.network, subject.images, subject.labels):
        if followed_by_a_norm(layer):
            assert -(layer.weight * hg).sum().item() == pytest.approx((g * g).sum().item(), rel=1e-6)
            checked += 1
    assert checked == len(norms(subject.network)) - 1


def test_curvature_of_the_other_layers(subject: CellSubject) -> None:
    for norm in norms(subject.network):
        norm.eps = 1e-12
    expected = sum(
        (layer.weight * hg).sum().item()
        for layer, _, hg in second_derivatives(subject.network, subject.images, subject.labels)
        if not followed_by_a_norm(layer)
    )
    observed = training_step(subject, frozenset({"bare_curvature"}))
    assert observed["bare_curvature"] == pytest.approx(expected, rel=1e-5)
