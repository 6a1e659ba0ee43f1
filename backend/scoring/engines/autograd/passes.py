"""The passes on the mini-batch and the network's own weights: one shared by most proxies, and a few of their own."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import partial
from typing import Any

import torch
from torch import Tensor

from backend.errors import UserError
from backend.scoring.engines.agreement import agreement
from backend.scoring.engines.autograd.calls import ForwardMode
from backend.scoring.engines.autograd.observer import Examples, Observer, Seen, Use
from backend.scoring.engines.autograd.subject import ModuleSubject, slopes
from backend.scoring.engines.autograd.twice import Twice
from backend.scoring.runtime import to_double
from backend.spaces.task import leaves, map_leaves

_UNITS = 2**22
"""Units whose agreement is counted at once: float32 counts to 2²⁴."""


def training_step(subject: ModuleSubject, wanted: Set[str]) -> dict[str, Any]:
    """The wanted ones of gradients, saliencies, bare_curvature, input_gradients, relu_agreement and layer_agreements.

    One forward pass; one way back for the loss and one for the inputs, if they are wanted; and for the curvature, Σ w ⊙
    (Hg) over all layers, the gradient is differentiated once more, along itself.
    """
    to_weights = not wanted.isdisjoint({"gradients", "saliencies", "bare_curvature"})
    to_inputs, is_curved = "input_gradients" in wanted, "bare_curvature" in wanted
    structure = subject.structure
    with subject.running():
        inputs = subject.examples()
        if to_inputs:
            for leaf in leaves(inputs):
                leaf.requires_grad_()
        batch = map_leaves(torch.clone, inputs) if to_inputs else inputs
        twice = Twice(structure.layers) if is_curved else None
        watching = _Training(subject, batch, wanted, twice)
        with torch.set_grad_enabled(to_weights or to_inputs):
            outputs = subject.forward(watching, batch)
        observed = watching.agreements()
        if to_inputs:
            with Twice.inputs_alone(twice):
                found = slopes(outputs.sum(), list(leaves(inputs)), retain_graph=to_weights)
            observed["input_gradients"] = torch.cat([to_double(each.flatten(1)) for each in found], 1)
        if to_weights:
            loss = subject.loss(outputs)
            watching.going_back = True
            found = slopes(loss, structure.layers, create_graph=is_curved)
            watching.going_back = False
            observed["gradients"] = tuple(gradient.detach() for gradient in found)
            observed["saliencies"] = watching.saliencies()
            if twice is not None:
                observed["bare_curvature"] = _curvature(twice, structure.layers, found)
        elif not outputs.isfinite().all():
            raise UserError("network: its outputs are not finite: NaN or infinity")
    return {name: value for name, value in observed.items() if name in wanted}


def _curvature(twice: Twice, layers: Sequence[Tensor], gradients: Sequence[Tensor]) -> float:
    half_square = torch.stack([(gradient * gradient.detach()).sum() for gradient in gradients]).sum()
    if not half_square.requires_grad:
        return 0.0  # a loss that is linear in the weights
    twice.again = True
    products = slopes(half_square, layers)
    rest = [
        (to_double(weight.detach()) * to_double(product)).sum()
        for weight, product in zip(layers, products, strict=True)
    ]
    return float(torch.stack(rest).sum() + twice.total)


class _Kept:
    """The output of a layer, as it was when the layer gave it."""

    def __init__(self, output: Tensor) -> None:
        self.value = output.detach()


class _Training(Observer):
    """Notes what the shared pass shows.

    Args:
        subject: the network.
        batch: what its forward gets.
        wanted: names of observations.
        twice: see `ForwardMode`.

    Attributes:
        going_back: whether the sweep back is that of the loss.
    """

    def __init__(self, subject: ModuleSubject, batch: object, wanted: Set[str], twice: Twice | None) -> None:
        super().__init__(subject.network, batch, subject.seed, twice=twice)
        self._structure, self._examples = subject.structure, subject.count
        self._layers = {id(weight): number for number, weight in enumerate(self._structure.layers)}
        self._saliencies_wanted = "saliencies" in wanted
        self._agreements_wanted, self._relus_wanted = "layer_agreements" in wanted, "relu_agreement" in wanted
        self._uses_seen = self._relus_seen = 0
        self._relu_agreement: Tensor | None = None
        self._agreements: dict[int, Tensor] = {}
        self._parts: dict[int, dict[tuple[int, ...], Tensor]] = {}
        self._kept: dict[int, list[_Kept]] = {}
        self.going_back = False

    def on_use(self, use: Use, output: Tensor) -> None:
        """See `Observer`."""
        number, self._uses_seen = self._uses_seen, self._uses_seen + 1
        seen = _nth(self._structure.uses, number, use.name)
        if not seen.live or seen.examples is None:
            return
        if self._agreements_wanted:
            counts = _agreement(seen.examples.first(output.detach(), self._examples))
            for key, _ in use.parts:
                if (layer := self._layers.get(key)) is not None:
                    self._agreements[layer] = self._agreements[layer] + counts if layer in self._agreements else counts
        if self._saliencies_wanted:
            kept = _Kept(output)
            self._kept.setdefault(output.untyped_storage().data_ptr(), []).append(kept)
            output.register_hook(partial(self._go_back, use, seen.examples, kept))  # type: ignore[no-untyped-call]

    def before_relu(self, value: Tensor) -> None:
        """See `Observer`."""
        number, self._relus_seen = self._relus_seen, self._relus_seen + 1
        seen = _nth(self._structure.relus, number, "relu")
        if self._relus_wanted and seen.live and seen.examples is not None:
            counts = _agreement(seen.examples.first(value.detach(), self._examples))
            self._relu_agreement = counts if self._relu_agreement is None else self._relu_agreement + counts

    def before_change(self, value: Tensor) -> None:
        """See `Observer`."""
        for kept in self._kept.pop(value.untyped_storage().data_ptr(), ()):
            kept.value = kept.value.clone()

    def agreements(self) -> dict[str, Any]:
        """What was counted on the way forward."""
        found: dict[str, Any] = {}
        if self._relu_agreement is not None:
            found["relu_agreement"] = self._relu_agreement
        if self._agreements:
            nothing = torch.zeros_like(next(iter(self._agreements.values())))
            layers = range(len(self._structure.layers))
            found["layer_agreements"] = torch.stack([self._agreements.get(layer, nothing) for layer in layers])
        return found

    def saliencies(self) -> tuple[Tensor, ...]:
        """Of each layer, (B, C_out); without channels for one that multiplies nothing, such as a position's code."""
        nothing = torch.zeros(self._examples, 0, device=self._structure.layers[0].device)
        found = [list(self._parts.get(layer, {}).values()) for layer in range(len(self._structure.layers))]
        return tuple(torch.cat(parts, 1) if parts else nothing for parts in found)

    def _go_back(self, use: Use, examples: Examples, kept: _Kept, slope: Tensor) -> None:
        if not self.going_back:
            return
        product = (kept.value * slope.detach()).movedim(use.channels, -1)
        # The examples' dimension comes before the channels', so moving these has shifted it only if it was behind.
        axis = examples.axis - (examples.axis > use.channels)
        by_example = examples._replace(axis=axis).first(product, self._examples)
        sums = by_example.flatten(1, -2).sum(1)
        for key, part in use.parts:
            if (layer := self._layers.get(key)) is not None:
                parts, name = self._parts.setdefault(layer, {}), (*part, sums.shape[1])
                parts[name] = parts[name] + sums if name in parts else sums


