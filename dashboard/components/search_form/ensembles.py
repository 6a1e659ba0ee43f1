"""The form's field of saved ensembles, each of which is a metric like a proxy."""

import streamlit as st

from backend.search.sections import ENSEMBLE_PREFIX
from dashboard import queries
from dashboard.components.search_form.metric_rows import KEEP
from dashboard.components.search_form.state import ensembles_of, key


def ensemble_field() -> None:
    """A list of the ensembles saved for the chosen data set; nothing where there is none."""
    dataset = st.session_state.get(key("dataset"))
    there = [ENSEMBLE_PREFIX + saved.name for saved in queries.saved_ensembles() if saved.dataset == dataset]
    options = list(dict.fromkeys([*there, *ensembles_of(st.session_state)]))
    if not options:
        return
    st.multiselect(
        "Ensembles",
        options,
        format_func=lambda metric: metric.removeprefix(ENSEMBLE_PREFIX),
        key=key("ensembles"),
        persist_state=KEEP,
        placeholder="none: choose saved ensembles",
        help="The predictions of ensembles saved on the page Ensemble. The proxies that one is made of are scored for "
        "each cell too, and its recipe is stored with the study.",
    )
