"""Which passes a set of proxies needs, each run once."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend.errors import UserError
from backend.proxies import Proxy
from backend.scoring.memory import is_out_of_memory, keep_freed_memory
from backend.scoring.passes.curvature import curvature
from backend.scoring.passes.gaussian_blocks import gaussian_blocks
from backend.scoring.passes.half_batches import half_batches
from backend.scoring.passes.region_patterns import region_patterns
from backend.scoring.passes.synaptic_flow import synaptic_flow
from backend.scoring.passes.tangent_kernel import tangent_kernel
from backend.scoring.passes.training_step import training_step
from backend.scoring.passes.zen_responses import zen_responses
from backend.scoring.subject import Subject

_log = logging.getLogger(__name__)

Observations = dict[str, Any]
"""Values of observations by their name in `backend.proxies.observations.OBSERVATIONS`."""


@dataclass(frozen=True)
class Pass:
    """One way through the network.

    Attributes:
        run: given the subject, the names wanted and the observations so far, yields the wanted observations.
        gives: names of the observations that it can yield.
        needs: names of those that it starts from; earlier passes yield them.
    """

    run: Callable[[Subject, frozenset[str], Mapping[str, Any]], Observations]
    gives: frozenset[str]
    needs: frozenset[str] = frozenset()


PASSES = (
    Pass(
        lambda subject, wanted, _: training_step(subject, wanted),
        frozenset({"gradients", "saliencies", "input_gradients", "relu_agreement", "layer_agreements"}),
    ),
    Pass(
        lambda subject, _, known: {"bare_curvature": curvature(subject, known["gradients"])},
        frozenset({"bare_curvature"}),
        needs=frozenset({"gradients"}),
    ),
    Pass(lambda subject, *_: {"half_gradients": half_batches(subject)}, frozenset({"half_gradients"})),
    Pass(lambda subject, *_: {"synaptic_flows": synaptic_flow(subject)}, frozenset({"synaptic_flows"})),
    Pass(lambda subject, *_: {"zen_responses": zen_responses(subject)}, frozenset({"zen_responses"})),
    Pass(lambda subject, *_: gaussian_blocks(subject), frozenset({"block_spectra", "block_pullbacks"})),
    Pass(lambda subject, *_: {"tangent_kernel": tangent_kernel(subject)}, frozenset({"tangent_kernel"})),
    Pass(lambda subject, *_: {"region_patterns": region_patterns(subject)}, frozenset({"region_patterns"})),
)
"""All passes, each after those that it starts from."""

_PROPERTIES: dict[str, Callable[[Subject], Any]] = {
    "design": lambda subject: subject.design,
    "weights": lambda subject: subject.live.weights,
    "normalised": lambda subject: tuple(layer.norm is not None for layer in subject.live.layers),
}
"""Observations that take no pass."""

PRIVATE: dict[str, Callable[[Subject], Any]] = {
    "network": lambda subject: copy.deepcopy(subject.network).train(),
    "images": lambda subject: subject.images.clone(),
    "labels": lambda subject: None if subject.labels is None else subject.labels.clone(),
}
"""Observations of which each reader gets a copy: a user's proxy may train the network or change the images."""


class Plan:
    """The passes for a set of proxies, worked out once for many cells.

    Args:
        proxies: what is to be computed.
    """

    def __init__(self, proxies: Iterable[Proxy]) -> None:
        wanted = {name for proxy in proxies for name in proxy.reads}
        steps: list[tuple[Pass, frozenset[str]]] = []
        for step in reversed(PASSES):
            if not wanted.isdisjoint(step.gives):
                wanted |= step.needs
                steps.append((step, step.gives & wanted))
        self._steps = tuple(reversed(steps))
        self._properties = tuple(name for name in _PROPERTIES if name in wanted)
        self._frugal = False

    def observe(self, subject: Subject) -> Observations:
        """Runs the passes; all that the proxies read but what is in `PRIVATE`.

        A pass that runs out of memory is run once more in a way that saves it, and so are all later passes.

        Raises:
            UserError: that was not enough.
        """
        keep_freed_memory()
        known: Observations = {name: _PROPERTIES[name](subject) for name in self._properties}
        for step, wanted in self._steps:
            known |= self._run(step, subject, wanted, known)
        return known

    def _run(self, step: Pass, subject: Subject, wanted: frozenset[str], known: Observations) -> Observations:
        if not self._frugal:
            try:
                return step.run(subject, wanted, known)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            # Out here nothing of the failed pass is alive.
            names = ", ".join(sorted(wanted))
            _log.warning("out of memory at %s: from now on the passes go back block by block, in less of it", names)
            self._frugal = True
        try:
            return step.run(replace(subject, build=lambda: subject.network, frugal=True), wanted, known)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            reason = f"out of memory with {len(subject.images)} images, block by block too; use a smaller batch"
            raise UserError(f"batch_size: {reason}") from None
