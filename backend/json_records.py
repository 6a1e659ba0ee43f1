"""Tables as strict JSON."""

import math
from typing import Any

import pandas as pd


def json_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One dict a row; None for NaN and infinity, ISO text for a time; so too within what a cell holds."""
    return [_plain(row) for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    """A cell of a table as strict JSON holds it."""
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case pd.Timestamp():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return None
        case _:
            return None if value is pd.NaT or value is pd.NA else value
