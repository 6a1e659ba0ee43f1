"""The PyTorch network of an architecture of NAS-Bench-Macro."""

from __future__ import annotations

from torch import Tensor, nn

from backend.spaces.nas_bench_macro.architecture import (
    FIRST_LAYERS,
    HEAD_CHANNELS,
    STEM_CHANNELS,
    Block,
    MacroArchitecture,
)


class InvertedResidual(nn.Module):
    """A 1×1 convolution that widens, a depthwise one, and a 1×1 convolution that narrows; batch norms between.

    The input is added where it has the shape of the output.

    Args:
        channels_in: channels of the input.
        channels_out: channels of the output.
        block: kernel and expansion.
        stride: of the depthwise convolution.
    """

    def __init__(self, channels_in: int, channels_out: int, block: Block, stride: int) -> None:
        super().__init__()
        hidden = channels_in * block.expansion
        padding = block.kernel // 2
        self.conv = nn.Sequential(
            *_convolution(channels_in, hidden, 1),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, block.kernel, stride, padding, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(),
            *_convolution(hidden, channels_out, 1),
        )
        self.adds_input = stride == 1 and channels_in == channels_out

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C_in, H, W) to (B, C_out, H/stride, W/stride)."""
        outputs: Tensor = self.conv(inputs)
        return outputs + inputs if self.adds_input else outputs


def build_network(architecture: MacroArchitecture, num_classes: int) -> nn.Sequential:
    """The network of a literal architecture, with PyTorch's own initialisation, as the benchmark trained it.

    Args:
        architecture: its layers.
        num_classes: outputs of the classifier.

    Returns:
        Modules stem, layers (one a layer of the code), head and classifier; images (B, 3, H, W) to logits
        (B, num_classes).
    """
    layers = build_layers(architecture, STEM_CHANNELS)
    channels = STEM_CHANNELS * 2 ** len(FIRST_LAYERS)
    network = nn.Sequential()
    network.add_module("stem", nn.Sequential(*_convolution(3, STEM_CHANNELS, 3), nn.ReLU()))
    network.add_module("layers", layers)
    head = nn.Sequential(*_convolution(channels, HEAD_CHANNELS, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network.add_module("head", head)
    network.add_module("classifier", nn.Linear(HEAD_CHANNELS, num_classes))
    return network


def build_layers(architecture: MacroArchitecture, channels: int) -> nn.Sequential:
    """The layers between stem and head, one module each.

    Args:
        architecture: its layers.
        channels: of what comes in; each stage doubles them.
    """
    layers: list[nn.Module] = []
    for position, block in enumerate(architecture.blocks):
        is_first = position in FIRST_LAYERS
        layers.append(_layer(channels, block, is_first=is_first))
        channels *= 2 if is_first else 1
    return nn.Sequential(*layers)


def _layer(channels: int, block: Block, *, is_first: bool) -> nn.Module:
    channels_out, stride = (2 * channels, 2) if is_first else (channels, 1)
    if block.expansion:
        return InvertedResidual(channels, channels_out, block, stride)
    return nn.Sequential(*_convolution(channels, channels_out, 1, stride)) if is_first else nn.Identity()


def _convolution(channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    """A convolution without bias, and its batch norm."""
    convolution = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(channels_out)
