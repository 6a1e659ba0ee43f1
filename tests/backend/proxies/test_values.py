"""Proxies on observations small enough to be worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from backend.proxies.az_nas import az_expressivity, az_progressivity, az_trainability
from backend.proxies.determinant import log_determinants
from backend.proxies.fisher import fisher
from backend.proxies.grad_norm import grad_norm
from backend.proxies.grasp import grasp
from backend.proxies.jacob_cov import jacob_cov
from backend.proxies.linear_regions import linear_regions
from backend.proxies.naswot import naswot
from backend.proxies.ntk_cond import ntk_cond
from backend.proxies.observations import ZenResponse
from backend.proxies.plain import plain
from backend.proxies.size import flops, params
from backend.proxies.snip import snip
from backend.proxies.t_cet import t_cet
from backend.proxies.tenas import tenas
from backend.proxies.zen import zen
from backend.proxies.zico import zico
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.size import network_size

W = (torch.tensor([[3.0, -4.0]]), torch.tensor([[1.0]]))
G = (torch.tensor([[1.0, 2.0]]), torch.tensor([[-2.0]]))


def test_gradient_proxies() -> None:
    assert grad_norm(G) == pytest.approx(math.sqrt(5) + 2)
    assert snip(W, G) == 3 + 8 + 2
    assert plain(W, G, (True, False)) == -2
    assert plain(W, G, (False, False)) == -7
    assert grasp(G, (True, False), bare_curvature=1.5) == 5 - 1.5
    saliencies = (torch.tensor([[2.0], [4.0]]), torch.tensor([[1.0], [1.0]]))
    assert fisher(W, saliencies) == 0.5 * 10 * 2 + 0.5 * 1 * 1


def test_zico_leaves_out_weights_and_layers_without_spread() -> None:
    first = (torch.tensor([1.0, 2.0, 5.0]), torch.tensor([7.0]))
    second = (torch.tensor([3.0, -1.0, 5.0]), torch.tensor([7.0]))
    assert zico((first, second)) == pytest.approx(math.log(4 / 2 + 3 / 3))


def test_determinants_know_singular_matrices() -> None:
    regular = torch.tensor([[4.0, 1.0], [1.0, 3.0]])
    twins = torch.tensor([[4.0, 4.0], [4.0, 4.0]])
    found = log_determinants(torch.stack([regular, twins]).double())
    assert found.tolist() == [pytest.approx(math.log(11)), -math.inf]
    codes = (torch.randn(40, 10, generator=torch.Generator().manual_seed(0)) > 0).double()
    assert log_determinants(codes @ codes.T + (1 - codes) @ (1 - codes).T) == -math.inf


def test_naswot_adds_before_it_takes_the_determinant() -> None:
    layers = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[3.0, 1.0], [1.0, 2.0]]]).double()
    assert naswot(layers) == pytest.approx(math.log(4 * 3 - 1))


def test_t_cet_of_singular_layers_and_equal_flows() -> None:
    agreements = torch.tensor([[[4.0, 1.0], [1.0, 3.0]], [[1.0, 1.0], [1.0, 1.0]], [[2.0, 0.0], [0.0, 2.0]]]).double()
    flows = (torch.tensor([1.0, 3.0]).double(), torch.tensor([1.0, 9.0]).double(), torch.tensor([2.0, 2.0]).double())
    expected = math.log(11) * 4 / math.sqrt(2) + 0 + math.log(4) * 4
    assert t_cet(agreements, flows) == pytest.approx(expected)


def test_kernel_proxies() -> None:
    kernel = torch.diag(torch.tensor([8.0, 2.0, 4.0])).double()
    patterns = torch.tensor([[True, False], [True, False], [False, False]])
    assert ntk_cond(kernel) == 4
    assert ntk_cond(torch.zeros(2, 2).double()) == math.inf
    assert linear_regions(patterns) == 2
    assert linear_regions(torch.zeros((3_000, 0), dtype=torch.bool)) == 1
    assert tenas(kernel, patterns) == pytest.approx(math.log(2) - math.log(4))


def test_jacob_cov_of_uncorrelated_images() -> None:
    rows = torch.tensor([[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]]).double()
    assert jacob_cov(rows) == pytest.approx(-2 * (math.log(1 + 1e-5) + 1 / (1 + 1e-5)))
    assert jacob_cov(torch.stack([rows[0], rows[0]])) < -9e4


def test_zen_averages_logarithms() -> None:
    responses = [ZenResponse(torch.tensor(math.e**k), torch.tensor([4.0, 9.0])) for k in (1, 3)]
    assert zen(responses) == pytest.approx(2 + math.log(2) + math.log(3))


def test_az_nas_of_even_and_uneven_spectra() -> None:
    spectra = (torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0]), torch.tensor([2.0, 2.0, 2.0, 2.0]))
    assert az_expressivity(spectra) == pytest.approx(math.log(2) + math.log(4))
    assert az_progressivity(spectra) == pytest.approx(math.log(2))
    pullbacks = (torch.diag(torch.tensor([1.0, 0.5])), torch.diag(torch.tensor([2.0, 0.1])))
    assert az_trainability(pullbacks) == pytest.approx((0 + (2 - 2 - 0.5)) / 2)


@pytest.mark.parametrize(
    ("index", "classes", "side", "parameters", "millions"),
    [
        (0, 10, 32, 129306, 15.64737),
        (1, 100, 32, 808276, 113.95722),
        (2, 120, 16, 566536, 19.64812),
        (3, 10, 32, 73306, 7.78305),
        (5, 120, 16, 379496, 12.76684),
    ],
)
def test_size_as_the_benchmark_reports_it(
    index: int, classes: int, side: int, parameters: int, millions: float
) -> None:
    size = network_size(Cell.from_index(index), 16, 5, classes, side, side)
    assert params(size) == parameters
    assert flops(size) == pytest.approx(millions, abs=6e-6)
