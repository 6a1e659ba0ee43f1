"""Ordinary networks, each written twice: with functions, as people write them, and with nothing but modules.

The second one computes the same with the same weights; the plain definitions (`plain.py`) hook its modules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class FunctionalResidual(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut = nn.Conv2d(before, after, 1, stride, bias=False) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        return torch.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ModularResidual(FunctionalResidual):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__(before, after, stride)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(y)) + self.shortcut(x))


class FunctionalResNet(nn.Module):
    block: type[FunctionalResidual] = FunctionalResidual

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 6, 3, 1, 1, bias=False), nn.BatchNorm2d(6)
        self.blocks = nn.Sequential(self.block(6, 6, 1), self.block(6, 8, 2))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.norm(self.stem(x)).clamp(min=0))
        return functional.linear(x.mean((2, 3)), self.head.weight, self.head.bias)


class ModularResNet(FunctionalResNet):
    block = ModularResidual

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.relu(self.norm(self.stem(x)))).mean((2, 3)))


class FunctionalAttentionBlock(nn.Module):
    """A vision transformer of one block; the heads are split by hand, and the projections are one matrix."""

    def __init__(self, attention: Callable[..., Tensor] = functional.scaled_dot_product_attention) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.position = nn.Parameter(torch.randn(1, 16, 8) * 0.1)
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.qkv, self.project = nn.Linear(8, 24), nn.Linear(8, 8)
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)
        self.head = nn.Linear(8, 5)
        self.attention = attention
        self.gate = nn.ReLU()

    def heads(self, x: Tensor) -> tuple[Tensor, ...]:
        weights, biases = self.qkv.weight, self.qkv.bias
        return functional.linear(x, weights, biases).chunk(3, -1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2) + self.position
        q, k, v = (part.unflatten(2, (2, 4)).transpose(1, 2) for part in self.heads(self.norm1(x)))
        attended = self.attention(q, k, v, dropout_p=0.3).transpose(1, 2).flatten(2)
        x = x + functional.linear(attended, self.project.weight, self.project.bias)
        return self.head((x + self.down(self.gate(self.up(self.norm2(x))))).mean(1))


class LibraryAttentionBlock(FunctionalAttentionBlock):
    """The same with PyTorch's own attention, which keeps its projections in functions."""

    def __init__(self) -> None:
        super().__init__()
        del self.qkv, self.project
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.3, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2) + self.position
        normed = self.norm1(x)
        x = x + self.attention(normed, normed, normed, need_weights=False)[0]
        return self.head((x + self.down(self.gate(self.up(self.norm2(x))))).mean(1))


def attention_by_hand(q: Tensor, k: Tensor, v: Tensor, dropout_p: float) -> Tensor:
    return ((q @ k.mT) / q.shape[-1] ** 0.5).softmax(-1) @ v


class ModularAttentionBlock(FunctionalAttentionBlock):
    def __init__(self) -> None:
        super().__init__(attention_by_hand)

    def heads(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.qkv(x).chunk(3, -1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2) + self.position
        q, k, v = (part.unflatten(2, (2, 4)).transpose(1, 2) for part in self.heads(self.norm1(x)))
        x = x + self.project(self.attention(q, k, v, 0.0).transpose(1, 2).flatten(2))
        return self.head((x + self.down(self.gate(self.up(self.norm2(x))))).mean(1))


def mobile(relu: Callable[[], nn.Module]) -> nn.Module:
    def depthwise(before: int, after: int, stride: int) -> list[nn.Module]:
        return [
            *(nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False), nn.BatchNorm2d(before), relu()),
            *(nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after)),
        ]

    first = [nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6), relu()]
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(8, 5)]
    return nn.Sequential(*first, *depthwise(6, 8, 1), *depthwise(8, 8, 2), relu(), *pooled)


def vgg(inplace: bool) -> nn.Module:
    def block(before: int, after: int) -> list[nn.Module]:
        return [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace), nn.MaxPool2d(2)]

    head = [nn.Flatten(), nn.Linear(128, 12), nn.ReLU(inplace), nn.Dropout(0.5, inplace), nn.Linear(12, 5)]
    return nn.Sequential(*block(3, 6), *block(6, 8), *head)


def plain_cnn() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 3), nn.GroupNorm(2, 6), nn.ReLU(), nn.Conv2d(6, 8, 3, 2), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 5)),
    )


def mlp() -> nn.Module:
    hidden = [nn.Linear(768, 12), nn.LayerNorm(12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 8), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(8, 5))


def signals() -> nn.Module:
    return nn.Sequential(
        *(nn.Flatten(2), nn.Conv1d(3, 6, 5, 2), nn.BatchNorm1d(6), nn.ReLU(), nn.Conv1d(6, 6, 3), nn.ReLU()),
        *(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(6, 5)),
    )


class Clipped(nn.ReLU6):
    """A ReLU6 of a class of its own, so that the definitions' list of ReLUs is what finds it."""


class Pair(NamedTuple):
    """A network as people write it, and the same one with nothing but modules."""

    network: nn.Module
    modular: nn.Module


_RENAMED = {"attention.in_proj_": "qkv.", "attention.out_proj.": "project."}


def pair(make: Callable[[], nn.Module], make_modular: Callable[[], nn.Module]) -> Pair:
    torch.manual_seed(3)
    network, modular = make().double(), make_modular().double()
    values = network.state_dict()
    for old, new in _RENAMED.items():
        values = {name.replace(old, new): value for name, value in values.items()}
    modular.load_state_dict(values)
    return Pair(network, modular)


NETWORKS: dict[str, Callable[[], Pair]] = {
    "ResNet": lambda: pair(FunctionalResNet, ModularResNet),
    "MobileNet": lambda: pair(lambda: mobile(lambda: nn.ReLU6(inplace=True)), lambda: mobile(Clipped)),
    "VGG": lambda: pair(lambda: vgg(inplace=True), lambda: vgg(inplace=False)),
    "CNN": lambda: pair(plain_cnn, plain_cnn),
    "MLP": lambda: pair(mlp, mlp),
    "1-D CNN": lambda: pair(signals, signals),
    "ViT block": lambda: pair(FunctionalAttentionBlock, ModularAttentionBlock),
    "nn.MultiheadAttention": lambda: pair(LibraryAttentionBlock, ModularAttentionBlock),
}
