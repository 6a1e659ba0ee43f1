"""What proxies predict together, how certain that is, and which architecture to train."""

from typing import Final

import streamlit as st

from dashboard.data.proxies import Source
from dashboard.text import plain
from dashboard.views import ensemble as parts
from dashboard.widgets.charts import picture_choice
from dashboard.widgets.errors import show_kept_error, shown_errors
from dashboard.widgets.score_source import choose_source, source_origin

_FEWEST_MEASURED: Final = 10
"""Fewer are too few to fit an ensemble on; the rule without labels recommends then, unless they are chosen."""


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Ensemble", anchor=False, width="content")
        with st.container(width="content"):
            picture_choice()
    with shown_errors():
        _view(choose_source(_FEWEST_MEASURED))
    show_kept_error()
    with shown_errors():
        parts.saved_section()


def _view(source: Source) -> None:
    for problem in parts.link_problems(source):
        st.warning(plain(problem), icon=":material/link_off:")
    source_origin(source)
    plan = parts.plan_choice(source)
    parts.compute(source, plan)
    parts.figures_section(source, plan)
    with shown_errors():
        parts.recommendation_section(source, plan)
    charts, card = st.columns([3, 2], gap="small")
    with charts:
        st.subheader("Predicted and true", anchor="predicted")
        with shown_errors():
            parts.predictions_section(source, plan)
        parts.trust_section(source, plan)
    with card, shown_errors():
        parts.architecture_section(source, plan)
    parts.curve_section(source, plan)
    parts.transfer_section(source, plan)
    parts.save_section(source, plan)


show()
