"""Every proxy from its definition, for a network of modules: hooks and plain autograd, one computation a proxy.

Nothing is shared with the engine but the streams of random numbers.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.scoring.runtime import make_generator

_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Linear)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm)


def ready(network: nn.Module) -> nn.Module:
    """A copy in train mode without dropout."""
    network = copy.deepcopy(network).train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    return network


def weights(network: nn.Module) -> list[nn.Parameter]:
    return [weight for weight in network.parameters() if weight.dim() > 1]


def gradients(network: nn.Module, images: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    network = ready(network)
    functional.cross_entropy(network(images), labels).backward()
    return [(weight.detach(), weight.grad) for weight in weights(network)]


def grad_norm(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    return sum(g.norm().item() for _, g in gradients(network, images, labels))


def snip(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    return sum((w * g).abs().sum().item() for w, g in gradients(network, images, labels))


def plain(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    return sum((w * g).sum().item() for w, g in gradients(network, images, labels))


def l2_norm(network: nn.Module, *_: Tensor) -> float:
    return sum(weight.norm().item() for weight in weights(network))


def grasp(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    network = ready(network)
    of = weights(network)
    slopes = torch.autograd.grad(functional.cross_entropy(network(images), labels), of, create_graph=True)
    products = torch.autograd.grad(sum((g * g.detach()).sum() for g in slopes), of)
    return -sum((w.detach() * h).sum().item() for w, h in zip(of, products, strict=True))


@contextmanager
def outputs_of(network: nn.Module) -> Iterator[dict[nn.Module, Tensor]]:
    """By convolution or linear layer, its output."""
    found: dict[nn.Module, Tensor] = {}
    handles = [
        module.register_forward_hook(lambda layer, _inputs, output: found.__setitem__(layer, output))
        for module in network.modules()
        if isinstance(module, _LAYERS)
    ]
    yield found
    for handle in handles:
        handle.remove()


def fisher(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    network = ready(network)
    with outputs_of(network) as outputs:
        loss = functional.cross_entropy(network(images), labels)
    total = 0.0
    for layer, output in outputs.items():
        (slope,) = torch.autograd.grad(loss, output, retain_graph=True)
        product = (output * slope).detach()
        if isinstance(layer, nn.Linear):
            per_image = product.flatten(1, -2).sum(1) if product.dim() > 2 else product
        else:
            per_image = product.flatten(2).sum(2)
        information = 0.5 * (per_image**2).mean(0)
        total += (information.sum() * layer.weight.numel() / layer.weight.shape[0]).item()
    return total


def flows(network: nn.Module, images: Tensor) -> list[Tensor]:
    """|w ⊙ ∂R/∂w| of each weight."""
    network = ready(network)
    of = weights(network)
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, _NORMS):
                setattr(module, name, nn.Identity())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    total = network(torch.ones_like(images[:1])).sum()
    return [(w * g).detach().abs() for w, g in zip(of, torch.autograd.grad(total, of), strict=True)]


def synflow(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    return sum(flow.sum().item() for flow in flows(network, images))


def log_synflow(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    return math.log(synflow(network, images, labels))


def jacob_cov(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    inputs = images.clone().requires_grad_()
    (jacobian,) = torch.autograd.grad(ready(network)(inputs).sum(), inputs)
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(jacobian.flatten(1).numpy()))
    return -float(np.sum(np.log(eigenvalues + 1e-5) + 1 / (eigenvalues + 1e-5)))


def kernel(values: Tensor) -> np.ndarray:
    codes = (values.detach() > 0).flatten(1).double().numpy()
    return codes @ codes.T + (1 - codes) @ (1 - codes).T


def naswot(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    network = ready(network)
    with outputs_of(network) as outputs:
        network(images)
    return float(np.linalg.slogdet(sum(kernel(output) for output in outputs.values()))[1])


def naswot_relu(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    network = ready(network)
    found: list[np.ndarray] = []
    for module in network.modules():
        if isinstance(module, nn.ReLU | nn.ReLU6):
            module.register_forward_pre_hook(lambda _module, inputs: found.append(kernel(inputs[0])))
    network(images)
    return float(np.linalg.slogdet(sum(found))[1])


def t_cet(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    watched = ready(network)
    with outputs_of(watched) as outputs:
        watched(images)
    kernels = {id(layer.weight): kernel(output) for layer, output in outputs.items()}
    total = 0.0
    for weight, flow in zip(weights(watched), flows(network, images), strict=True):
        matrix = kernels.get(id(weight))
        if matrix is not None and np.linalg.matrix_rank(matrix) == len(matrix):
            total += np.linalg.slogdet(matrix)[1] * (flow.sum() / flow.std()).item()
    return float(total)


def zico(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    middle = len(images) // 2
    halves = [gradients(network, images[part], labels[part]) for part in (slice(middle), slice(middle, None))]
    total = 0.0
    for (_, first), (_, second) in zip(*halves, strict=True):
        both = torch.stack([first, second])
        spread = both.std(0, correction=0)
        total += math.log((both.abs().mean(0) / spread)[spread > 0].sum().item())
    return total


def ntk_cond(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    network = ready(network)
    of = weights(network)
    outputs = network(images[:16]).sum(1)
    rows = [torch.cat([g.flatten() for g in torch.autograd.grad(o, of, retain_graph=True)]) for o in outputs]
    eigenvalues = np.linalg.eigvalsh((torch.stack(rows) @ torch.stack(rows).T).numpy())
    return float(eigenvalues[-1] / eigenvalues[0])


@torch.no_grad()
def zen(network: nn.Module, images: Tensor, _labels: Tensor, seed: int = 0) -> float:
    """For networks that pool their feature maps with a module, or a mean over rows and columns of a ReLU's output."""
    scores = []
    for repeat in range(4):
        gaussian, generator = ready(network), make_generator(seed, f"zen {repeat}")
        for weight in weights(gaussian):
            weight.copy_(torch.randn(weight.shape, generator=generator))
        for module in gaussian.modules():
            if isinstance(module, _LAYERS) and module.bias is not None:
                module.bias.zero_()
        shape = (8, *images.shape[1:])
        inputs = torch.randn(shape, generator=generator).to(images)
        changed = inputs + 0.01 * torch.randn(shape, generator=generator).to(images)
        spreads: list[float] = []
        handles = [
            module.register_forward_pre_hook(lambda _module, given, kept=spreads: kept.append(spread(given[0])))
            for module in gaussian.modules()
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
        ]
        before = features(gaussian, inputs)
        for handle in handles:
            handle.remove()
        change = (before - features(gaussian, changed)).abs().flatten(1).sum(1).mean().log().item()
        scores.append(change + sum(spreads))
    return float(np.mean(scores))


def spread(value: Tensor) -> float:
    rest = [axis for axis in range(value.dim()) if axis != 1]
    return 0.5 * math.log(value.var(rest, correction=0).mean().item())


def features(network: nn.Module, images: Tensor) -> Tensor:
    """The last output of three dimensions or more with more than one position."""
    found: list[Tensor] = []
    for module in network.modules():
        if not list(module.children()):
            module.register_forward_hook(
                lambda _module, _inputs, output: (
                    found.append(output) if output.dim() > 2 and output[0, 0].numel() > 1 else None
                )
            )
    network(images)
    return found[-1]


def params(network: nn.Module, *_: Tensor) -> float:
    return float(sum(parameter.numel() for parameter in network.parameters()))


DEFINITIONS: dict[str, Callable[[nn.Module, Tensor, Tensor], float]] = {
    function.__name__: function
    for function in (
        *(grad_norm, snip, plain, grasp, fisher, l2_norm, synflow, log_synflow, jacob_cov, naswot, naswot_relu),
        *(zico, zen, ntk_cond, t_cet, params),
    )
}
