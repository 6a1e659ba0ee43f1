"""One forward and backward pass in train mode: the observations that most proxies share."""

from __future__ import annotations

from collections.abc import Set

import torch
from torch import Tensor

from backend.scoring.agreement import agreement
from backend.scoring.backpropagation import Tape
from backend.scoring.devices import to_double
from backend.scoring.loss import loss_slope
from backend.scoring.subject import Subject


@torch.no_grad()
def training_step(subject: Subject, wanted: Set[str]) -> dict[str, object]:
    """The wanted ones of gradients, saliencies, input_gradients, relu_agreement and layer_agreements.

    Without one of the first three among them there is no way back.
    """
    to_weights = not wanted.isdisjoint({"gradients", "saliencies"})
    to_images = "input_gradients" in wanted
    recorder = _Recorder(wanted)
    tape = Tape(
        subject.live,
        recording=to_weights or to_images,
        frugal=subject.frugal,
        on_layer=recorder.on_layer,
        on_relu=recorder.on_relu,
    )
    outputs = tape.logits(subject.images)
    observed = recorder.agreements()
    if to_images:
        gradients = tape.backward(torch.ones_like(outputs), images=True, keep=to_weights).images
        assert gradients is not None, "wanted"
        observed["input_gradients"] = to_double(gradients.flatten(1))
    if to_weights:
        slope = loss_slope(outputs, subject.known_labels())
        found = tape.backward(slope, weights="gradients" in wanted, saliencies="saliencies" in wanted)
        observed["gradients"] = found.in_order(found.weights)
        observed["saliencies"] = found.in_order(found.saliencies)
    return {name: value for name, value in observed.items() if name in wanted}


class _Recorder:
    """Notes what the forward pass shows."""

    def __init__(self, wanted: Set[str]) -> None:
        self._wanted = wanted
        self._layers: dict[int, Tensor] = {}
        self._relus: list[Tensor] = []

    def on_layer(self, number: int, output: Tensor) -> None:
        if "layer_agreements" in self._wanted:
            self._layers[number] = to_double(agreement(output))

    def on_relu(self, value: Tensor, count: int) -> None:
        if "relu_agreement" in self._wanted:
            self._relus.append(count * to_double(agreement(value)))

    def agreements(self) -> dict[str, object]:
        found: dict[str, object] = {}
        if self._relus:
            found["relu_agreement"] = torch.stack(self._relus).sum(0)
        if self._layers:
            found["layer_agreements"] = torch.stack([self._layers[number] for number in sorted(self._layers)])
        return found
