"""An architecture of Accel-NASBench: what the layers of each of its seven blocks are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from backend.errors import UserError

STEM_CHANNELS: Final = 32
HEAD_CHANNELS: Final = 1280
WIDTHS: Final = (16, 24, 40, 80, 112, 192, 320)
"""Channels of each block."""
STRIDES: Final = (1, 2, 2, 2, 1, 2, 1)
"""Stride of each block's first layer; the others have 1."""
NUM_BLOCKS: Final = len(WIDTHS)
EXPANSIONS: Final = (1, 4, 6)
KERNELS: Final = (3, 5)
_MOST_LAYERS: Final = (3, 3, 3, 3, 3, 4, 3)
_DIVISOR: Final = 8
_BLOCK: Final = re.compile(r"e([0-9]+)k([0-9]+)l([0-9]+)se([01])")

OPTIONS: Final[Mapping[str, tuple[int, ...]]] = {
    f"block{number}_{name}": options
    for number in range(NUM_BLOCKS)
    for name, options in (
        ("e", EXPANSIONS),
        ("k", KERNELS),
        ("l", tuple(range(1, _MOST_LAYERS[number] + 1))),
        ("se", (0, 1)),
    )
}
"""The options of each parameter: of a block expansion, kernel, layers, and whether it squeezes and excites."""
SHAPE: Final = (
    f"{NUM_BLOCKS} blocks such as e6k3l1se0, joined by underscores: e one of {', '.join(map(str, EXPANSIONS))}, k one "
    f"of {', '.join(map(str, KERNELS))}, l from 1 to 3 (of block5 to 4), se 0 or 1"
)


class Block(NamedTuple):
    """What all layers of a block are.

    Attributes:
        expansion: channels inside a layer, over those of its input.
        kernel: side of the depthwise convolution's kernel.
        layers: how many there are.
        squeezes: 1 where a squeeze-and-excitation follows the depthwise convolution, else 0.
    """

    expansion: int
    kernel: int
    layers: int
    squeezes: int

    def __str__(self) -> str:
        """As the benchmark writes it."""
        return f"e{self.expansion}k{self.kernel}l{self.layers}se{self.squeezes}"


class Layer(NamedTuple):
    """An inverted residual.

    Attributes:
        channels_in: of its input.
        hidden: of the depthwise convolution.
        channels_out: of its output.
        kernel: of the depthwise convolution.
        stride: of it.
        squeeze: channels that the squeeze-and-excitation narrows to; 0 without one.
    """

    channels_in: int
    hidden: int
    channels_out: int
    kernel: int
    stride: int
    squeeze: int


@dataclass(frozen=True)
class AccelArchitecture:
    """Seven blocks. No two architectures are known to compute the same function.

    Attributes:
        blocks: from the stem to the head.
    """

    blocks: tuple[Block, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an architecture as the benchmark writes it.

        Raises:
            UserError: it is none.

        >>> AccelArchitecture.parse("e6k3l1se0_e4k5l2se0_e6k3l3se0_e6k5l3se0_e6k5l2se0_e1k3l2se0_e1k3l2se0").depth
        15
        """
        return cls(_blocks_of(text.strip()))

    @classmethod
    def of_params(cls, params: Mapping[str, Any]) -> Self:
        """The architecture of all parameters, by name."""
        names = ("e", "k", "l", "se")
        return cls(tuple(Block(*(int(params[f"block{at}_{name}"]) for name in names)) for at in range(NUM_BLOCKS)))

    @property
    def key(self) -> str:
        """As the benchmark writes it."""
        return "_".join(map(str, self.blocks))

    @property
    def class_key(self) -> str:
        """The key."""
        return self.key

    @property
    def invalid(self) -> None:
        """None: every architecture makes a network."""
        return

    @property
    def params(self) -> Mapping[str, int]:
        """Expansion, kernel, layers and squeeze-and-excitation of each block, by name."""
        return dict(zip(OPTIONS, (value for block in self.blocks for value in block), strict=True))

    @property
    def depth(self) -> int:
        """Layers of all blocks."""
        return sum(block.layers for block in self.blocks)

    def layers(self) -> Iterator[Layer]:
        """All layers, from the stem to the head."""
        channels = STEM_CHANNELS
        for block, width, first_stride in zip(self.blocks, WIDTHS, STRIDES, strict=True):
            for number in range(block.layers):
                squeeze = max(1, channels // 4) if block.squeezes else 0
                stride = first_stride if number == 0 else 1
                yield Layer(channels, _hidden(channels * block.expansion), width, block.kernel, stride, squeeze)
                channels = width

    def neighbours(self) -> list[Self]:
        """The 43 architectures that differ in one parameter."""
        params = self.params
        return [
            type(self).of_params({**params, name: option})
            for name, options in OPTIONS.items()
            for option in options
            if option != params[name]
        ]


@lru_cache(maxsize=20_000)
def _blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a key: tables of thousands of architectures are read again and again."""
    matches = [_BLOCK.fullmatch(part) for part in text.split("_")]
    blocks = tuple(Block(*map(int, match.groups())) for match in matches if match)
    values = [value for block in blocks for value in block]
    if (
        len(matches) != NUM_BLOCKS
        or len(values) != len(OPTIONS)
        or any(value not in options for value, options in zip(values, OPTIONS.values(), strict=True))
        or "_".join(map(str, blocks)) != text
    ):
        raise UserError(f"architecture {text[:100]!r}: expected {SHAPE}")
    return blocks


def _hidden(channels: int) -> int:
    """The multiple of 8 that is nearest, but for one that would lose more than a tenth."""
    rounded = max(_DIVISOR, (channels + _DIVISOR // 2) // _DIVISOR * _DIVISOR)
    return rounded if rounded >= 0.9 * channels else rounded + _DIVISOR
