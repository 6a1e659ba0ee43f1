"""Which axes of a chart are logarithmic, kept in the page's link."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components.links import parameters, set_parameter

_PARAMETER: Final = "log"
_KEY: Final = "linked_log"
_NAMES: Final = dict(zip("xyz", ("Horizontal", "Vertical", "Third"), strict=True))


def log_choice(frame: pd.DataFrame, quantities: Sequence[str]) -> tuple[str, ...]:
    """Show the control, where an axis can be logarithmic; returns the columns that are.

    Args:
        frame: the trials, with a column a quantity.
        quantities: on the axes, two or three.
    """
    able = [axis for axis, column in zip(_NAMES, quantities, strict=False) if _positive(frame, column)]
    if not able:
        return ()
    chosen = [axis for axis in able if axis in parameters(_PARAMETER)]
    st.session_state[_KEY] = chosen
    st.pills(
        "Logarithmic",
        able,
        selection_mode="multi",
        format_func=_NAMES.__getitem__,
        key=_KEY,
        help="Axes on a logarithmic scale; those whose values are all above 0 can be.",
        on_change=_link,
    )
    columns = dict(zip(_NAMES, quantities, strict=False))
    return tuple(columns[axis] for axis in chosen)


def _positive(frame: pd.DataFrame, column: str) -> bool:
    if column not in frame:
        return False
    values = frame.loc[frame["state"].isin(["complete", "infeasible"]), column].to_numpy(dtype=float)
    known = values[np.isfinite(values)]
    return known.size > 0 and bool(known.min() > 0)


def _link() -> None:
    set_parameter(_PARAMETER, st.session_state[_KEY])
