"""Every proxy from its definition, in float64: the literal module, plain autograd, one computation a proxy.

Nothing is shared with the engine but the module's own forward pass and the streams of random numbers.
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

from backend.scoring.engines.nas_bench_201 import gaussian_blocks
from backend.scoring.engines.nas_bench_201 import gradients as tangent_kernel
from backend.scoring.engines.nas_bench_201 import responses as zen_responses
from backend.scoring.runtime import make_generator
from backend.spaces.nas_bench_201.cell import EDGES, Cell
from backend.spaces.nas_bench_201.network import CellBlock, CellNetwork, ConvBlock, ReductionBlock, build_network


def live_edges(cell: Cell) -> set[int]:
    """Edges on a path from input to output."""
    used = [(number, *edge) for number, edge in enumerate(EDGES) if cell.operations[number] != "none"]
    reached, reaching = {0}, {3}
    for _, source, target in used:
        if source in reached:
            reached.add(target)
    for _, source, target in reversed(used):
        if target in reaching:
            reaching.add(source)
    return {number for number, source, target in used if source in reached and target in reaching}


def layers(network: CellNetwork) -> list[nn.Conv2d | nn.Linear]:
    """The live convolutions and the classifier, in the order of registration."""
    dead = {
        id(block.convolutions[str(edge)].conv)
        for block in network.blocks
        if isinstance(block, CellBlock)
        for edge in range(len(EDGES))
        if edge not in live_edges(network.cell) and str(edge) in block.convolutions
    }
    return [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear) and id(m) not in dead]


def norms(network: CellNetwork) -> list[nn.BatchNorm2d]:
    live = {id(layer) for layer in layers(network)}
    found = [network.stem[1]]
    for block in network.blocks:
        blocks = [block.conv_a, block.conv_b] if isinstance(block, ReductionBlock) else block.convolutions.values()
        found += [conv.norm for conv in blocks if id(conv.conv) in live]
    return [*found, network.norm]


def exact(network: CellNetwork) -> CellNetwork:
    """A float64 copy in train mode."""
    return copy.deepcopy(network).double().train()


def loss_of(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(network(images.double()), labels)


def gradients(network: CellNetwork, images: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    """(w, g) of each live layer."""
    network = exact(network)
    loss_of(network, images, labels).backward()
    return [(layer.weight.detach(), layer.weight.grad) for layer in layers(network)]


def grad_norm(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    return sum(g.norm().item() for _, g in gradients(network, images, labels))


def snip(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    return sum((w * g).abs().sum().item() for w, g in gradients(network, images, labels))


def plain(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    return sum((w * g).sum().item() for w, g in gradients(network, images, labels))


def grasp(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    network = exact(network)
    weights = [layer.weight for layer in layers(network)]
    slopes = torch.autograd.grad(loss_of(network, images, labels), weights, create_graph=True)
    half_square = sum((g * g.detach()).sum() for g in slopes)
    products = torch.autograd.grad(half_square, weights)
    return -sum((w.detach() * h).sum().item() for w, h in zip(weights, products, strict=True))


def fisher(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    network = exact(network)
    with outputs_of(network) as outputs:
        loss = loss_of(network, images, labels)
    total = 0.0
    for layer, (output, slope) in zip(
        layers(network), zip(outputs, torch.autograd.grad(loss, outputs), strict=True), strict=True
    ):
        product = (output * slope).detach()
        per_image = product.flatten(2).sum(2) if product.dim() == 4 else product
        information = 0.5 * (per_image**2).mean(0)
        total += (information.sum() * layer.weight.numel() / layer.weight.shape[0]).item()
    return total


@contextmanager
def outputs_of(network: CellNetwork) -> Iterator[list[Tensor]]:
    """Fills the list with the outputs of the live layers while the network runs."""
    outputs: dict[int, Tensor] = {}
    ordered: list[Tensor] = []
    handles = [
        layer.register_forward_hook(lambda _m, _i, output, n=n: outputs.__setitem__(n, output))
        for n, layer in enumerate(layers(network))
    ]
    yield ordered
    ordered += [outputs[n] for n in range(len(handles))]
    for handle in handles:
        handle.remove()


@contextmanager
def relu_inputs_of(network: CellNetwork) -> Iterator[list[Tensor]]:
    """Fills the list with the input of each ReLU while the network runs: one a live ReLU–Conv–BN block, and a last."""
    inputs: list[Tensor] = []
    live = {id(layer) for layer in layers(network)}
    handles = [
        block.register_forward_pre_hook(lambda _m, args: inputs.append(args[0].detach()))
        for block in network.modules()
        if isinstance(block, ConvBlock) and id(block.conv) in live
    ]
    handles.append(network.norm.register_forward_hook(lambda _m, _i, output: inputs.append(output.detach())))
    yield inputs
    for handle in handles:
        handle.remove()


def l2_norm(network: CellNetwork, *_: Tensor) -> float:
    return sum(layer.weight.detach().double().norm().item() for layer in layers(network))


def flows(network: CellNetwork, images: Tensor) -> list[Tensor]:
    """|w ⊙ ∂R/∂w| of each live layer."""
    network = exact(network)
    weights = [layer.weight for layer in layers(network)]
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    total = network(torch.ones(1, *images.shape[1:], dtype=torch.float64)).sum()
    return [(w * g).detach().abs() for w, g in zip(weights, torch.autograd.grad(total, weights), strict=True)]


def synflow(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    return sum(flow.sum().item() for flow in flows(network, images))


def log_synflow(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    return math.log(synflow(network, images, labels))


def jacob_cov(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    network = exact(network)
    inputs = images.double().requires_grad_()
    (jacobian,) = torch.autograd.grad(network(inputs).sum(), inputs)
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(jacobian.flatten(1).numpy()))
    return -float(np.sum(np.log(eigenvalues + 1e-5) + 1 / (eigenvalues + 1e-5)))


def kernel(values: Tensor) -> np.ndarray:
    codes = (values.detach() > 0).flatten(1).double().numpy()
    return codes @ codes.T + (1 - codes) @ (1 - codes).T


def naswot(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    network = exact(network)
    with outputs_of(network) as outputs:
        network(images.double())
    return float(np.linalg.slogdet(sum(kernel(output) for output in outputs))[1])


def naswot_relu(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    network = exact(network)
    with relu_inputs_of(network) as inputs:
        network(images.double())
    return float(np.linalg.slogdet(sum(kernel(value) for value in inputs))[1])


def t_cet(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    exact_network = exact(network)
    with outputs_of(exact_network) as outputs:
        exact_network(images.double())
    total = 0.0
    for output, flow in zip(outputs, flows(network, images), strict=True):
        matrix = kernel(output)
        if np.linalg.matrix_rank(matrix) == len(matrix):
            spread = flow.std().item()
            total += np.linalg.slogdet(matrix)[1] * (flow.sum().item() / spread if spread else flow.sum().item())
    return float(total)


def zico(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    middle = len(images) // 2
    halves = [gradients(network, images[part], labels[part]) for part in (slice(middle), slice(middle, None))]
    total = 0.0
    for (_, first), (_, second) in zip(*halves, strict=True):
        both = torch.stack([first, second])
        spread = both.std(0, correction=0)
        total += math.log((both.abs().mean(0) / spread)[spread > 0].sum().item())
    return total


def zen(network: CellNetwork, images: Tensor, _labels: Tensor, seed: int = 0) -> float:
    network = build_network(
        network.cell.representative(), network.num_classes, network.channels, network.cells_per_stage
    )
    scores = []
    for repeat in range(zen_responses.REPEATS):
        generator = make_generator(seed, f"zen {repeat}")
        for layer in in_expression_order(network):
            layer.weight.data = torch.randn(layer.weight.shape, generator=generator)
        shape = (zen_responses.IMAGES, *images.shape[1:])
        inputs = torch.randn(shape, generator=generator)
        changed = inputs + 0.01 * torch.randn(shape, generator=generator)
        gaussian = exact(network)
        variances: list[Tensor] = []
        handles = [
            norm.register_forward_pre_hook(lambda _m, args, kept=variances: kept.append(args[0].detach()))
            for norm in norms(gaussian)
        ]
        before = features(gaussian, inputs.double())
        for handle in handles:
            handle.remove()
        change = (before - features(gaussian, changed.double())).abs().sum((1, 2, 3)).mean().log().item()
        scales = [0.5 * math.log(v.var((0, 2, 3), correction=0).mean().item()) for v in variances]
        scores.append(change + sum(scales))
    return float(np.mean(scores))


@torch.no_grad()
def features(network: CellNetwork, images: Tensor) -> Tensor:
    kept: list[Tensor] = []
    handle = network.norm.register_forward_hook(lambda _m, _i, output: kept.append(functional.relu(output)))
    network(images)
    handle.remove()
    return kept[0]


def in_expression_order(network: CellNetwork) -> list[nn.Module]:
    """The live layers in the order in which the engine draws their weights."""
    ordered: list[nn.Module] = [network.stem[0]]
    for block in network.blocks:
        if isinstance(block, ReductionBlock):
            ordered += [block.conv_a.conv, block.conv_b.conv, block.shortcut]
        else:
            ordered += [block.convolutions[str(edge)].conv for edge in network.cell.canonical().edges]
    return [*ordered, network.classifier]


def gaussian_features(network: CellNetwork, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Features after the stem and each block of a Kaiming-normal network, and the random signs for the way back."""
    network = build_network(
        network.cell.representative(), network.num_classes, network.channels, network.cells_per_stage
    )
    generator = make_generator(0, "gaussian blocks")
    for layer in in_expression_order(network):
        fan_in = layer.weight[0].numel()
        layer.weight.data = torch.randn(layer.weight.shape, generator=generator) * math.sqrt(2 / fan_in)
    inputs = torch.randn((gaussian_blocks.IMAGES, *images.shape[1:]), generator=generator)
    gaussian = exact(network)
    values = [gaussian.stem(inputs.double())]
    signs = []
    for block in gaussian.blocks:
        values.append(block(values[-1]))
        signs.append(2 * torch.randint(2, values[-1].shape, generator=generator, dtype=torch.float64) - 1)
    return values, signs


