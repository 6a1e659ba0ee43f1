"""What the generic engine observes: any module, the task that it is scored on, and how its forward is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from backend.errors import UserError
from backend.scoring.engine import Subject
from backend.scoring.engines.autograd.calls import ForwardMode
from backend.scoring.engines.autograd.observer import Scout, Structure
from backend.scoring.runtime import is_out_of_memory
from backend.spaces.base import Architecture
from backend.spaces.building import preserved
from backend.spaces.task import Task, Tree, leaves, map_leaves

_CHECKPOINTS = "it computes activations a second time on the way back (checkpoints), unseen; switch that off"


@dataclass(frozen=True)
class ModuleSubject(Subject):
    """A module, and the task that it is scored on.

    Attributes:
        architecture: that the module was built of; None for a module of the user's own.
        task: loss and outputs; `images` and `labels` are its batch and labels on the module's device.
        blocks: gives the stem and the blocks of the network, as `backend.spaces.capabilities.Blocks`; None where
            nothing says what these are.
        thin: gives a thin copy and the shape of one of its inputs, as `backend.spaces.capabilities.Thin`; None where
            there is none.
    """

    architecture: Architecture | None = field(default=None, kw_only=True)
    task: Task = field(kw_only=True)
    blocks: Callable[[nn.Module], Sequence[nn.Module]] | None = field(default=None, kw_only=True)
    thin: Callable[[], tuple[nn.Module, tuple[int, ...]]] | None = field(default=None, kw_only=True)

    @cached_property
    def network(self) -> nn.Module:
        """The network, in its own mode.

        Raises:
            UserError: it has weights without values, or is compiled where its forward cannot be seen.
        """
        network = self.build()
        network = getattr(network, "_orig_mod", network)  # what torch.compile wraps computes the same
        if any(isinstance(module, torch.jit.ScriptModule) for module in network.modules()):
            raise UserError(
                "network: is TorchScript, whose forward cannot be seen; give the module that it was made of"
            )
        if any(isinstance(weight, UninitializedParameter) for weight in network.parameters()):
            raise UserError("network: has lazy modules whose weights have no shape yet; run it on a batch first")
        return network

    @cached_property
    def structure(self) -> Structure:
        """What the forward does, from a forward pass of two examples, or of three where the batch has two.

        Where it is not sure along which dimension the examples are, one more pass takes them in another order.

        Raises:
            UserError: it fails, or its outputs depend on no weight.
        """
        few = 3 if self.count == 2 else 2
        with self._running():
            batch = map_leaves(lambda leaf: torch.cat([leaf] * few)[:few], self.examples(slice(few)))
            copied = map_leaves(torch.clone, batch)
            scout = Scout(self.network, batch, self.seed)
            outputs = self.forward(scout, batch)
            if scout.unsure:
                rolled = Scout(self.network, map_leaves(lambda leaf: leaf.roll(1, 0), copied), self.seed)
                self.forward(rolled, rolled.batch)
                scout.settle(rolled)
            found = scout.found(outputs)
        if any(node.startswith("CheckpointFunction") for node in found.nodes):
            raise UserError(f"network: {_CHECKPOINTS}")
        if not outputs.is_floating_point():
            raise UserError(f"network: expected outputs of floating point, got {outputs.dtype}")
        if not found.layers:
            said = "its outputs depend on no weight of two dimensions or more that requires gradients"
            raise UserError(f"network: {said}")
        return found

    @property
    def layers(self) -> tuple[Tensor, ...]:
        """The weights of two dimensions or more that the outputs depend on, each once."""
        return self.structure.layers

    @property
    def takes_floats(self) -> bool:
        """Whether all of the batch is numbers that gradients can be taken at, and noise added to."""
        return all(leaf.is_floating_point() for leaf in leaves(self.images))

    def examples(self, part: slice = slice(None)) -> Tree:
        """A copy of some examples of the batch, which the forward may change."""
        return map_leaves(lambda leaf: leaf[part].detach().clone(), self.images)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Train mode with gradients, after which the network is as before.

        Modules without parameters and buffers are in evaluation mode: all that training changes in them is noise, such
        as that of dropout and of stochastic depth.
        """
        # The structure is found before: it puts the buffers back, which a way back may have to read.
        assert self.structure.layers
        with self._running():
            yield

    @contextmanager
    def _running(self) -> Iterator[None]:
        with preserved(self.network), torch.inference_mode(False), torch.enable_grad(), _exact(self.device):
            for module in self.network.modules():
                module.training = any(True for _ in module.parameters()) or any(True for _ in module.buffers())
            yield

    def forward(self, mode: ForwardMode, batch: Tree) -> Tensor:
        """The outputs for a batch, seen by a mode.

        Raises:
            UserError: the forward fails, or does not give a tensor.
        """
        with said_of("its forward fails"), torch.autograd.graph.disable_saved_tensors_hooks(_CHECKPOINTS), mode:
            return self.task.forward(self.network, batch)

    def loss(self, outputs: Tensor, part: slice = slice(None)) -> Tensor:
        """The loss of outputs.

        Args:
            outputs: for some examples.
            part: which ones.

        Raises:
            UserError: they are not finite, or the loss fails or is no scalar.
        """
        if not outputs.isfinite().all():
            raise UserError("network: its outputs are not finite: NaN or infinity")
        with said_of("the loss of its outputs and these labels fails"):
            found = self.task.loss(outputs, map_leaves(lambda leaf: leaf[part], self.known_labels()))
        if not isinstance(found, Tensor) or found.numel() != 1:
            shape = f"a tensor {tuple(found.shape)}" if isinstance(found, Tensor) else f"a {type(found).__name__}"
            raise UserError(f"loss: expected a scalar, such as the mean over the batch, got {shape}")
        if not found.isfinite():
            raise UserError("loss: is not finite: NaN or infinity")
        return found.reshape(())


@contextmanager
def said_of(what: str) -> Iterator[None]:
    """Says in one line what goes wrong in the user's code; too little memory is not their code's.

    Args:
        what: that fails, as in "its forward fails".
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        reason = (str(error).strip().splitlines() or [""])[0]
        raise UserError(f"network: {what}: {type(error).__name__}: {reason}") from error


def slopes(target: Tensor, inputs: Any, **given: Any) -> tuple[Tensor, ...]:
    """Derivatives of a scalar; zeros where it does not depend on an input.

    Args:
        target: the scalar, or with `grad_outputs` any tensor.
        inputs: tensors.
        **given: of `torch.autograd.grad`.
    """
    with said_of("its backward pass fails"):
        found: tuple[Tensor, ...] = torch.autograd.grad(
            target, inputs, allow_unused=True, materialize_grads=True, **given
        )
    return found


@contextmanager
def _exact(device: torch.device) -> Iterator[None]:
    """The precision of the network's own numbers, whatever the caller's."""
    with torch.autocast(device.type, enabled=False):
        yield