def _nth(seen: Sequence[Seen], number: int, name: str) -> Seen:
    """What was found when the forward was scouted, in the same place.

    Raises:
        UserError: the forward has done something else now.
    """
    if number >= len(seen) or seen[number].name != name:
        raise UserError("network: its forward does not do the same for each batch, so its layers have no outputs")
    return seen[number]


def _agreement(values: Tensor) -> Tensor:
    """Of each two examples, in how many units their codes are equal; (B, B), float64.

    Args:
        values: (B, of one example, …).
    """
    images = values[:, 0] if values.shape[1] == 1 else values
    if values[0].numel() <= _UNITS:
        # Flattened first where that is a view; channels that are last in memory are one as they are.
        return to_double(agreement(images.flatten(1) if images.is_contiguous() else images))
    parts = torch.split(images.reshape(len(images), -1), _UNITS, dim=1)
    return torch.stack([to_double(agreement(part)) for part in parts]).sum(0)


def half_gradients(subject: ModuleSubject) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A forward and backward pass for each half, which has its own batch statistics."""
    middle = subject.count // 2

    def gradients(half: slice) -> tuple[Tensor, ...]:
        outputs = subject.forward(ForwardMode(subject.seed), subject.examples(half))
        return slopes(subject.loss(outputs, half), subject.layers)

    with subject.running():
        return gradients(slice(middle)), gradients(slice(middle, None))


EXAMPLES = 16
"""Examples at most: each costs a backward pass, since batch statistics couple them."""


def tangent_kernel(subject: ModuleSubject) -> Tensor:
    """One forward pass in train mode and a sweep back for each example."""
    with subject.running():
        outputs = subject.forward(ForwardMode(subject.seed), subject.examples(slice(EXAMPLES)))
        count = min(EXAMPLES, subject.count)
        if outputs.dim() == 0 or outputs.shape[0] % count:
            raise UserError(f"network: expected outputs (B, …) of {count} examples, got {tuple(outputs.shape)}")
        rows = []
        for example in range(count):
            cotangents = outputs.new_zeros(outputs.shape)
            cotangents.view(count, -1)[example] = 1
            rows.append(slopes(outputs, subject.layers, grad_outputs=cotangents, retain_graph=True))
        jacobians = (to_double(torch.stack(layer)).flatten(1) for layer in zip(*rows, strict=True))
        return torch.stack([jacobian @ jacobian.T for jacobian in jacobians]).sum(0)
