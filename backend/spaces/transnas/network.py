"""The PyTorch networks of both spaces: the benchmark's encoder, and a linear head for the classes of the images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backend.spaces.transnas.architecture import CELL_BACKBONE, EDGES, MacroArchitecture, MicroArchitecture
from backend.spaces.transnas.backbone import BASE_CHANNELS, STEM_CHANNELS, Block, blocks_of


class Shortcut(nn.Module):
    """A skip connection that changes the shape: ReLU, two strided 1×1 convolutions side by side, and a batch norm.

    The second convolution reads the input moved by one pixel, so that no pixel is left out.

    Args:
        block: channels and stride.
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        half = block.channels_out // 2
        self.relu = nn.ReLU()
        self.convs = nn.ModuleList(nn.Conv2d(block.channels_in, half, 1, block.stride, bias=False) for _ in range(2))
        self.bn = nn.BatchNorm2d(block.channels_out)

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C_in, H, W) to (B, C_out, H/stride, W/stride)."""
        active = self.relu(inputs)
        moved = nn.functional.pad(active, (0, 1, 0, 1))[:, :, 1:, 1:]
        joined = torch.cat([conv(part) for conv, part in zip(self.convs, (active, moved), strict=True)], dim=1)
        outputs: Tensor = self.bn(joined)
        return outputs


class BasicBlock(nn.Module):
    """Two times ReLU, 3×3 convolution and batch norm, and a shortcut beside them; no ReLU behind the sum.

    Args:
        block: channels and stride, which the first convolution and the shortcut have.
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        inner = Block(block.channels_out, block.channels_out, 1)
        self.body = nn.Sequential(_relu_conv_bn(block, 3), _relu_conv_bn(inner, 3))
        self.shortcut = nn.Identity() if block.keeps_shape else nn.Sequential(*_convolution(block, 1))

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C_in, H, W) to (B, C_out, H/stride, W/stride)."""
        outputs: Tensor = self.body(inputs) + self.shortcut(inputs)
        return outputs


class Cell(nn.Module):
    """Four nodes; the edges out of the first one carry the block's stride and its change of channels.

    Args:
        architecture: the operation of each edge.
        block: channels and stride.
    """

    def __init__(self, architecture: MicroArchitecture, block: Block) -> None:
        super().__init__()
        inner = Block(block.channels_out, block.channels_out, 1)
        # What leads nowhere stays, as it has parameters; an edge without an operation passes nothing on.
        self.edges = nn.ModuleDict(
            {
                f"{source}_{target}": _operation(name, inner if source else block)
                for (source, target), name in zip(EDGES, architecture.names, strict=True)
                if name != "none"
            }
        )
        self.block = block

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C_in, H, W) to (B, C_out, H/stride, W/stride)."""
        nodes = [inputs]
        for node in range(1, EDGES[-1][1] + 1):
            there = [name for source in range(node) if (name := f"{source}_{node}") in self.edges]
            arriving = [self.edges[name](nodes[int(name.split("_")[0])]) for name in there]
            nodes.append(sum(arriving[1:], arriving[0]) if arriving else self._nothing(inputs))
        return nodes[-1]

    def _nothing(self, inputs: Tensor) -> Tensor:
        sides = [-(-side // self.block.stride) for side in inputs.shape[2:]]
        return inputs.new_zeros(inputs.shape[0], self.block.channels_out, *sides)


def build_network(
    architecture: MacroArchitecture | MicroArchitecture, num_classes: int, channels: int = 3
) -> nn.Sequential:
    """The network of a literal architecture, with the benchmark's initialisation.

    Args:
        architecture: of either space.
        num_classes: outputs of the head.
        channels: of the images.

    Returns:
        Modules stem, blocks (two a module of the backbone), pool and head; images (B, channels, H, W) to logits
        (B, num_classes). Neither batch norm nor ReLU comes between the last block and the pooling.
    """
    backbone = architecture.backbone if isinstance(architecture, MacroArchitecture) else CELL_BACKBONE
    blocks = blocks_of(backbone)
    made = [
        BasicBlock(block) if isinstance(architecture, MacroArchitecture) else Cell(architecture, block)
        for block in blocks
    ]
    stem = (
        *_convolution(Block(channels, STEM_CHANNELS, 2), 3),
        nn.ReLU(),
        *_convolution(Block(STEM_CHANNELS, BASE_CHANNELS, 2), 3),
    )
    network = nn.Sequential()
    network.add_module("stem", nn.Sequential(*stem))
    network.add_module("blocks", nn.Sequential(*made))
    network.add_module("pool", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    network.add_module("head", nn.Linear(blocks[-1].channels_out, num_classes))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


def _operation(name: str, block: Block) -> nn.Module:
    if name == "skip":
        return nn.Identity() if block.keeps_shape else Shortcut(block)
    return _relu_conv_bn(block, 3 if name == "conv_3x3" else 1)


def _relu_conv_bn(block: Block, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.ReLU(), *_convolution(block, kernel))


def _convolution(block: Block, kernel: int) -> tuple[nn.Module, nn.Module]:
    """A convolution without bias, and its batch norm."""
    convolution = nn.Conv2d(block.channels_in, block.channels_out, kernel, block.stride, kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(block.channels_out)
