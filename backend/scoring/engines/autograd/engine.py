"""The generic scoring engine: the proxies of any module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch

from backend.scoring.engine import Pass, Subject
from backend.scoring.engines.autograd.gaussian_blocks import gaussian_blocks
from backend.scoring.engines.autograd.passes import half_gradients, tangent_kernel, training_step
from backend.scoring.engines.autograd.responses import region_patterns, synaptic_flow, zen_responses
from backend.scoring.engines.autograd.subject import ModuleSubject
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.building import build_seeded, count_size
from backend.spaces.capabilities import Blocks, Thin, capability
from backend.spaces.task import Task


class AutogradEngine:
    """Observes any module, in train mode and without dropout."""

    saves_memory = False
    passes: Sequence[Pass] = (
        Pass(
            lambda subject, wanted, _: training_step(subject, wanted),
            frozenset(
                {"gradients", "saliencies", "bare_curvature", "input_gradients", "relu_agreement", "layer_agreements"}
            ),
        ),
        Pass(lambda subject, *_: {"half_gradients": half_gradients(subject)}, frozenset({"half_gradients"})),
        Pass(lambda subject, *_: synaptic_flow(subject), frozenset({"synaptic_flows", "flow_scale"})),
        Pass(lambda subject, *_: {"zen_responses": zen_responses(subject)}, frozenset({"zen_responses"})),
        Pass(lambda subject, *_: gaussian_blocks(subject), frozenset({"block_spectra", "block_pullbacks"})),
        Pass(lambda subject, *_: {"tangent_kernel": tangent_kernel(subject)}, frozenset({"tangent_kernel"})),
        Pass(lambda subject, *_: {"region_patterns": region_patterns(subject)}, frozenset({"region_patterns"})),
    )
    properties: Mapping[str, Callable[[Any], Any]] = {
        "architecture": lambda subject: subject.architecture,
        "size": lambda subject: count_size(subject.network, subject.task),
        "weights": lambda subject: tuple(weight.detach() for weight in subject.layers),
        # Whether a norm makes a layer's scale irrelevant depends on all that reads the layer: nothing is left out.
        "normalised": lambda subject: (False,) * len(subject.layers),
    }

    def check(self, task: Task) -> None:
        """Nothing is asked of a batch but what a network's forward asks of it."""

    def missing(self, subject: Subject, requirement: str) -> bool:
        """See `Engine`."""
        assert isinstance(subject, ModuleSubject)
        return not _HAS[requirement](subject)

    def subject(
        self, space: SearchSpace, architecture: Architecture, task: Task, seed: int, device: torch.device
    ) -> ModuleSubject:
        """The architecture's own network."""
        blocks, thin = capability(space, Blocks), capability(space, Thin)
        return ModuleSubject(
            f"{space.words.one} {architecture.key}",
            lambda: build_seeded(space, architecture, task, seed).to(device),
            task.batch,
            task.labels,
            seed,
            architecture=architecture,
            task=task,
            blocks=blocks.blocks if blocks else None,
            thin=partial(thin.thin, architecture) if thin else None,
        )


_HAS: dict[str, Callable[[ModuleSubject], bool]] = {
    "relus": lambda subject: any(relu.live for relu in subject.structure.relus),
    "layer outputs": lambda subject: not subject.structure.hidden,
    "float inputs": lambda subject: subject.takes_floats,
    "convolutions": lambda subject: subject.structure.convolves,
    "batch norms": lambda subject: any(subject.structure.batch_norms),
    "feature maps": lambda subject: subject.structure.collapse is not None,
    "blocks": lambda subject: subject.blocks is not None,
    "thin copy": lambda subject: subject.thin is not None,
}
"""By requirement in `backend.proxies.observations.REQUIREMENTS`, whether a network meets it."""
