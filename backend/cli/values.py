"""How commands print values: numbers for people, JSON for programs."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.naming import shortened
from backend.storage.values import number_in

if TYPE_CHECKING:
    import pandas as pd

_LONGEST_NO_NUMBER = 40


def print_json(value: Any) -> None:
    """Print strict JSON on standard output."""
    # JSON escapes whatever a terminal would act on.
    print(json.dumps(value, indent=1, allow_nan=False))  # noqa: T201


def number(value: float | None) -> str:
    """Six significant digits, whole numbers in full; a dash for what is unknown, and the start of what is no number."""
    if value is None:
        return "–"
    if isinstance(value, bool) or (found := number_in(value)) is None:
        return shortened(str(value), _LONGEST_NO_NUMBER)
    return f"{found:.0f}" if found.is_integer() and abs(found) < 1e9 else f"{found:.6g}"


def interval(values: "Mapping[str, float] | pd.Series[float]", kind: str) -> str:
    """A figure with its 95% bootstrap interval; a dash where it is not defined."""
    if np.isnan(values[kind]):
        return "–"
    return f"{values[kind]:+.3f} [{values[f'{kind}_low']:+.3f}, {values[f'{kind}_high']:+.3f}]"


def written(value: float, spec: str) -> str:
    """A number as a format specification has it; a dash where it is not defined."""
    return "–" if np.isnan(value) else format(value, spec)
