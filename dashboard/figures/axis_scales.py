"""Scales on which skewed quantities can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

Scale = Literal["auto", "linear", "log", "symlog", "rank"]

SCALE_NAMES: Final[dict[Scale, str]] = {
    "auto": "Automatic",
    "linear": "Linear",
    "log": "Logarithmic",
    "symlog": "Symlog",
    "rank": "Ranks",
}
# The middle 90% of the values must fill a tenth of what all of them span, or a linear axis shows a few alone.
_CROWDED = 0.1
_MOST_TICKS = 9


@dataclass(frozen=True)
class ScaledAxis:
    """Values as they stand on an axis.

    Attributes:
        positions: of the values.
        title: of the axis.
        layout: of the Plotly axis: its type, and its ticks where Plotly cannot make them.
        scale: the scale that was taken, never "auto".
    """

    positions: pd.Series[float]
    title: str
    layout: dict[str, object]
    scale: Scale


def scaled(values: pd.Series[float], label: str, scale: Scale = "auto") -> ScaledAxis:
    """Place values on a scale.

    Args:
        values: finite.
        label: what they are.
        scale: "auto" takes a linear axis unless it would crowd most values; "log" becomes "symlog" for values that
            are not all above 0.
    """
    chosen = _fitting(values) if scale == "auto" else scale
    if chosen == "log" and not (values > 0).all():
        chosen = "symlog"
    match chosen:
        case "rank":
            return ScaledAxis(values.rank(), f"Rank by {label} (1 is the lowest)", {"type": "linear"}, "rank")
        case "log":
            return ScaledAxis(values, f"{label}, log scale", {"type": "log", "exponentformat": "power"}, "log")
        case "symlog":
            return _symlog(values, label)
        case _:
            return ScaledAxis(values, label, {"type": "linear"}, "linear")


def _fitting(values: pd.Series[float]) -> Scale:
    if len(values) < 3:
        return "linear"
    span = float(values.max() - values.min())
    middle = float(values.quantile(0.95) - values.quantile(0.05))
    if span == 0 or middle >= _CROWDED * span:
        return "linear"
    return "log" if bool((values > 0).all()) else "symlog"


def _symlog(values: pd.Series[float], label: str) -> ScaledAxis:
    """sign(x)·log10(1 + |x|/c) with c the median size, rounded to a power of ten."""
    sizes = values.abs()
    middle = float(sizes[sizes > 0].median()) if (sizes > 0).any() else 1.0
    exponent = round(float(np.log10(middle)))
    unit = 10.0**exponent
    positions = pd.Series(np.sign(values) * np.log10(1 + sizes / unit), index=values.index)
    below, above = _decades(-values.min(), exponent), _decades(values.max(), exponent)
    ticks = [*(-(10.0**power) for power in below[::-1]), 0.0, *(10.0**power for power in above)]
    places = [float(np.sign(tick) * np.log10(1 + abs(tick) / unit)) for tick in ticks]
    layout: dict[str, object] = {"type": "linear", "tickvals": places, "ticktext": [_power(tick) for tick in ticks]}
    return ScaledAxis(positions, f"{label}, symlog scale", layout, "symlog")


def _decades(largest: float, lowest: int) -> list[int]:
    """Exponents from the lowest to that of the largest value, thinned to a handful."""
    if largest < 10.0**lowest:
        return []
    powers = list(range(lowest, int(np.floor(np.log10(largest))) + 1))
    step = -(-len(powers) // (_MOST_TICKS // 2))
    return powers[::step]


def _power(tick: float) -> str:
    if tick == 0:
        return "0"
    sign, exponent = "−" if tick < 0 else "", round(np.log10(abs(tick)))
    return f"{sign}{10**exponent:,}" if 0 <= exponent <= 3 else f"{sign}10<sup>{exponent}</sup>"
