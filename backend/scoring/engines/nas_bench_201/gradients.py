"""The passes that go forward and back on the mini-batch: whole, by halves, and image by image."""

from __future__ import annotations

from collections.abc import Set

import torch
from torch import Tensor

from backend.scoring.engines.agreement import agreement
from backend.scoring.engines.nas_bench_201.backpropagation import Tape
from backend.scoring.engines.nas_bench_201.curvature import curvature
from backend.scoring.engines.nas_bench_201.subject import CellSubject
from backend.scoring.runtime import to_double


def loss_slope(logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient at the logits, (softmax − one-hot)/B; (B, num_classes).

    Args:
        logits: (B, num_classes).
        labels: (B,).
    """
    slope = logits.softmax(1)
    slope.scatter_add_(1, labels[:, None], slope.new_full((len(labels), 1), -1.0))
    return slope / len(labels)


@torch.no_grad()
def training_step(subject: CellSubject, wanted: Set[str]) -> dict[str, object]:
    """The wanted ones of gradients, bare_curvature, saliencies, input_gradients, relu_agreement and layer_agreements.

    Without one of the first four among them there is no way back.
    """
    curved = "bare_curvature" in wanted
    to_weights = curved or not wanted.isdisjoint({"gradients", "saliencies"})
    to_images = "input_gradients" in wanted
    recorder = _Recorder(wanted)
    tape = Tape(
        subject.live,
        recording=to_weights or to_images,
        frugal=subject.frugal or (curved and _output_bytes(subject) > KEPT_BYTES),
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
        labels = subject.known_labels()
        found = tape.backward(
            loss_slope(outputs, labels),
            weights=curved or "gradients" in wanted,
            saliencies="saliencies" in wanted,
            trace=curved,
        )
        observed["gradients"] = found.in_order(found.weights)
        observed["saliencies"] = found.in_order(found.saliencies)
        if found.trace:
            slopes = found.in_order(found.weights)
            observed["bare_curvature"] = curvature(subject.live, slopes, found.trace, outputs, labels)
    return {name: value for name, value in observed.items() if name in wanted}


KEPT_BYTES = 2**30
"""Up to how many bytes of convolutions' outputs a curvature's trace holds; of more, blocks are computed once more."""


def _output_bytes(subject: CellSubject) -> int:
    """Of all convolutions: twice the channels have a quarter of the pixels."""
    height, width = subject.images.shape[2:]
    stem, *others = (len(weight) for weight in subject.live.weights[:-1])
    widest = 4 * subject.count * stem * height * width
    return sum(widest * stem // channels for channels in (stem, *others))


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


@torch.no_grad()
def half_batches(subject: CellSubject) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A forward and backward pass for each half, which has its own batch statistics and fresh gradients."""
    middle = len(subject.images) // 2
    labels = subject.known_labels()

    def gradients(half: slice) -> tuple[Tensor, ...]:
        tape = Tape(subject.live, frugal=subject.frugal)
        slope = loss_slope(tape.logits(subject.images[half]), labels[half])
        found = tape.backward(slope, weights=True)
        return found.in_order(found.weights)

    return gradients(slice(middle)), gradients(slice(middle, None))


IMAGES = 16
"""Images at most: each costs a backward pass, since the batch statistics couple them."""


@torch.no_grad()
def tangent_kernel(subject: CellSubject) -> Tensor:
    """One forward pass in train mode and a sweep back for each image."""
    tape = Tape(subject.live, frugal=subject.frugal)
    outputs = tape.logits(subject.images[:IMAGES])
    rows = []
    for image in range(len(outputs)):
        cotangents = torch.zeros_like(outputs)
        cotangents[image] = 1
        found = tape.backward(cotangents, weights=True, keep=True)
        rows.append(found.in_order(found.weights))
    jacobians = (to_double(torch.stack(layer)).flatten(1) for layer in zip(*rows, strict=True))
    return torch.stack([jacobian @ jacobian.T for jacobian in jacobians]).sum(0)
