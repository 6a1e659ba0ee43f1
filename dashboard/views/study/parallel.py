"""All trials across parameters and quantities at once."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard.cards import study as cards
from dashboard.data import queries
from dashboard.data.axes import Axes
from dashboard.data.quantities import label
from dashboard.figures.parallel_coordinates import settings_of
from dashboard.links import parameters, set_parameter
from dashboard.text import plain
from dashboard.views.study.shown import Shown
from dashboard.widgets.charts import show
from dashboard.widgets.linked import LinkedChoice
from dashboard.widgets.study_axes import axis_choice

_AXIS: Final = "axis"
_KEY: Final = "parallel_axes"
_MOST: Final = 6
_SCALE: Final = LinkedChoice("axes", {"ranks": "Ranks", "values": "Values"})


def parallel_view(shown: Shown) -> None:
    """The chart with its controls."""
    summary, axes = shown.summary, shown.axes
    if not axes.columns:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="parallel_controls"):
        scale = _SCALE.segments(
            "Quantities as", "Ranks spread evenly what a few outliers would crowd; values keep their distances."
        )
        with st.container(width=280):
            color = axis_choice(axes, "shade", axes.truth).dropdown(
                "Colour", "What the colour of a trial's line shows."
            )
    trials = shown.frame[shown.frame["state"] == "complete"]
    chosen = _columns(axes, settings_of(trials, queries.parameters_of(summary)))
    card = cards.parallel(summary, trials, chosen, color, ranked=scale == "ranks")
    show(card, f"{summary.name} parallel coordinates")
    st.caption(
        f"{len(trials):,} trials, a line each. Drag along an axis to keep only the lines through that stretch, click "
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
