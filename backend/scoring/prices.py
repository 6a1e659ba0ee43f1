"""What each proxy costs for a network, measured now: alone, and in the set of what is chosen.

Proxies share passes, so that a set costs less than the sum of its proxies alone, and one more may cost next to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import torch

from backend.proxies import Proxy
from backend.scoring.engine import PRIVATE, Engine, Observations, Pass, Plan, Subject
from backend.scoring.pass_times import PassTimes

_QUICK = 0.2
"""Seconds of a pass that is short enough to be taken three times, of which the quickest counts."""


class Price(NamedTuple):
    """Seconds for one architecture.

    Attributes:
        alone: of the proxy, computed with no other.
        added: of the set, beyond what it takes without the proxy.
    """

    alone: float
    added: float


def measure_prices(subject: Subject, proxies: Sequence[Proxy], engine: Engine) -> dict[str, Price]:
    """The price of each proxy, by name; takes a few times what the scores take.

    What is done once whatever the proxies, such as to build the network, is in no price.

    Args:
        subject: the network, for which all the proxies are computed.
        proxies: the set.
        engine: that observes it.

    Raises:
        UserError: the network's forward fails, or there is too little memory.
    """
    known = Plan(proxies, engine).observe(subject)  # warms up, and is what passes start from
    clock = _Clock(subject, known)
    prices = {}
    for proxy in proxies:
        others = [other for other in proxies if other is not proxy]
        added = clock.passes(Plan(proxies, engine)) - clock.passes(Plan(others, engine))
        value = _quickest(partial(_value, proxy, subject, known), subject)
        prices[proxy.name] = Price(clock.passes(Plan([proxy], engine)) + value, max(added, 0.0) + value)
    return prices


def measure_times(
    subject: Subject, chosen: Sequence[Proxy], others: Iterable[Proxy], engine: Engine, limit: float
) -> PassTimes:
    """What the passes take from which the time of a set follows, and of sets with one proxy less or more.

    Args:
        subject: the network, for which all the proxies are computed.
        chosen: the set.
        others: what may be added to it.
        engine: that observes it.
        limit: seconds after which the rest of the others is left out.

    Raises:
        UserError: the network's forward fails, or there is too little memory for the set.
    """
    begun = time.perf_counter()
    known = Plan(chosen, engine).observe(subject)
    clock = _Clock(subject, known)
    values = {proxy.name: _quickest(partial(_value, proxy, subject, known), subject) for proxy in chosen}
    plans = {proxy.name: Plan([proxy], engine) for proxy in chosen}
    clock.passes(Plan(chosen, engine))
    for proxy in chosen:
        clock.passes(Plan([other for other in chosen if other is not proxy], engine))
    for proxy in others:
        if time.perf_counter() - begun > limit:
            break
        plan = Plan([proxy], engine)
        with suppress(Exception):  # nobody has asked for it: where it fails or takes too much memory, it has no price
            if not {name for name in proxy.reads if name not in PRIVATE} <= known.keys():
                known |= plan.observe(subject)
            clock.passes(Plan([*chosen, proxy], engine))
            values[proxy.name] = _quickest(partial(_value, proxy, subject, known), subject)
            plans[proxy.name] = plan
    numbers = {id(step): number for number, step in enumerate(engine.passes)}
    return PassTimes(
        reads={name: {numbers[id(step)]: wanted for step, wanted in plan.steps} for name, plan in plans.items()},
        values=values,
        passes=tuple((numbers[step], wanted, seconds) for (step, wanted), seconds in clock.seconds.items()),
    )


class _Clock:
    """Takes the time of each way to run a pass once.

    Attributes:
        seconds: by the pass's identity and what it yielded.
    """

    def __init__(self, subject: Subject, known: Mapping[str, Any]) -> None:
        self._subject, self._known = subject, known
        self.seconds: dict[tuple[int, frozenset[str]], float] = {}

    def passes(self, plan: Plan) -> float:
        """Seconds of all passes of a plan."""
        return sum(self._of(step, wanted) for step, wanted in plan.steps)

    def _of(self, step: Pass, wanted: frozenset[str]) -> float:
        key = id(step), wanted
        if key not in self.seconds:
            self.seconds[key] = _quickest(partial(step.run, self._subject, wanted, self._known), self._subject)
        return self.seconds[key]


def _value(proxy: Proxy, subject: Subject, known: Observations) -> None:
    arguments = [PRIVATE[name](subject) if name in PRIVATE else known[name] for name in proxy.reads]
    with suppress(Exception):  # a user's proxy may fail, and has taken its time
        proxy.value(*arguments)


def _quickest(work: Callable[[], object], subject: Subject) -> float:
    def seconds() -> float:
        _wait(subject.device)
        started = time.perf_counter()
        with torch.inference_mode(False), torch.enable_grad():
            work()
        _wait(subject.device)
        return time.perf_counter() - started

    first = seconds()
    # A price is the difference of two times: of a long pass too one alone says little on a busy machine.
    return min(first, seconds()) if first > _QUICK else min(first, seconds(), seconds())


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
