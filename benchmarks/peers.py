"""The proxies one by one as the published tools compute them: a copy of the network for each, and layers in loops.

Written after the way of SamsungLabs' zero-cost-nas (grad_norm, snip, plain, grasp, fisher, synflow, jacob_cov, l2_norm)
and of MASE, which adds naswot, naswot_relu, zico, zen, t_cet and the tangent kernel. Each call copies the network,
replaces forward methods or registers hooks on the copy, collects one tensor a layer, and runs the garbage collector.
Reading the images, which these tools do again for every proxy, is left out.

They differ from the definitions of `backend.proxies` where that is their way: naswot in evaluation mode, zen once on as
many images as the batch has, zico with gradients that add up from half to half. What they compute as linear regions,
patterns of the whole network on the batch, is another quantity, and left out.
"""

from __future__ import annotations

import copy
import gc
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.scoring.engines.nas_bench_201.gradients import IMAGES as TANGENT_IMAGES
from backend.spaces.nas_bench_201.network import CellNetwork, ConvBlock

Peer = Callable[[CellNetwork, Tensor, Tensor], float]
"""Network, images and labels to a score."""

PEERS: dict[str, Peer] = {}
"""The proxies by name, in the order in which they are computed."""


def _peer(*, norms: bool = True, copies: bool = True) -> Callable[[Callable[..., Any]], Peer]:
    """Lists a proxy that is computed on a copy of the network, and sums what it gives for each layer.

    Args:
        norms: whether the copy keeps its batch norms.
        copies: whether there is a copy.
    """

    def wrap(function: Callable[..., Any]) -> Peer:
        def score(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
            subject = _copy(network, norms) if copies else network
            found = function(subject, images, labels)
            if copies:
                del subject
                gc.collect()
            if isinstance(found, list):
                return float(sum(torch.sum(torch.as_tensor(layer)).item() for layer in found))
            return float(found)

        PEERS[function.__name__] = score
        return score

    return wrap


@_peer()
def grad_norm(network: CellNetwork, images: Tensor, labels: Tensor) -> list[Tensor]:
    _backward(network, images, labels)
    return _by_layer(network, lambda layer: _gradient(layer.weight).norm())


@_peer()
def snip(network: CellNetwork, images: Tensor, labels: Tensor) -> list[Tensor]:
    def convolve(layer: nn.Conv2d, value: Tensor) -> Tensor:
        return functional.conv2d(value, layer.weight * layer.mask, layer.bias, layer.stride, layer.padding)

    def apply(layer: nn.Linear, value: Tensor) -> Tensor:
        return functional.linear(value, layer.weight * layer.mask, layer.bias)

    for layer in _layers(network):
        layer.mask = nn.Parameter(torch.ones_like(layer.weight))
        layer.weight.requires_grad = False
        layer.forward = types.MethodType(convolve if isinstance(layer, nn.Conv2d) else apply, layer)
    _backward(network, images, labels)
    return _by_layer(network, lambda layer: _gradient(layer.mask).abs())


@_peer()
def plain(network: CellNetwork, images: Tensor, labels: Tensor) -> list[Tensor]:
    _backward(network, images, labels)
    return _by_layer(network, lambda layer: _gradient(layer.weight) * layer.weight.detach())


@_peer()
def grasp(network: CellNetwork, images: Tensor, labels: Tensor) -> list[Tensor]:
    weights = [layer.weight for layer in _layers(network)]
    network.zero_grad()
    first = torch.autograd.grad(_loss(network, images, labels), weights, allow_unused=True)
    second = torch.autograd.grad(_loss(network, images, labels), weights, create_graph=True, allow_unused=True)
    products = [(a.detach() * b).sum() for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    sum(products, torch.zeros(())).backward()
    return _by_layer(network, lambda layer: -layer.weight.detach() * _gradient(layer.weight))


@_peer()
def fisher(network: CellNetwork, images: Tensor, labels: Tensor) -> list[Tensor]:
    def convolve(layer: nn.Conv2d, value: Tensor) -> Tensor:
        layer.kept = layer.dummy(functional.conv2d(value, layer.weight, layer.bias, layer.stride, layer.padding))
        return layer.kept

    def apply(layer: nn.Linear, value: Tensor) -> Tensor:
        layer.kept = layer.dummy(functional.linear(value, layer.weight, layer.bias))
        return layer.kept

    def note(layer: Any) -> Callable[..., None]:
        def hook(_module: nn.Module, _inputs: Any, outputs: tuple[Tensor, ...]) -> None:
            product = layer.kept.detach() * outputs[0].detach()
            per_image = product.sum((2, 3)) if product.dim() == 4 else product
            layer.information = per_image.pow(2).mean(0).mul(0.5)
            del layer.kept

        return hook

    network.train()
    for layer in _layers(network):
        layer.information, layer.dummy = None, nn.Identity()
        layer.forward = types.MethodType(convolve if isinstance(layer, nn.Conv2d) else apply, layer)
        layer.dummy.register_full_backward_hook(note(layer))
    _backward(network, images, labels)

    def spread(layer: Any) -> Tensor:
        """The value of each output channel, once for each of the channel's weights."""
        values = torch.zeros(len(layer.weight)) if layer.information is None else layer.information.abs()
        return torch.stack([torch.empty(layer.weight.shape[1:]).fill_(value) for value in values])

    return _by_layer(network, spread)


@_peer(copies=False)
def l2_norm(network: CellNetwork, _images: Tensor, _labels: Tensor) -> list[Tensor]:
    return _by_layer(network, lambda layer: layer.weight.detach().norm())


@_peer(norms=False)
def synflow(network: CellNetwork, images: Tensor, _labels: Tensor) -> list[Tensor]:
    return _flows(network, images)


@_peer()
def jacob_cov(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    network.zero_grad()
    inputs = images.clone().requires_grad_()
    logits = network(inputs)
    logits.backward(torch.ones_like(logits))
    assert inputs.grad is not None
    eigenvalues, _ = np.linalg.eig(np.corrcoef(inputs.grad.reshape(len(images), -1).cpu().numpy()))
    return -float(np.sum(np.log(eigenvalues + 1e-5) + 1 / (eigenvalues + 1e-5)).real)


@_peer()
def naswot(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    kernels: list[Tensor] = []
    for layer in _layers(network):
        layer.register_forward_hook(lambda _layer, _inputs, output: kernels.append(_agreement(output)))
    return _log_determinant(_evaluate(network, images, kernels))


@_peer()
def naswot_relu(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    kernels: list[Tensor] = []
    for module in network.modules():
        if isinstance(module, ConvBlock):
            module.register_forward_pre_hook(lambda _block, inputs: kernels.append(_agreement(inputs[0])))
    network.norm.register_forward_hook(lambda _norm, _inputs, output: kernels.append(_agreement(output)))
    return _log_determinant(_evaluate(network, images, kernels))


@_peer()
def zico(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    gradients: dict[str, list[np.ndarray]] = {}
    network.train().zero_grad()
    middle = len(images) // 2
    for half in (slice(middle), slice(middle, None)):
        _loss(network, images[half], labels[half]).backward()
        for name, module in network.named_modules():
            if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.grad is not None:
                gradients.setdefault(name, []).append(module.weight.grad.detach().cpu().flatten().numpy().copy())
    total = 0.0
    for halves in map(np.array, gradients.values()):
        deviation = np.std(halves, axis=0)
        used = np.nonzero(deviation)[0]
        ratio = np.sum(np.mean(np.abs(halves), axis=0)[used] / deviation[used])
        total += float(np.log(ratio)) if ratio else 0.0
    return total


@_peer()
def zen(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.normal_(module.weight)
        inputs = torch.randn_like(images)
        before, after = (_features(network, value) for value in (inputs, inputs + 0.01 * torch.randn_like(inputs)))
        score = (before - after).abs().sum((1, 2, 3)).mean().log()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                assert module.running_var is not None
                score = score + module.running_var.mean().sqrt().log()
    return float(score)


@_peer()
def t_cet(network: CellNetwork, images: Tensor, _labels: Tensor) -> list[Tensor]:
    first, logarithms = _copy(network, norms=True), []
    for layer in _layers(first):
        layer.register_forward_hook(lambda _l, _i, output: logarithms.append(_log_determinant(_agreement(output))))
    first.eval()
    with torch.no_grad():
        first(images)
    del first
    gc.collect()
    second = _copy(network, norms=False)
    flows = _flows(second, images)
    del second
    gc.collect()
    # The hooks fire in the order of the forward pass, the flows are in that of registration: their way, too.
    ratios = [flow.sum() / flow.std() if flow.numel() > 1 and flow.std() > 0 else flow.sum() for flow in flows]
    return [logarithm * ratio for logarithm, ratio in zip(logarithms, ratios, strict=True)]


@_peer()
def ntk_cond(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    network.train().zero_grad()
    inputs = images[:TANGENT_IMAGES].clone()
    logits, rows = network(inputs), []
    for image in range(len(inputs)):
        logits[image : image + 1].backward(torch.ones_like(logits[image : image + 1]), retain_graph=True)
        gradients = [
            weight.grad.reshape(-1).detach()
            for name, weight in network.named_parameters()
            if "weight" in name and weight.grad is not None
        ]
        rows.append(torch.cat(gradients))
        network.zero_grad()
    jacobian = torch.stack(rows)
    eigenvalues = torch.linalg.eigvalsh(torch.einsum("nc,mc->nm", jacobian, jacobian))
    return float(eigenvalues[-1] / eigenvalues[0])


def _copy(network: CellNetwork, norms: bool) -> CellNetwork:
    copied = copy.deepcopy(network)
    if not norms:
        for module in copied.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.forward = types.MethodType(lambda _norm, value: value, module)  # type: ignore[method-assign]
    return copied


def _layers(network: nn.Module) -> list[Any]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def _by_layer(network: nn.Module, metric: Callable[[Any], Tensor]) -> list[Tensor]:
    return [metric(layer) for layer in _layers(network)]


def _loss(network: CellNetwork, images: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(network(images), labels)


def _backward(network: CellNetwork, images: Tensor, labels: Tensor) -> None:
    network.zero_grad()
    _loss(network, images, labels).backward()  # type: ignore[no-untyped-call]


def _gradient(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _flows(network: CellNetwork, images: Tensor) -> list[Tensor]:
    """|w ⊙ ∂R/∂w| of each layer in float64, with the signs of all parameters taken and given back."""
    signs = {}
    with torch.no_grad():
        for name, parameter in network.state_dict().items():
            signs[name] = parameter.sign()
            parameter.abs_()
    network.zero_grad()
    network.double()
    network(torch.ones((1, *images.shape[1:]), dtype=torch.float64, device=images.device)).sum().backward()
    flows = _by_layer(network, lambda layer: (layer.weight.detach() * _gradient(layer.weight)).abs())
    with torch.no_grad():
        for name, parameter in network.state_dict().items():
            parameter.mul_(signs[name])
    return flows


def _agreement(values: Tensor) -> Tensor:
    codes = (values.detach().flatten(1) > 0).float()
    return codes @ codes.T + (1 - codes) @ (1 - codes.T)


def _evaluate(network: CellNetwork, images: Tensor, kernels: list[Tensor]) -> Tensor:
    network.eval()
    with torch.no_grad():
        network(images)
    return sum(kernels[1:], kernels[0])


def _log_determinant(kernel: Tensor) -> float:
    sign, logarithm = np.linalg.slogdet(kernel.cpu().numpy())
    return 0.0 if sign == 0 else float(logarithm)


def _features(network: CellNetwork, images: Tensor) -> Tensor:
    value = network.stem(images)
    for block in network.blocks:
        value = block(value)
    return functional.relu(network.norm(value))
