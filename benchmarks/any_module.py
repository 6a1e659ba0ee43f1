"""Measures the generic engine against one computation a proxy; ``python -m benchmarks.any_module --help``.

Both score the same networks, which belong to no search space, with the same batch and threads, in turn, in one run.
The engine's time is that of a whole `score_network`, with what it finds out about the network first.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from itertools import pairwise
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from backend.scoring import explain_network, score_network
from backend.scoring.engines.autograd import responses
from backend.scoring.runtime import keep_freed_memory, make_generator
from benchmarks.reference import REFERENCES

CLASSES = 10
NTK = "ntk_cond"


def conv_norm(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution and its batch norm."""
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(after)]


class Residual(nn.Module):
    """A branch beside a shortcut."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module, last: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut, self.last = branch, shortcut, last

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.last(self.branch(x) + self.shortcut(x))


def resnet() -> nn.Module:
    """ResNet-20 of CIFAR."""

    def block(before: int, after: int) -> nn.Module:
        stride = 1 if before == after else 2
        shortcut = nn.Identity() if stride == 1 else nn.Sequential(*conv_norm(before, after, 1, stride))
        branch = [*conv_norm(before, after, 3, stride), nn.ReLU(), *conv_norm(after, after, 3)]
        return Residual(nn.Sequential(*branch), shortcut, nn.ReLU())

    widths = (16, 16, 16, 16, 32, 32, 32, 64, 64, 64)
    blocks = [block(before, after) for before, after in pairwise(widths)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES)]
    return nn.Sequential(*conv_norm(3, 16, 3), nn.ReLU(), *blocks, *head)


def mobilenet() -> nn.Module:
    """Inverted residuals with six times as many channels inside, as in MobileNetV2."""

    def block(before: int, after: int, stride: int) -> nn.Module:
        inner = 6 * before
        branch = nn.Sequential(
            *(*conv_norm(before, inner, 1), nn.ReLU6()),
            *(*conv_norm(inner, inner, 3, stride, inner), nn.ReLU6()),
            *conv_norm(inner, after, 1),
        )
        return Residual(branch, nn.Identity(), nn.Identity()) if before == after and stride == 1 else branch

    shapes = ((16, 16, 1), (16, 24, 2), (24, 24, 1), (24, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1))
    head = [*conv_norm(64, 256, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, CLASSES)]
    return nn.Sequential(*conv_norm(3, 16, 3), nn.ReLU6(), *(block(*shape) for shape in shapes), *head)


def vgg() -> nn.Module:
    """Convolutions with batch norms between poolings, and a head of two layers."""
    body: list[nn.Module] = []
    before = 3
    for width in (32, 32, 0, 64, 64, 0, 128, 128, 0):
        body += [*conv_norm(before, width, 3), nn.ReLU()] if width else [nn.MaxPool2d(2)]
        before = width or before
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(2048, 128), nn.ReLU(), nn.Linear(128, CLASSES))


class Attention(nn.Module):
    """Self-attention of four heads."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.all, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        heads = (part.unflatten(2, (4, -1)).transpose(1, 2) for part in self.all(x).chunk(3, -1))
        found = functional.scaled_dot_product_attention(*heads)
        return self.out(found.transpose(1, 2).flatten(2))


