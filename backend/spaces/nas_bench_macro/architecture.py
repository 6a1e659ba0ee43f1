"""An architecture of NAS-Bench-Macro: what each of the eight layers is, and which of them compute the same function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from backend.errors import UserError

STAGES: Final = (2, 3, 3)
"""Layers of each stage; the first of a stage halves the image and doubles the channels."""
NUM_LAYERS: Final = sum(STAGES)
STEM_CHANNELS: Final = 32
HEAD_CHANNELS: Final = 1280


class Block(NamedTuple):
    """What a layer can be.

    Attributes:
        name: as Optuna stores it, and tables call it.
        kernel: side of the depthwise convolution's kernel.
        expansion: channels inside, over those of the input; 0 for the identity.
    """

    name: str
    kernel: int
    expansion: int


BLOCKS: Final = (Block("identity", 1, 0), Block("ir_3x3_t3", 3, 3), Block("ir_5x5_t6", 5, 6))
"""The choices of every layer, in the order of the code's digits."""
IDENTITY: Final = 0
NUM_ARCHITECTURES: Final[int] = len(BLOCKS) ** NUM_LAYERS
LAYERS: Final = tuple(f"layer_{layer}" for layer in range(1, NUM_LAYERS + 1))
"""Names of the parameters."""
FIRST_LAYERS: Final = tuple(sum(STAGES[:stage]) for stage in range(len(STAGES)))
"""Positions of the layers that begin a stage."""

_NUMBERS = {block.name: str(number) for number, block in enumerate(BLOCKS)}


@dataclass(frozen=True)
class MacroArchitecture:
    """Eight layers.

    Attributes:
        code: a digit a layer, the first layer first: 0 identity, 1 and 2 inverted residuals (:data:`BLOCKS`).
    """

    code: str

    @classmethod
    def of_blocks(cls, names: Sequence[str]) -> Self:
        """The architecture of eight names of blocks."""
        return cls("".join(_NUMBERS[name] for name in names))

    @classmethod
    def of_index(cls, index: int) -> Self:
        """The architecture of an index: the code read as a number of base 3.

        Raises:
            UserError: the index is out of range.

        >>> MacroArchitecture.of_index(5).code
        '00000012'
        """
        if not 0 <= index < NUM_ARCHITECTURES:
            raise UserError(f"architecture index {index} is out of range; valid are 0 to {NUM_ARCHITECTURES - 1}")
        digits = []
        for _ in range(NUM_LAYERS):
            index, digit = divmod(index, len(BLOCKS))
            digits.append(str(digit))
        return cls("".join(reversed(digits)))

    @property
    def index(self) -> int:
        """Position among all codes, in their order."""
        return int(self.code, len(BLOCKS))

    @property
    def key(self) -> str:
        """The code."""
        return self.code

    @property
    def class_key(self) -> str:
        """The code of :meth:`canonical`."""
        return self.canonical().code

    @property
    def invalid(self) -> None:
        """None: every code makes a network."""
        return

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What each layer is."""
        return tuple(BLOCKS[int(digit)] for digit in self.code)

    @property
    def params(self) -> Mapping[str, str]:
        """The block of each layer, by the layer's name."""
        return dict(zip(LAYERS, (block.name for block in self.blocks), strict=True))

    @property
    def stages(self) -> tuple[str, ...]:
        """The code of each stage."""
        return tuple(self.code[first : first + count] for first, count in zip(FIRST_LAYERS, STAGES, strict=True))

    def canonical(self) -> Self:
        """The architecture that stands for all that compute the same function.

        An identity within a stage passes its input on, so it may stand anywhere after the stage's first layer, where
        it is a strided convolution: it moves to the end of its stage.

        >>> MacroArchitecture("00" "201" "001").canonical().code
        '00210010'
        """
        return type(self)("".join(_identities_last(stage) for stage in self.stages))

    def neighbours(self) -> list[Self]:
        """The 16 architectures that differ in one layer."""
        return [
            type(self)(f"{self.code[:layer]}{number}{self.code[layer + 1 :]}")
            for layer, digit in enumerate(self.code)
            for number in range(len(BLOCKS))
            if number != int(digit)
        ]


def _identities_last(stage: str) -> str:
    first, rest = stage[0], stage[1:]
    kept = rest.replace(str(IDENTITY), "")
    return first + kept.ljust(len(rest), str(IDENTITY))
