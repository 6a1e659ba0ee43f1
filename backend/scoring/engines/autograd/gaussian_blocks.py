"""A Gaussian network on Gaussian images: spectra of each block's features, and what goes back through the block."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn

from backend.errors import UserError
from backend.scoring.engines.autograd.calls import ForwardMode
from backend.scoring.engines.autograd.responses import plain_vectors
from backend.scoring.engines.autograd.subject import ModuleSubject, said_of, slopes
from backend.scoring.engines.blocks import IMAGES, covariance, pullback, spectra
from backend.scoring.runtime import make_generator, upload
from backend.spaces.task import map_leaves


def gaussian_blocks(subject: ModuleSubject) -> dict[str, Any]:
    """One forward pass, and one sweep back through each block on its own.

    Returns:
        block_spectra and block_pullbacks.

    Raises:
        UserError: what is said to be the blocks is not.
    """
    generator = make_generator(subject.seed, "gaussian blocks")

    def draw(shape: Sequence[int], like: Tensor, deviation: float = 1.0) -> Tensor:
        return upload(torch.randn(tuple(shape), generator=generator).mul_(deviation), like)

    kaiming = {id(layer): draw(layer.shape, layer, sqrt(2 / layer[0].numel())) for layer in subject.layers}
    images = map_leaves(lambda leaf: draw((IMAGES, *leaf.shape[1:]), leaf), subject.images)
    places = kaiming | plain_vectors(subject.network)
    seen = list[_Block]()
    for module in _named_blocks(subject):
        seen.append(_Block(module, seen[-1] if seen else None, generator))
    with subject.running(), ExitStack() as hooks:
        for block in seen:
            hooks.enter_context(block.module.register_forward_pre_hook(block.before))
            hooks.enter_context(block.module.register_forward_hook(block.after))
        subject.forward(ForwardMode(subject.seed, places=places), images)
    covariances = [block.covariance for block in seen if block.covariance is not None]
    if missed := [block.number for block in seen if block.covariance is None]:
        raise UserError(f"blocks: the network's forward does not call block {missed[0]}")
    with said_of("the features of its blocks have no spectra"):
        found = spectra(covariances)
    return {
        "block_spectra": found,
        "block_pullbacks": tuple(block.pullback for block in seen[1:]),
    }


class _Block:
    """The stem, number 0, or a block, as it is called: cut off from what is before and behind it."""

    def __init__(self, module: nn.Module, before: _Block | None, generator: torch.Generator) -> None:
        self.module, self._before, self._generator = module, before, generator
        self.number: int = before.number + 1 if before else 0
        self.covariance: Tensor | None = None
        self.pullback: Tensor | None = None
        self._input: Tensor | None = None

    def before(self, _module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Begin a graph at the block's input."""
        if self.covariance is not None:
            raise UserError(f"blocks: the network's forward calls block {self.number} more than once")
        if self._before is None:
            return None
        if self._before.covariance is None:
            raise UserError(f"blocks: block {self.number} is called before block {self._before.number} has ended")
        if not given or not _is_map(given[0]):
            raise UserError(f"blocks: block {self.number} does not take a feature map: {_SHAPES}")
        self._input = given[0].detach().requires_grad_()
        return self._input, *given[1:]

    def after(self, _module: nn.Module, _given: tuple[Any, ...], output: Any) -> Tensor:
        """Note what the block makes, and what goes back through it; nothing behind it goes back further."""
        if not _is_map(output):
            raise UserError(f"blocks: block {self.number} does not return a feature map: {_SHAPES}")
        self.covariance = covariance(output.detach())
        if self._input is not None:
            signs = torch.randint(2, tuple(output.shape), generator=self._generator, dtype=torch.float32)
            cotangent = upload(signs.mul_(2).sub_(1), output)
            (back,) = slopes(output, [self._input], grad_outputs=cotangent)
            with said_of(f"block {self.number} changes the positions of its input other than by a stride"):
                self.pullback = pullback(back, cotangent)
            self._input = None
        detached: Tensor = output.detach()
        return detached


_SHAPES = "expected one tensor (B, C, H, W), or (B, T, C) of tokens"


def _is_map(value: object) -> bool:
    return isinstance(value, Tensor) and value.dim() in {3, 4}


def _named_blocks(subject: ModuleSubject) -> list[nn.Module]:
    """The stem and the blocks, which are modules of the network."""
    assert subject.blocks is not None
    with said_of("its blocks cannot be told"):
        named = list(subject.blocks(subject.network))
    modules = set(map(id, subject.network.modules()))
    if len(named) < 2 or len(set(map(id, named))) < len(named) or not set(map(id, named)) <= modules:
        raise UserError("blocks: expected the stem and at least one block, different modules of the network")
    return named
