"""Constraints on hardware metrics, such as ``latency:raspi4 <= 20``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self

from backend.costs.metrics import get
from backend.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

Sense = Literal["<=", ">="]
SENSES: Final[tuple[Sense, ...]] = ("<=", ">=")

_FORM = re.compile(r"\s*(?P<metric>\S+?)\s*(?P<sense><=|>=)\s*(?P<bound>\S+)\s*")


@dataclass(frozen=True)
class Constraint:
    """A bound on a hardware metric; an unmeasured architecture breaks any, even an infinite one.

    Attributes:
        metric: name of the hardware metric.
        bound: the last value that keeps it, in the metric's unit; infinite: whatever was measured keeps it.
        sense: "<=" for an upper bound, ">=" for a lower one.
    """

    metric: str
    bound: float
    sense: Sense = "<="

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``NAME <= NUMBER`` or ``NAME >= NUMBER``.

        Raises:
            UserError: not of that form, an unknown metric, or a bound that is no finite number above 0.
        """
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise UserError(
                f"{text!r} is no constraint; write NAME <= NUMBER or NAME >= NUMBER, such as 'latency:raspi4 <= 20'"
            )
        metric = get(match["metric"])
        try:
            bound = float(match["bound"])
        except ValueError:
            bound = math.nan
        if not 0 < bound < math.inf:
            unit = f" ({metric.unit})" if metric.unit else ""
            raise UserError(f"{match['bound']!r} is no bound of {metric.name}; give a finite number above 0{unit}")
        return cls(metric.name, bound, "<=" if match["sense"] == "<=" else ">=")

    def __str__(self) -> str:
        """The text of a search file; reading it gives an equal constraint."""
        if not math.isfinite(self.bound):
            return f"{self.metric} measured"
        return f"{self.metric} {self.sense} {repr(self.bound).removesuffix('.0')}"

    @property
    def shown(self) -> str:
        """The constraint with its unit, for people."""
        return f"{self} {get(self.metric).unit}".rstrip() if math.isfinite(self.bound) else str(self)

    @property
    def limit(self) -> str:
        """The bound with its unit, for people: "at most 20 ms"."""
        words = "at most" if self.sense == "<=" else "at least"
        return f"{words} {self.bound:,.15g} {get(self.metric).unit}".rstrip()

    def keeping(self, values: pd.Series[float]) -> pd.Series[bool]:
        """Which values keep the constraint; NaN, unmeasured, does not."""
        return values <= self.bound if self.sense == "<=" else values >= self.bound

    def violation(self, value: float) -> float:
        """How far a value is from keeping the constraint, free of units: above 0 where it breaks it.

        Args:
            value: of the metric, above 0; NaN where it was not measured.

        Returns:
            The share of the larger of value and bound by which the value is past the bound, below 1; 1 for an
            unmeasured architecture, which so is farther off than any measured one; from 0 down to −1 where the
            constraint is kept.
        """
        if math.isnan(value):
            return 1.0
        excess, whole = (value - self.bound, value) if self.sense == "<=" else (self.bound - value, self.bound)
        return max(-1.0, excess / whole)

    def verdict(self, value: float) -> str:
        """Words for how a value breaks the constraint."""
        if math.isnan(value):
            return f"{self.metric} was not measured"
        side = "over" if self.sense == "<=" else "under"
        return f"{self.metric} is {get(self.metric).shown(value)}, {side} {get(self.metric).shown(self.bound)}"


def by_metric(constraints: Iterable[Constraint]) -> dict[str, list[Constraint]]:
    """The constraints of each metric that has any."""
    found: dict[str, list[Constraint]] = {}
    for constraint in constraints:
        found.setdefault(constraint.metric, []).append(constraint)
    return found
