"""Constraints on hardware metrics, such as ``latency:raspi4 <= 20``."""

import math
import re
from dataclasses import dataclass
from typing import Self

from backend.errors import UserError
from backend.hardware.metrics import get

_FORM = re.compile(r"\s*(?P<metric>\S+?)\s*<=\s*(?P<bound>\S+)\s*")


@dataclass(frozen=True)
class Constraint:
    """An upper bound on a hardware metric; an unmeasured cell breaks any, even an infinite one.

    Attributes:
        metric: name of the hardware metric.
        bound: the largest value that keeps it, in the metric's unit; infinite: whatever was measured keeps it.
    """

    metric: str
    bound: float

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``NAME <= NUMBER``.

        Raises:
            UserError: not of that form, an unknown metric, or a bound that is no finite number above 0.
        """
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise UserError(f"{text!r} is no constraint; write NAME <= NUMBER, such as 'latency:raspi4 <= 20'")
        metric = get(match["metric"])
        try:
            bound = float(match["bound"])
        except ValueError:
            bound = math.nan
        if not 0 < bound < math.inf:
            unit = f" ({metric.unit})" if metric.unit else ""
            raise UserError(f"{match['bound']!r} is no bound of {metric.name}; give a finite number above 0{unit}")
        return cls(metric.name, bound)

    def __str__(self) -> str:
        """The text of a search file; reading it gives an equal constraint."""
        return f"{self.metric} <= {_digits(self.bound)}" if math.isfinite(self.bound) else f"{self.metric} measured"

    @property
    def shown(self) -> str:
        """The constraint with its unit, for people."""
        return f"{self} {get(self.metric).unit}".rstrip() if math.isfinite(self.bound) else str(self)

    def violation(self, value: float) -> float:
        """How far a value is from keeping the constraint, free of units: above 0 where it breaks it.

        Args:
            value: of the metric; NaN where it was not measured.

        Returns:
            The share of the value that lies above the bound, below 1; 1 for an unmeasured cell, which so is farther
            off than any measured one; from 0 down to −1 where the constraint is kept.
        """
        return 1.0 if math.isnan(value) else max(-1.0, (value - self.bound) / value)

    def verdict(self, value: float) -> str:
        """Words for how a value breaks the constraint."""
        if math.isnan(value):
            return f"{self.metric} was not measured"
        return f"{self.metric} is {get(self.metric).shown(value)}, over {get(self.metric).shown(self.bound)}"


def _digits(number: float) -> str:
    return repr(number).removesuffix(".0")
