"""Tables as strict JSON."""

import math
from typing import Any

import pandas as pd


def json_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One dict a row; None for NaN and infinity, ISO text for a time."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    """A cell of a table as strict JSON holds it: None for NaN, text for a time."""
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value