class Tokens(nn.Module):
    """Patches as tokens, with fixed codes of their positions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.register_buffer("position", torch.linspace(0, 1, 64)[:, None].expand(64, width).clone())

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.patches(x).flatten(2).transpose(1, 2) + self.position


class MeanOfTokens(nn.Module):
    """The mean over positions."""

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return x.mean(1)


def vit() -> nn.Module:
    """A vision transformer of four blocks and 64 tokens, with GELUs."""
    width = 96
    blocks: list[nn.Module] = []
    for _ in range(4):
        feed = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        attention = nn.Sequential(nn.LayerNorm(width), Attention(width))
        blocks += [Residual(branch, nn.Identity(), nn.Identity()) for branch in (attention, feed)]
    return nn.Sequential(Tokens(width), *blocks, nn.LayerNorm(width), MeanOfTokens(), nn.Linear(width, CLASSES))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "ResNet": resnet,
    "MobileNet": mobilenet,
    "VGG": vgg,
    "ViT": vit,
}

Reference = Callable[[nn.Module, Tensor, Tensor], float]


def grasp(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    with sdpa_kernel(SDPBackend.MATH):  # the other kernels of attention cannot be differentiated twice
        return REFERENCES["grasp"](network, images, labels)


def fisher(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    with _outputs(network) as outputs:
        loss = functional.cross_entropy(network(images), labels)
    slopes = torch.autograd.grad(loss, [output for _, output in outputs])
    total = 0.0
    for (layer, output), slope in zip(outputs, slopes, strict=True):
        product = (output.detach() * slope).movedim(1 if output.dim() == 4 else -1, -1)
        sums = product.flatten(1, -2).sum(1) if product.dim() > 2 else product
        total += float(0.5 * sums.square().mean(0).sum()) * layer.weight.numel() / len(layer.weight)
    return total


def log_synflow(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    return math.log(sum(float(flow.sum()) for flow in _flows(network, images)))


def t_cet(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    with torch.no_grad(), _outputs(network) as outputs:
        network(images)
    logarithms = torch.linalg.slogdet(torch.stack([_kernel(output) for _, output in outputs]))[1].clamp(min=0)
    flows = _flows(network, images)
    return sum(float(k * flow.sum() / flow.std()) for k, flow in zip(logarithms, flows, strict=True))


@torch.no_grad()
def naswot_relu(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    kernels: list[Tensor] = []
    relus = [module for module in network.modules() if isinstance(module, nn.ReLU | nn.ReLU6)]
    handles = [relu.register_forward_pre_hook(lambda _, given: kernels.append(_kernel(given[0]))) for relu in relus]
    network(images)
    for handle in handles:
        handle.remove()
    return float(torch.linalg.slogdet(torch.stack(kernels).sum(0))[1])


@torch.no_grad()
def zen(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    scores = []
    for repeat in range(responses.REPEATS):
        gaussian, generator = deepcopy(network), make_generator(0, f"zen {repeat}")
        for layer in _layers(gaussian):
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator))
            if layer.bias is not None:
                layer.bias.zero_()
        shape = (responses.IMAGES, *images.shape[1:])
        inputs, noise = (torch.randn(shape, generator=generator).to(images) for _ in range(2))
        before, variances = _features(gaussian, inputs)
        after, _ = _features(gaussian, inputs + responses.MIXTURE * noise)
        change = (before - after).abs().flatten(1).sum(1).mean().log()
        scores.append(float(change + 0.5 * torch.stack(variances).log().sum()))
    return sum(scores) / len(scores)


_SHARED = ("grad_norm", "snip", "plain", "l2_norm", "jacob_cov", "naswot", "zico", NTK)
"""References of cells that take any network."""

_OWN = (grasp, fisher, log_synflow, naswot_relu, zen, t_cet)
_REFERENCES: dict[str, Reference] = {
    **{name: REFERENCES[name] for name in _SHARED},  # type: ignore[dict-item]
    **{function.__name__: function for function in _OWN},
}


def _layers(network: nn.Module) -> list[Any]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def _kernel(values: Tensor) -> Tensor:
    codes = (values.detach() > 0).flatten(1).float()
    return (codes @ codes.T + (1 - codes) @ (1 - codes).T).double()


@contextmanager
def _outputs(network: nn.Module) -> Iterator[list[tuple[Any, Tensor]]]:
    """Each layer with its output, while the network runs."""
    found: list[tuple[Any, Tensor]] = []
    layers = _layers(network)
    handles = [layer.register_forward_hook(lambda of, _, output: found.append((of, output))) for layer in layers]
    yield found
    for handle in handles:
        handle.remove()


def _features(network: nn.Module, images: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The last feature maps of more than one position, and the mean variance at each batch norm."""
    variances: list[Tensor] = []
    maps: list[Tensor] = []

    def note_variance(_norm: nn.Module, given: tuple[Tensor, ...]) -> None:
        variances.append(given[0].var((0, 2, 3), correction=0).mean())

    def note_map(_module: nn.Module, _given: object, output: Tensor) -> None:
        if output.dim() == 4 and output.shape[-1] > 1:
            maps[:] = [output]

    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    leaves = [module for module in network.modules() if not list(module.children())]
    handles = [norm.register_forward_pre_hook(note_variance) for norm in norms]
    handles += [leaf.register_forward_hook(note_map) for leaf in leaves]
    network(images)
    for handle in handles:
        handle.remove()
    return maps[-1], variances


