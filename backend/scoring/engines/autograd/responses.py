"""The passes on other weights and inputs: synaptic flow, and the response to a small change of Gaussian images."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from backend.proxies.observations import ZenResponse
from backend.scoring.engines.autograd.calls import ForwardMode
from backend.scoring.engines.autograd.large import LargeForward, exponent
from backend.scoring.engines.autograd.observer import Observer
from backend.scoring.engines.autograd.subject import ModuleSubject, said_of, slopes
from backend.scoring.runtime import make_generator, to_double, upload
from backend.spaces.building import make_seeded
from backend.spaces.task import Task, Tree, leaves, map_leaves

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, nn.GroupNorm, nn.LayerNorm)


def synaptic_flow(subject: ModuleSubject) -> dict[str, Any]:
    """One forward and backward pass of one example of ones in float64, without norms and with absolute parameters.

    A flow that does not fit float64 is computed once more, with powers of two beside the numbers.

    Returns:
        The observations synaptic_flows and flow_scale.
    """
    network = subject.network
    places = {id(weight): to_double(weight.detach()).abs() for weight in network.parameters()}
    places |= {id(buffer): to_double(buffer) for buffer in network.buffers() if buffer.is_floating_point()}
    weights = [places[id(layer)].requires_grad_() for layer in subject.layers]

    def flows(kind: type[ForwardMode]) -> tuple[tuple[Tensor, ...], int]:
        with subject.running():
            ones = map_leaves(lambda leaf: torch.ones_like(to_double(leaf[:1])), subject.images)
            outputs = subject.forward(kind(subject.seed, places=places, norms=False, double=True), ones)
            found = slopes(outputs.sum(), weights)
        pairs = zip(weights, found, strict=True)
        return tuple((weight.detach() * slope).abs() for weight, slope in pairs), exponent(outputs)

    found, power = flows(ForwardMode)
    if not torch.stack([flow.sum() for flow in found]).isfinite().all():
        found, power = flows(LargeForward)
    return {"synaptic_flows": found, "flow_scale": power * math.log(2)}


REPEATS = 4
"""Networks whose scores are averaged: the score varies by about 1% from one draw of the weights to the next."""

IMAGES = 8
"""Images of each repeat; more of them hardly make the score steadier."""

MIXTURE = 0.01
"""How much noise changes the images."""


def zen_responses(subject: ModuleSubject) -> tuple[ZenResponse, ...]:
    """Two forward passes a repeat; the images of the subject give no more than their size."""
    vectors = plain_vectors(subject.network)
    with subject.running(), torch.no_grad():
        return tuple(_respond(subject, vectors, repeat) for repeat in range(REPEATS))


def _respond(subject: ModuleSubject, vectors: dict[int, Tensor], repeat: int) -> ZenResponse:
    generator = make_generator(subject.seed, f"zen {repeat}")

    def draw(like: Tensor) -> Tensor:
        return upload(torch.randn(tuple(like.shape), generator=generator), like)

    places = {id(layer): draw(layer) for layer in subject.layers} | vectors
    images = map_leaves(lambda leaf: draw(leaf[:1].expand(IMAGES, *leaf.shape[1:])), subject.images)
    changed = map_leaves(lambda leaf: leaf + MIXTURE * draw(leaf), images)

    def respond(given: Tree, *, measured: bool) -> _Features:
        watching = _Features(subject, given, places, measured)
        subject.forward(watching, given)
        return watching

    before, after = respond(images, measured=True), respond(changed, measured=False)
    change = (before.features - after.features).abs().flatten(1).sum(1).mean()
    return ZenResponse(change, torch.stack(before.variances))


def plain_vectors(network: nn.Module) -> dict[int, Tensor]:
    """By ``id`` of the parameter: ones for the scales of norms, zeros for all offsets and biases."""
    found = {}
    for module in network.modules():
        for name, weight in module.named_parameters(recurse=False):
            if weight.dim() < 2 and (name == "bias" or isinstance(module, _NORMS)):
                found[id(weight)] = torch.full_like(weight, float(name != "bias"))
    return found


def _variances(value: Tensor) -> Tensor:
    """Of each channel, over the batch and all positions."""
    if value.device.type == "cpu":
        # What batch norms measure theirs with, in a third of the time.
        return torch.batch_norm_update_stats(value, None, None, 0.0)[1]
    return value.var([axis for axis in range(value.dim()) if axis != 1], correction=0)


REGION_BATCHES, REGION_INPUTS = 3, 1_000
"""How many Gaussian inputs a thin copy gets, batch by batch."""


def region_patterns(subject: ModuleSubject) -> Tensor:
    """Forward passes of 3 × 1000 Gaussian inputs through the thin copy, in train mode.

    Returns:
        Which of its ReLU units are on, bool (3000, units).

    Raises:
        UserError: the space gives no module and shape, or the module does not take such inputs.
    """
    assert subject.thin is not None
    with said_of("its thin copy cannot be made"):
        network, shape = make_seeded(subject.thin, subject.seed)
        generator = make_generator(subject.seed, "linear regions")
        drawn = upload(torch.randn((REGION_BATCHES, REGION_INPUTS, *shape), generator=generator), subject.device)
        network = network.to(subject.device)
    thin = ModuleSubject("its thin copy", lambda: network, drawn[0], None, subject.seed, task=Task(drawn[0]))
    with thin.running(), torch.no_grad():
        return torch.cat([_Patterns(thin, batch.clone()).codes for batch in drawn])


class _Patterns(Observer):
    """Notes which units are on, as the forward of a thin copy runs."""

    def __init__(self, subject: ModuleSubject, batch: Tensor) -> None:
        super().__init__(subject.network, batch, subject.seed)
        self._relus, self._count, self._codes = subject.structure.relus, len(batch), list[Tensor]()
        self._relus_seen = 0
        self._nothing = torch.zeros((len(batch), 0), dtype=torch.bool, device=batch.device)
        subject.forward(self, batch)

    @property
    def codes(self) -> Tensor:
        """Which units are on, bool (inputs, units), of the ReLUs that the outputs depend on."""
        return torch.cat([self._nothing, *self._codes], dim=1).cpu()

    def before_relu(self, value: Tensor) -> None:
        """See `Observer`."""
        number, self._relus_seen = self._relus_seen, self._relus_seen + 1
        seen = self._relus[number]
        if seen.live and seen.examples is not None:
            self._codes.append((seen.examples.first(value, self._count) > 0).flatten(1))


class _Features(Observer):
    """Keeps the feature maps before the last global pooling, and the batch norms' variances.

    Args:
        subject: the network.
        batch: what its forward gets.
        places: see `ForwardMode`.
        measured: whether the variances are wanted.
    """

    def __init__(self, subject: ModuleSubject, batch: Tree, places: dict[int, Tensor], measured: bool) -> None:
        super().__init__(subject.network, batch, subject.seed, places=places)
        self._structure, self._norms_seen, self._collapses_seen = subject.structure, 0, 0
        self._measured = measured
        self.variances: list[Tensor] = []
        self.features = next(leaves(batch))

    def on_batch_norm(self, value: Tensor, _result: Tensor) -> None:
        """See `Observer`."""
        number, self._norms_seen = self._norms_seen, self._norms_seen + 1
        norms = self._structure.batch_norms
        if self._measured and number < len(norms) and norms[number]:
            self.variances.append(_variances(value).mean())

    def on_collapse(self, value: Tensor, _result: Tensor) -> None:
        """See `Observer`."""
        if self._collapses_seen == self._structure.collapse:
            self.features = value.clone()
        self._collapses_seen += 1
