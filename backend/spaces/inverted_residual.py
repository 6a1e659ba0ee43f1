"""The inverted residual of MobileNetV2, which several spaces are made of."""

from __future__ import annotations

from torch import Tensor, nn


class InvertedResidual(nn.Module):
    """A 1×1 convolution that widens, a depthwise one, and a 1×1 convolution that narrows; batch norms between.

    The first convolution is left out where it would not widen. The input is added where it has the shape of the
    output.

    Args:
        channels_in: channels of the input.
        hidden: channels of the depthwise convolution.
        channels_out: channels of the output.
        kernel: side of the depthwise convolution's kernel.
        stride: of the depthwise convolution.
        squeeze: channels that a squeeze-and-excitation behind the depthwise convolution narrows to; 0: there is none.
    """

    def __init__(
        self, channels_in: int, hidden: int, channels_out: int, kernel: int, stride: int, squeeze: int = 0
    ) -> None:
        super().__init__()
        widens = [*convolution(channels_in, hidden, 1), nn.ReLU()] if hidden != channels_in else []
        self.conv = nn.Sequential(
            *widens,
            nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(),
            *([SqueezeExcitation(hidden, squeeze)] if squeeze else []),
            *convolution(hidden, channels_out, 1),
        )
        self.adds_input = stride == 1 and channels_in == channels_out

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C_in, H, W) to (B, C_out, H/stride, W/stride)."""
        outputs: Tensor = self.conv(inputs)
        return outputs + inputs if self.adds_input else outputs


class SqueezeExcitation(nn.Module):
    """Scales each channel by a number from 0 to 1, which two 1×1 convolutions with bias make of all channels' means.

    Args:
        channels: of the input.
        squeezed: channels between the two convolutions.
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.ReLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        scales: Tensor = self.gate(inputs)
        return inputs * scales


def convolution(channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    """A convolution without bias, and its batch norm."""
    made = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False)
    return made, nn.BatchNorm2d(channels_out)
