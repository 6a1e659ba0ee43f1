"""One forward and backward pass in train mode: the observations that most proxies share."""

from __future__ import annotations

from collections.abc import Set

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.agreement import agreement
from backend.scoring.devices import to_double
from backend.scoring.subject import Subject
from backend.scoring.training import logits, tracked


def training_step(subject: Subject, wanted: Set[str]) -> dict[str, object]:
    """The wanted ones of gradients, saliencies, input_gradients, relu_agreement and layer_agreements.

    Without one of the first three among them there is no backward pass.
    """
    live = subject.live
    to_weights = not wanted.isdisjoint({"gradients", "saliencies"})
    to_images = "input_gradients" in wanted
    recorder = _Recorder(wanted)
    observed: dict[str, object] = {}
    with torch.set_grad_enabled(to_weights or to_images):
        weights = tracked(live.weights) if to_weights else live.weights
        images = subject.images.detach().requires_grad_(to_images)
        outputs = logits(live, weights, images, on_layer=recorder.on_layer, on_relu=recorder.on_relu)
        if to_images:
            (gradients,) = torch.autograd.grad(outputs.sum(), images, retain_graph=to_weights)
            observed["input_gradients"] = to_double(gradients.flatten(1))
        if to_weights:
            saliencies = recorder.watch_saliencies()
            observed["gradients"] = torch.autograd.grad(
                functional.cross_entropy(outputs, subject.known_labels()), weights
            )
            observed["saliencies"] = tuple(saliencies[number] for number in sorted(saliencies))
    return {name: value for name, value in (observed | recorder.agreements()).items() if name in wanted}


class _Recorder:
    """Notes what the forward pass shows and, on demand, the backward pass."""

    def __init__(self, wanted: Set[str]) -> None:
        self._wanted = wanted
        self._outputs: dict[int, Tensor] = {}
        self._layers: dict[int, Tensor] = {}
        self._relus: list[Tensor] = []

    def on_layer(self, number: int, output: Tensor) -> None:
        if "layer_agreements" in self._wanted:
            self._layers[number] = to_double(agreement(output))
        if "saliencies" in self._wanted:
            self._outputs[number] = output

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

    def watch_saliencies(self) -> dict[int, Tensor]:
        """Fills the dictionary that it returns while the next backward pass runs; forgets the outputs."""
        saliencies: dict[int, Tensor] = {}

        def watch(number: int, output: Tensor) -> None:
            values = output.detach()  # the output itself would hold on to the graph that holds on to the hook

            def note(gradient: Tensor) -> None:
                product = values * gradient
                saliencies[number] = product.sum((2, 3)) if product.dim() == 4 else product

            output.register_hook(note)  # type: ignore[no-untyped-call]

        for number, output in self._outputs.items():
            watch(number, output)
        self._outputs.clear()
        return saliencies
