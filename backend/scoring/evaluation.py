"""From observations to scores: reads each proxy's value, and lets none take the others with it."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import torch

from backend.proxies import Proxy
from backend.scoring.plan import PRIVATE, Observations, Plan
from backend.scoring.subject import Subject

_log = logging.getLogger(__name__)


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
