"""What the networks of both spaces share: a stem, and modules of two blocks that may widen the features or shrink them.

A backbone is a string such as ``"41414"``, a digit a module (:data:`MODULES`). The first block of a module makes its
change.
"""

from __future__ import annotations

from typing import Final, NamedTuple

BASE_CHANNELS: Final = 64
"""Channels behind the stem, which divides height and width by four."""
STEM_CHANNELS: Final = BASE_CHANNELS // 2
BLOCKS_A_MODULE: Final = 2
IMAGE_SIZE: Final = 64
"""Side that images are resized to unless a search file says another; the benchmark trained on 256×256."""
TASKS: Final = {
    "class_scene": 25,
    "class_object": 25,
    "room_layout": 25,
    "jigsaw": 10,
    "segmentsemantic": 30,
    "normal": 30,
    "autoencoder": 30,
}
"""The benchmark's tasks, and how many epochs each was trained for."""
TASK_OUTPUTS: Final = {"class_scene": 47, "class_object": 75, "room_layout": 9}
"""Outputs of the tasks that end in a linear head; of the others the encoder alone is counted."""
TRAINED_SIDE: Final = 256
TASK_SIDES: Final = {task: 64 if task == "jigsaw" else TRAINED_SIDE for task in TASKS}
"""Side of the images that a task's encoder sees: of jigsaw one of nine tiles."""


class Module(NamedTuple):
    """What a module can be.

    Attributes:
        name: as Optuna stores it, and tables call it.
        shown: what pages call it.
        widens: whether it doubles the channels.
        shrinks: whether it halves height and width.
    """

    name: str
    shown: str
    widens: bool
    shrinks: bool


MODULES: Final = {
    "1": Module("keep", "keep", widens=False, shrinks=False),
    "2": Module("double_channels", "2× channels", widens=True, shrinks=False),
    "3": Module("halve_image", "½ image", widens=False, shrinks=True),
    "4": Module("double_and_halve", "2× channels, ½ image", widens=True, shrinks=True),
}
"""By the digit of a backbone."""


class Block(NamedTuple):
    """A block of a backbone.

    Attributes:
        channels_in: of its input.
        channels_out: of its output.
        stride: 2 where it halves height and width.
    """

    channels_in: int
    channels_out: int
    stride: int

    @property
    def keeps_shape(self) -> bool:
        """Whether input and output have the same shape."""
        return self.stride == 1 and self.channels_in == self.channels_out


def blocks_of(backbone: str) -> list[Block]:
    """The blocks of a backbone.

    >>> blocks_of("4")
    [Block(channels_in=64, channels_out=128, stride=2), Block(channels_in=128, channels_out=128, stride=1)]
    """
    blocks, channels = [], BASE_CHANNELS
    for digit in backbone:
        module = MODULES[digit]
        wide = channels * (2 if module.widens else 1)
        blocks.append(Block(channels, wide, 2 if module.shrinks else 1))
        blocks += [Block(wide, wide, 1)] * (BLOCKS_A_MODULE - 1)
        channels = wide
    return blocks


def halved(side: int) -> int:
    """Height or width behind a stride of 2, which rounds up."""
    return (side + 1) // 2
