"""The curvature of layers of all kinds, beside plain double backpropagation; nothing else is changed by it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.scoring import explain_network, score_network

LABELS = torch.tensor([0, 1, 2, 3, 0])


class Cases(nn.Module):
    """Convolutions of all kinds; ReLUs that change their outputs in place; a weight that is computed from another."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1, stride=2)
        self.grouped = nn.Conv2d(8, 12, 3, padding=(2, 1), dilation=(2, 1), groups=4)
        self.depthwise = nn.Conv2d(12, 12, 3, padding=1, groups=12, bias=False)
        self.norm, self.bare = nn.BatchNorm2d(12), nn.BatchNorm2d(12, affine=False, track_running_stats=False)
        self.same = nn.Conv2d(12, 6, 3, padding="same")
        self.up = nn.ConvTranspose2d(6, 6, 2, 2)
        self.made = nn.Conv2d(6, 6, 1)
        self.frozen = nn.Conv2d(6, 6, 3, padding=1).requires_grad_(False)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.first(x), inplace=True)
        x = self.norm(self.depthwise(functional.silu(self.grouped(x))))
        x = self.bare(x.relu_() + 0.1).view(len(x), 12, *x.shape[2:])
        x = functional.softplus(self.up(self.same(x)))
        weight = self.made.weight - self.made.weight.mean((1, 2, 3), keepdim=True)
        x = self.frozen(functional.conv2d(x, weight, self.made.bias)).tanh()
        return functional.linear(x.mean((2, 3)), self.head.weight)


class Attends(nn.Module):
    """Tokens; one layer for keys and values; a mask that is learned, and a causal attention; norms of several kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.query, self.key = nn.Linear(16, 8), nn.Linear(8, 8, bias=False), nn.Linear(8, 8)
        self.bias = nn.Parameter(torch.randn(12, 12))
        self.norms = nn.ModuleList([nn.LayerNorm(8), nn.LayerNorm(8, elementwise_affine=False), nn.LayerNorm((12, 8))])
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norms[0](self.words(x.flatten(1).unflatten(1, (12, 16))))
        key = self.key(x)[:, None]
        x = x + functional.scaled_dot_product_attention(self.query(x)[:, None], key, key, self.bias)[:, 0]
        x = self.norms[1](x)
        query = functional.linear(functional.gelu(x), self.key.weight)[:, None]
        x = x + functional.scaled_dot_product_attention(query, query, x[:, None], is_causal=True)[:, 0]
        return self.head(self.norms[2](x).mean(1))


def curvature(network: nn.Module, images: Tensor) -> float:
    """−Σ w ⊙ (Hg), as PyTorch computes it."""
    weights = [weight for weight in network.parameters() if weight.dim() > 1 and weight.requires_grad]
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        loss = functional.cross_entropy(network.train()(images), LABELS)
        slopes = torch.autograd.grad(loss, weights, create_graph=True)
        products = torch.autograd.grad(sum((g * g.detach()).sum() for g in slopes), weights)
    return -sum(float((w.detach() * h).sum()) for w, h in zip(weights, products, strict=True))


@pytest.mark.parametrize("make", [Cases, Attends])
def test_the_curvature_is_that_of_plain_double_backpropagation(make: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network, images = make().double(), torch.randn(5, 3, 8, 8, dtype=torch.float64)
    scores = score_network(network, images, LABELS, ["grasp", "jacob_cov", "fisher"])
    assert scores["grasp"] == pytest.approx(curvature(network, images), rel=1e-8)


@pytest.mark.parametrize("make", [Cases, Attends])
def test_no_score_changes_with_what_is_computed_beside_it(make: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network, images = make(), torch.randn(5, 3, 8, 8)
    computed = [name for name, reason in explain_network(network, images, LABELS).items() if not reason]
    together = score_network(network, images, LABELS, computed)
    alone = {name: score_network(network, images, LABELS, [name])[name] for name in computed}
    assert together == pytest.approx(alone, rel=0, abs=0, nan_ok=True)
