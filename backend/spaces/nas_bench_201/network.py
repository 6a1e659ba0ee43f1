"""The PyTorch network of a cell: NAS-Bench-201's "infer.tiny" macro skeleton, at any width and depth."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.errors import UserError
from backend.spaces.nas_bench_201.cell import EDGES, Cell
from backend.spaces.nas_bench_201.size import NUM_STAGES

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Convolution(nn.Conv2d):
    """A convolution without bias whose weights `build_network` draws, once."""

    def reset_parameters(self) -> None:
        """Leaves the weights as they are."""


class LinearClassifier(nn.Linear):
    """A linear layer whose weights `build_network` draws, once."""

    def reset_parameters(self) -> None:
        """Leaves the weights as they are."""


class ConvBlock(nn.Module):
    """ReLU, convolution without bias, batch norm.

    Args:
        channels_in: channels of the input.
        channels_out: channels of the output.
        kernel: side of the kernel; the padding keeps the size.
        stride: of the convolution.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = Convolution(channels_in, channels_out, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(channels_out)

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C_in, H, W) to (B, C_out, H/stride, W/stride)."""
        normalised: Tensor = self.norm(self.conv(functional.relu(inputs)))
        return normalised


class CellBlock(nn.Module):
    """One literal cell, dead edges included.

    Args:
        cell: its operations.
        channels: channels of every node.

    Attributes:
        convolutions: the block of each convolution edge, by the edge's position in `EDGES` (as text).
    """

    def __init__(self, cell: Cell, channels: int) -> None:
        super().__init__()
        self.cell = cell
        kernels = {"nor_conv_3x3": 3, "nor_conv_1x1": 1}
        self.convolutions = nn.ModuleDict(
            {
                str(edge): ConvBlock(channels, channels, kernels[operation])
                for edge, operation in enumerate(cell.operations)
                if operation in kernels
            }
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        nodes = [inputs] + [torch.zeros_like(inputs) for _ in range(3)]
        for edge, (source, target) in enumerate(EDGES):
            nodes[target] = nodes[target] + self._operate(edge, nodes[source])
        return nodes[-1]

    def _operate(self, edge: int, value: Tensor) -> Tensor:
        match self.cell.operations[edge]:
            case "none":
                return torch.zeros_like(value)
            case "skip_connect":
                return value
            case "avg_pool_3x3":
                return functional.avg_pool2d(value, 3, stride=1, padding=1, count_include_pad=False)
            case _:
                convolved: Tensor = self.convolutions[str(edge)](value)
                return convolved


class ReductionBlock(nn.Module):
    """The residual block between two stages: halves the image, doubles the channels.

    Args:
        channels_in: channels of the input; the output has twice as many.
    """

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.conv_a = ConvBlock(channels_in, 2 * channels_in, 3, stride=2)
        self.conv_b = ConvBlock(2 * channels_in, 2 * channels_in, 3)
        self.shortcut = Convolution(channels_in, 2 * channels_in, 1, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C, H, W) to (B, 2C, H/2, W/2)."""
        shortcut: Tensor = self.shortcut(functional.avg_pool2d(inputs, 2))
        residual: Tensor = self.conv_b(self.conv_a(inputs))
        return shortcut + residual


