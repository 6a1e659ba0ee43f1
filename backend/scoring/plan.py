"""From a set of proxies to their scores: which passes run, in how much memory, and what each proxy reads."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from backend.errors import UserError
from backend.proxies import Proxy
from backend.scoring.engines.nas_bench_201.curvature import curvature
from backend.scoring.engines.nas_bench_201.gaussian_blocks import gaussian_blocks
from backend.scoring.engines.nas_bench_201.gradients import half_batches, tangent_kernel, training_step
from backend.scoring.engines.nas_bench_201.responses import region_patterns, synaptic_flow, zen_responses
from backend.scoring.engines.nas_bench_201.subject import Subject
from backend.scoring.runtime import is_out_of_memory, keep_freed_memory

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


def evaluate(subject: Subject, proxies: Sequence[Proxy], plan: Plan) -> dict[str, float]:
    """The score of each proxy; nan, and a warning in the log, where a proxy raises or is not finite.

    Args:
        subject: what is scored; checked.
        proxies: what is computed.
        plan: made for these proxies.
    """
    observations = plan.observe(subject)
    return {proxy.name: _value(proxy, subject, observations) for proxy in proxies}


def _value(proxy: Proxy, subject: Subject, observations: Observations) -> float:
    arguments = [PRIVATE[name](subject) if name in PRIVATE else observations[name] for name in proxy.reads]
    try:
        with torch.enable_grad():  # whatever the caller's mode, a user's proxy may need gradients
            value = float(proxy.value(*arguments))
    except Exception as error:  # noqa: BLE001  (a user's proxy may fail in any way)
        _log.warning("%s of cell %s failed: %s: %s", proxy.name, subject.design.cell, type(error).__name__, error)
        return math.nan
    if not math.isfinite(value):
        _log.warning("%s of cell %s is %s, not a number: no score", proxy.name, subject.design.cell, value)
        return math.nan
    return value