def entropies(network: CellNetwork, images: Tensor) -> np.ndarray:
    found = []
    for value in gaussian_features(network, images)[0]:
        channels = value.detach().transpose(0, 1).flatten(1).numpy()
        eigenvalues = np.linalg.eigvalsh(np.cov(channels, bias=True)).clip(min=0)
        shares = eigenvalues / eigenvalues.sum()
        found.append(-sum(share * math.log(share) for share in shares if share > 0))
    return np.array(found)


def az_expressivity(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    return float(entropies(network, images).sum())


def az_progressivity(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    return float(np.diff(entropies(network, images)).min())


def az_trainability(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    values, signs = gaussian_features(network, images)
    terms = []
    for before, after, sign in zip(values, values[1:], signs, strict=False):
        (gradient,) = torch.autograd.grad(after, before, sign, retain_graph=True)
        if gradient.shape[2] != sign.shape[2]:
            gradient = functional.pixel_unshuffle(gradient, 2)
        positions = sign[:, 0].numel()
        product = torch.einsum("bihw,bohw->io", gradient, sign) / positions
        sigma = torch.linalg.svdvals(product)[0].item()
        terms.append(2 - sigma - 1 / sigma)
    return float(np.mean(terms))


def ntk_cond(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    network = exact(network)
    weights = [layer.weight for layer in layers(network)]
    outputs = network(images[: tangent_kernel.IMAGES].double()).sum(1)
    rows = [
        torch.cat([g.flatten() for g in torch.autograd.grad(output, weights, retain_graph=True)]) for output in outputs
    ]
    eigenvalues = np.linalg.eigvalsh((torch.stack(rows) @ torch.stack(rows).T).numpy())
    return float(eigenvalues[-1] / eigenvalues[0])


@torch.no_grad()
def linear_regions(network: CellNetwork, *_: Tensor, seed: int = 0) -> float:
    generator = make_generator(seed, "linear regions")
    thin = build_network(network.cell.representative(), 1, channels=1, cells_per_stage=1, generator=generator).train()
    patterns: set[bytes] = set()
    for _batch in range(3):
        inputs = torch.randn(1000, 1, 3, 3, generator=generator)
        value = inputs
        with relu_inputs_of(thin) as rectified:
            for block in thin.blocks:
                value = block(value)
            thin.norm(value)
        codes = torch.cat([(v > 0).flatten(1) for v in rectified], 1).numpy()
        patterns |= {row.tobytes() for row in codes}
    return float(len(patterns))


def tenas(network: CellNetwork, images: Tensor, labels: Tensor) -> float:
    return math.log(linear_regions(network)) - math.log(ntk_cond(network, images, labels))


def params(network: CellNetwork, *_: Tensor) -> float:
    return float(sum(parameter.numel() for parameter in network.parameters()))


@torch.no_grad()
def flops(network: CellNetwork, images: Tensor, _labels: Tensor) -> float:
    """Of every convolution and of the classifier, dead edges included, as they run."""
    counts: list[int] = []
    network = copy.deepcopy(network)

    def count(layer: nn.Module, _inputs: object, output: Tensor) -> None:
        bias = 0 if layer.bias is None else layer.bias.numel()
        counts.append(layer.weight[0].numel() * output[0].numel() + bias)

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    network(images[:1])
    return sum(counts) / 1e6


Reference = Callable[[CellNetwork, Tensor, Tensor], float]

REFERENCES: dict[str, Reference] = {
    function.__name__: function
    for function in (
        grad_norm,
        snip,
        plain,
        grasp,
        fisher,
        l2_norm,
        synflow,
        log_synflow,
        jacob_cov,
        naswot,
        naswot_relu,
        zico,
        zen,
        ntk_cond,
        linear_regions,
        tenas,
        t_cet,
        az_expressivity,
        az_progressivity,
        az_trainability,
        params,
        flops,
    )
}