class CellNetwork(nn.Module):
    """Stem, three stages of equal cells with a reduction block between stages, classifier.

    Made by `build_network`; the weights of a bare instance have no values.

    Attributes:
        cell: the literal cell.
        channels: channels of the first stage, C.
        cells_per_stage: cells of each stage, N.
        num_classes: outputs of the classifier.
        stem: 3×3 convolution and batch norm.
        blocks: the cells and reduction blocks from input to output.
        norm: the last batch norm, before a ReLU and the global average pooling.
        classifier: the linear layer on the pooled features.
    """

    def __init__(self, cell: Cell, num_classes: int, channels: int, cells_per_stage: int) -> None:
        super().__init__()
        self.cell, self.channels, self.cells_per_stage, self.num_classes = cell, channels, cells_per_stage, num_classes
        self.stem = nn.Sequential(Convolution(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        widths = [channels * 2**stage for stage in range(NUM_STAGES)]
        blocks: list[nn.Module] = [CellBlock(cell, channels) for _ in range(cells_per_stage)]
        for narrow, wide in pairwise(widths):
            blocks += [ReductionBlock(narrow), *(CellBlock(cell, wide) for _ in range(cells_per_stage))]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.BatchNorm2d(widths[-1])
        self.classifier = LinearClassifier(widths[-1], num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Images (B, 3, H, W) to logits (B, num_classes)."""
        features = self.stem(images)
        for block in self.blocks:
            features = block(features)
        logits: Tensor = self.classifier(functional.relu(self.norm(features)).mean((2, 3)))
        return logits


def build_network(
    cell: Cell,
    num_classes: int,
    channels: int = 16,
    cells_per_stage: int = 5,
    *,
    generator: torch.Generator | None = None,
) -> CellNetwork:
    """The network of a cell on the CPU, with PyTorch's default initialisation.

    Its Conv2d, BatchNorm2d and Linear modules are registered from input to output: stem conv, stem BN; the cells (edges
    0→1, 0→2, 1→2, 0→3, 1→3, 2→3) and reduction blocks (conv a, BN, conv b, BN, shortcut conv); last BN, classifier.

    Args:
        cell: the literal cell; convolutions on dead edges are built as well.
        num_classes: outputs of the classifier.
        channels: channels of the first stage, C; doubled at each of the two reductions.
        cells_per_stage: cells of each of the three stages, N.
        generator: where the weights come from; PyTorch's global generator if None.

    Raises:
        UserError: a size that is not a whole number from 1.
    """
    for name, size in (("num_classes", num_classes), ("channels", channels), ("cells_per_stage", cells_per_stage)):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise UserError(f"{name}: expected a whole number from 1, got {size!r}")
    network = CellNetwork(cell, num_classes, channels, cells_per_stage)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            _initialise(module, generator)
    return network


def difference(network: nn.Module) -> str:
    """What makes a network another one than `build_network` makes for its cell and sizes, in words; "" if nothing does.

    The weights may be any. What computes something else is found by its type, its settings, its hooks or its forward.

    Args:
        network: any module.
    """
    if type(network) is not CellNetwork:
        return f"it is a {type(network).__name__}, not a CellNetwork"
    built = CellNetwork(network.cell, network.num_classes, network.channels, network.cells_per_stage)
    expected = dict(built.named_modules())
    found = dict(network.named_modules(remove_duplicate=False))
    if odd := sorted(set(expected) ^ set(found)):
        return f"it has {'no' if odd[0] in expected else 'another'} module {odd[0]}"
    for name, module in found.items():
        if words := _module_difference(module, expected[name]):
            return f"{name or 'it'} {words}"
    if len({id(module) for module in found.values()}) < len(found):
        return "some of its modules are one and the same"
    return ""


def _module_difference(module: nn.Module, built: nn.Module) -> str:
    if type(module) is not type(built):
        return f"is a {type(module).__name__}, not a {type(built).__name__}"
    if isinstance(module, CellBlock) and isinstance(built, CellBlock) and module.cell != built.cell:
        return f"is of another cell: {module.cell}"
    if module.extra_repr() != built.extra_repr():
        return f"has ({module.extra_repr()}), not ({built.extra_repr()})"
    if "forward" in vars(module):
        return "has a forward of its own"
    if any(getattr(module, hooks, None) for hooks in _HOOKS):
        return "has a hook"
    shapes = [{key: tensor.shape for key, tensor in each.named_parameters(recurse=False)} for each in (module, built)]
    return "" if shapes[0] == shapes[1] else "has parameters of other names or shapes"


@torch.no_grad()
def _initialise(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None) -> None:
    """What the layer's own reset_parameters() does, which can't be given a generator."""
    nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
    if layer.bias is not None:
        bound = 1 / math.sqrt(layer.weight[0].numel())
        nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
