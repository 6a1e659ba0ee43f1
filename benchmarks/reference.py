"""The proxies one by one, as the common tools compute them: the module as it is, autograd, one pass or more a proxy.

Nothing is shared between proxies and nothing is slowed down: no copies of the network, no garbage collection, plain
float32 in PyTorch's default layout. What the engine is measured against, not what it is tested against.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.scoring.engines.nas_bench_201 import gradients as tangent_kernel
from backend.scoring.engines.nas_bench_201 import responses as region_patterns
from backend.scoring.engines.nas_bench_201 import responses as zen_responses
from backend.spaces.nas_bench_201.network import CellNetwork, build_network

Reference = Callable[[CellNetwork, Tensor, Tensor], float]


def grad_norm(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    return _total(gradient.norm() for gradient in _gradients(network, images, labels))


def snip(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    gradients = _gradients(network, images, labels)
    return _total((w.detach() * g).abs() for w, g in zip(_weights(network), gradients, strict=True))


def plain(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    gradients = _gradients(network, images, labels)
    return _total(w.detach() * g for w, g in zip(_weights(network), gradients, strict=True))


def grasp(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    weights = _weights(network)
    gradients = torch.autograd.grad(_loss(network, images, labels), weights, create_graph=True, materialize_grads=True)
    product = torch.stack([(g * g.detach()).sum() for g in gradients]).sum()
    curvatures = torch.autograd.grad(product, weights, materialize_grads=True)
    return -_total(w.detach() * c for w, c in zip(weights, curvatures, strict=True))


def fisher(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    outputs: list[tuple[nn.Module, Tensor]] = []
    with _hooks(network, lambda layer, output: outputs.append((layer, output))):
        loss = _loss(network, images, labels)
    slopes = torch.autograd.grad(loss, [output for _, output in outputs], materialize_grads=True)
    total = 0.0
    for (layer, output), slope in zip(outputs, slopes, strict=True):
        product = (output.detach() * slope).flatten(2).sum(2) if output.dim() == 4 else output.detach() * slope
        weight = layer.get_parameter("weight")
        total += float(0.5 * product.square().mean(0).sum()) * weight.numel() / len(weight)
    return total


def l2_norm(network: CellNetwork, _images: Tensor, _labels: Tensor) -> float:
    return _total(weight.detach().norm() for weight in _weights(network))


def log_synflow(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    return math.log(sum(float(flow.sum()) for flow in _flows(network, images)))


def jacob_cov(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    inputs = images.detach().requires_grad_()
    (jacobian,) = torch.autograd.grad(network(inputs).sum(), inputs)
    eigenvalues = torch.linalg.eigvalsh(torch.corrcoef(jacobian.flatten(1).double())) + 1e-5
    return -float((eigenvalues.log() + 1 / eigenvalues).sum())


@torch.no_grad()
def naswot(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    kernels: list[Tensor] = []
    with _hooks(network, lambda _layer, output: kernels.append(_kernel(output))):
        network(images)
    return float(torch.linalg.slogdet(torch.stack(kernels).sum(0))[1])


@torch.no_grad()
def naswot_relu(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    kernels: list[Tensor] = []
    blocks = [module for module in network.modules() if type(module).__name__ == "ConvBlock"]
    handles = [b.register_forward_pre_hook(lambda _, inputs: kernels.append(_kernel(inputs[0]))) for b in blocks]
    handles.append(network.norm.register_forward_hook(lambda _m, _i, output: kernels.append(_kernel(output))))
    network(images)
    for handle in handles:
        handle.remove()
    return float(torch.linalg.slogdet(torch.stack(kernels).sum(0))[1])


def zico(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    middle = len(images) // 2
    halves = [_gradients(network, images[part], labels[part]) for part in (slice(middle), slice(middle, None))]
    total = 0.0
    for pair in zip(*halves, strict=True):
        both = torch.stack(pair)
        spread = both.std(0, correction=0)
        ratio = float((both.abs().mean(0)[spread > 0] / spread[spread > 0]).sum())
        total += math.log(ratio) if ratio > 0 else 0.0
    return total


@torch.no_grad()
def zen(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    scores = []
    for _ in range(zen_responses.REPEATS):
        gaussian = build_network(network.cell, network.num_classes, network.channels, network.cells_per_stage)
        for layer in _layers(gaussian):
            nn.init.normal_(layer.get_parameter("weight"))
        gaussian.to(images.device)
        inputs = torch.randn((zen_responses.IMAGES, *images.shape[1:]), device=images.device)
        before, variances = _features(gaussian, inputs)
        after, _ = _features(gaussian, inputs + zen_responses.MIXTURE * torch.randn_like(inputs))
        change = (before - after).abs().sum((1, 2, 3)).mean().log()
        scores.append(float(change + 0.5 * torch.stack(variances).log().sum()))
    return sum(scores) / len(scores)


def t_cet(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    kernels: list[Tensor] = []
    with torch.no_grad(), _hooks(network, lambda _layer, output: kernels.append(_kernel(output))):
        network(images)
    logarithms = torch.linalg.slogdet(torch.stack(kernels))[1].clamp(min=0)
    flows = _flows(network, images)
    return sum(float(k * flow.sum() / flow.std()) for k, flow in zip(logarithms, flows, strict=True))


@torch.no_grad()
def linear_regions(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    thin = build_network(network.cell, 1, 1, 1).to(images.device)
    codes: list[Tensor] = []
    blocks = [module for module in thin.modules() if type(module).__name__ == "ConvBlock"]
    for block in blocks:
        block.register_forward_pre_hook(lambda _, inputs: codes.append((inputs[0] > 0).flatten(1)))
    patterns = []
    for _ in range(region_patterns.BATCHES):
        shape = (region_patterns.INPUTS_PER_BATCH, 1, region_patterns.SIDE, region_patterns.SIDE)
        value = torch.randn(shape, device=images.device)
        for inner in thin.blocks:
            value = inner(value)
        codes.append((thin.norm(value) > 0).flatten(1))
        patterns.append(torch.cat(codes, 1))
        codes.clear()
    return float(len(torch.unique(torch.cat(patterns), dim=0)))


def ntk_cond(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    weights = _weights(network)
    outputs = network(images[: tangent_kernel.IMAGES]).sum(1)
    rows = [torch.autograd.grad(o, weights, retain_graph=True, materialize_grads=True) for o in outputs]
    jacobian = torch.stack([torch.cat([gradient.flatten() for gradient in row]) for row in rows]).double()
    eigenvalues = torch.linalg.eigvalsh(jacobian @ jacobian.T)
    return float(eigenvalues[-1] / eigenvalues[0])


REFERENCES: dict[str, Reference] = {
    function.__name__: function
    for function in (
        grad_norm,
        snip,
        plain,
        grasp,
        fisher,
        l2_norm,
        log_synflow,
        jacob_cov,
        naswot,
        naswot_relu,
        zico,
        zen,
        linear_regions,
        t_cet,
        ntk_cond,
    )
}


def _total(parts: Iterable[Tensor]) -> float:
    return float(torch.stack([part.sum() for part in parts]).sum())


def _layers(network: nn.Module) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def _weights(network: nn.Module) -> list[Tensor]:
    return [layer.get_parameter("weight") for layer in _layers(network)]


def _loss(network: CellNetwork, images: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(network(images), labels)


def _gradients(network: CellNetwork, images: Tensor, labels: Tensor) -> Sequence[Tensor]:
    return torch.autograd.grad(_loss(network, images, labels), _weights(network), materialize_grads=True)


def _kernel(values: Tensor) -> Tensor:
    codes = (values.detach() > 0).flatten(1).float()
    return (codes @ codes.T + (1 - codes) @ (1 - codes).T).double()


@contextmanager
def _hooks(network: nn.Module, note: Callable[[nn.Module, Tensor], object]) -> Iterator[None]:
    """Calls `note` with each layer and its output while the network runs."""

    def hook(layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        note(layer, output)

    handles = [layer.register_forward_hook(hook) for layer in _layers(network)]
    yield
    for handle in handles:
        handle.remove()


def _features(network: CellNetwork, images: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The features before the global pooling, and the mean variance at each batch norm."""
    variances: list[Tensor] = []

    def note(_norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        variances.append(inputs[0].var((0, 2, 3), correction=0).mean())

    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    handles = [norm.register_forward_pre_hook(note) for norm in norms]
    value = network.stem(images)
    for block in network.blocks:
        value = block(value)
    value = functional.relu(network.norm(value))
    for handle in handles:
        handle.remove()
    return value, variances


def _flows(network: CellNetwork, images: Tensor) -> list[Tensor]:
    """|w ⊙ ∂R/∂w| in float64, on a network of its own without batch norms."""
    linear = build_network(network.cell, network.num_classes, network.channels, network.cells_per_stage)
    linear.load_state_dict(network.state_dict())
    linear.double().to(images.device)
    for module in list(linear.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    with torch.no_grad():
        for parameter in linear.parameters():
            parameter.abs_()
    weights = _weights(linear)
    flow = linear(torch.ones((1, *images.shape[1:]), dtype=torch.float64, device=images.device)).sum()
    gradients = torch.autograd.grad(flow, weights, materialize_grads=True)
    return [(w * g).detach().abs() for w, g in zip(weights, gradients, strict=True)]