def _flows(network: nn.Module, images: Tensor) -> list[Tensor]:
    """|w ⊙ ∂R/∂w| in float64, on a network of its own without norms."""
    linear = deepcopy(network).double()
    for module in list(linear.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d | nn.LayerNorm):
                setattr(module, name, nn.Identity())
    with torch.no_grad():
        for parameter in linear.parameters():
            parameter.abs_()
    weights = [layer.weight for layer in _layers(linear)]
    total = linear(torch.ones((1, *images.shape[1:]), dtype=torch.float64, device=images.device)).sum()
    return [(w * g).detach().abs() for w, g in zip(weights, torch.autograd.grad(total, weights), strict=True)]


def measure(make: Callable[[], nn.Module], batch_size: int, rounds: int) -> dict[str, Any]:
    """Seconds of the reference by proxy and of the engine, in turn, round by round; and both's scores."""
    torch.manual_seed(0)
    network = make()
    images = torch.randn(batch_size, 3, 32, 32)
    labels = torch.randint(CLASSES, (batch_size,))
    computed = [name for name, reason in explain_network(network, images, labels).items() if not reason]
    # The flow of a transformer without its norms does not fit any number.
    scored = score_network(network, images, labels, computed)
    chosen = [name for name in _REFERENCES if math.isfinite(scored.get(name, math.nan))]
    without = [name for name in chosen if name != NTK]
    seconds: list[dict[str, float]] = []
    scores: dict[str, dict[str, float]] = {"reference": {}, "engine": {}}
    for _ in range(rounds + 1):  # the first warms up
        found: dict[str, float] = {}
        for name in chosen:
            started = time.perf_counter()
            scores["reference"][name] = _REFERENCES[name](network, images, labels)
            found[name] = time.perf_counter() - started
        for key, proxies in (("engine", without), ("engine_ntk", [NTK])):
            started = time.perf_counter()
            scores["engine"] |= score_network(network, images, labels, proxies)
            found[key] = time.perf_counter() - started
        seconds.append(found)
    return {"seconds": seconds[1:], "scores": scores, "proxies": chosen}


def main(
    batch_size: Annotated[int, typer.Option(min=4, help="images of the mini-batch")] = 32,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads")] = torch.get_num_threads(),
    rounds: Annotated[int, typer.Option(min=1, help="measurements of each network")] = 3,
    only: Annotated[list[str] | None, typer.Option("--network", help=f"of {', '.join(NETWORKS)}; all if none")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print everything measured as JSON")] = False,
) -> None:
    """Measure the generic engine against one computation a proxy."""
    torch.set_num_threads(threads)
    keep_freed_memory()  # for both sides
    measured = {name: measure(NETWORKS[name], batch_size, rounds) for name in only or NETWORKS}
    if as_json:
        print(json.dumps(measured, indent=1))
        return
    console = Console(width=110)
    table = Table("network", "reference s", "engine s", "ratio", "range", "ntk_cond ratio", "largest difference")
    for name, found in measured.items():
        table.add_row(name, *_row(found))
    console.print(f"torch {torch.__version__}, {threads} threads, batch {batch_size}, medians of {rounds}")
    console.print(table)


def _row(found: dict[str, Any]) -> list[str]:
    rounds = found["seconds"]
    without = [name for name in found["proxies"] if name != NTK]
    sums = [sum(seconds[name] for name in without) for seconds in rounds]
    ratios = [total / seconds["engine"] for total, seconds in zip(sums, rounds, strict=True)]
    ntk = statistics.median(seconds[NTK] / seconds["engine_ntk"] for seconds in rounds)
    scores = found["scores"]
    differences = {
        name: abs(scores["engine"][name] - value) / (abs(value) or 1) for name, value in scores["reference"].items()
    }
    worst = max(differences, key=differences.__getitem__)
    return [
        f"{statistics.median(sums):.2f}",
        f"{statistics.median(seconds['engine'] for seconds in rounds):.2f}",
        f"{statistics.median(ratios):.2f}",
        f"{min(ratios):.2f}–{max(ratios):.2f}",
        f"{ntk:.2f}",
        f"{worst} {differences[worst]:.1e}",
    ]


if __name__ == "__main__":
    typer.run(main)
