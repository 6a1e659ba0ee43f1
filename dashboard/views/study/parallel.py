"""All trials across operations and quantities at once."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.data.quantities import label
from dashboard.figures import parallel_coordinates
from dashboard.figures.parallel_coordinates import settings_of
from dashboard.links import parameters, set_parameter
from dashboard.text import plain
from dashboard.widgets.charts import chart
from dashboard.widgets.linked import LinkedChoice
from dashboard.widgets.study_axes import Axes

_AXIS: Final = "axis"
_KEY: Final = "parallel_axes"
_MOST: Final = 6
_SCALE: Final = LinkedChoice("axes", {"ranks": "Ranks", "values": "Values"})


def parallel_view(frame: pd.DataFrame, axes: Axes, name: str) -> None:
    """The chart with its controls."""
    if not axes.columns:
        return
    shown = frame[frame["state"] == "complete"]
    settings = settings_of(shown)
    with st.container(horizontal=True, vertical_alignment="bottom", key="parallel_controls"):
        scale = _SCALE.segments(
            "Quantities as", "Ranks spread evenly what a few outliers would crowd; values keep their distances."
        )
        with st.container(width=280):
            color = axes.choice("shade", axes.truth).dropdown("Colour", "What the colour of a trial's line shows.")
    chosen = _columns(axes, settings)
    figure = parallel_coordinates(shown, settings, chosen, color, ranked=scale == "ranks")
    chart(
        figure,
        shown[["number", *settings, *dict.fromkeys([*chosen, color])]],
        f"{name} parallel coordinates",
        "parallel_chart",
        f"{len(shown):,} trials across {len(settings)} settings and {len(chosen)} quantities",
    )
    st.caption(
        f"{len(shown):,} trials, a line each. Drag along an axis to keep only the lines through that stretch, click "
        "the axis to keep all again, and drag an axis's name to move it."
    )


def _columns(axes: Axes, settings: Sequence[str]) -> list[str]:
    named = list(dict.fromkeys(parameters(_AXIS)))
    unknown = [column for column in named if column not in axes.columns]
    if unknown:
        st.warning(plain(f"{_AXIS}: this study has no {', '.join(unknown)}"), icon=":material/link_off:")
    first = [*axes.objectives, *([axes.truth] if axes.truth else []), *axes.columns]
    default = [column for column in dict.fromkeys(first) if column not in settings][:_MOST]
    st.session_state[_KEY] = [column for column in named if column in axes.columns] or default
    return list(
        st.multiselect(
            "Quantities",
            axes.columns,
            format_func=label,
            key=_KEY,
            help="The axes beside the settings, in this order. They are kept in the page's link.",
            on_change=_chosen,
        )
    )


def _chosen() -> None:
    set_parameter(_AXIS, st.session_state[_KEY])
