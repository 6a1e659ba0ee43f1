"""The views of a study, one a tab; only the open one is drawn."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from backend.config.advice import notices
from backend.studies import StudySummary
from dashboard.data import queries
from dashboard.links import VIEW_PARAMETER
from dashboard.text import plain
from dashboard.views.study.ensemble import ensemble_section
from dashboard.views.study.overview import overview
from dashboard.views.study.parallel import parallel_view
from dashboard.views.study.pareto import pareto_choices
from dashboard.views.study.progress import curve_choice
from dashboard.views.study.settings import settings_view
from dashboard.views.study.shown import Shown
from dashboard.views.study.trials import time_view, trials_view
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.linked import LinkedChoice
from dashboard.widgets.run_status import log_table
from dashboard.widgets.study_axes import axis_choice

_NAMES: Final = {
    "overview": "Overview",
    "parallel": "Parallel coordinates",
    "settings": "Parameters",
    "time": "Time",
    "trials": "All trials",
    "ensemble": "Ensemble",
    "log": "Log",
    "config": "Configuration",
}
_OF_RUNS: Final = {"ensemble", "log", "config"}
"""Views of what a run records, which an external study has not."""

_WITHOUT_VALUES: Final = {"trials", "log", "config"}
"""Views that need no trial with a value."""

_LONGEST_SHOWN: Final = 20_000
"""Characters of a search file that cannot be read."""
_WITH_VALUES: Final = ("complete", "infeasible")


def view_choice(summary: StudySummary) -> LinkedChoice:
    """The choice of a view; that of the parameters is called after their options, where the space has them."""
    options = f"{queries.words_of(summary).option}s".capitalize() if queries.parameters_of(summary) else ""
    names = {**_NAMES, **({"settings": options} if options else {})}
    lacking = set() if summary.run else _OF_RUNS
    return LinkedChoice(VIEW_PARAMETER, {view: name for view, name in names.items() if view not in lacking})


def link_problems(shown: Shown) -> list[str]:
    """What is wrong with the choices in the page's link, a line each."""
    axes = shown.axes
    quantities = (axis_choice(axes, name) for name in ("quantity", "shade", "of"))
    choices = (view_choice(shown.summary), curve_choice(shown.summary), *pareto_choices(axes), *quantities)
    return [choice.problem for choice in choices if choice.problem]


def show_view(shown: Shown) -> None:
    """Draw the tabs and the open view."""
    view = view_choice(shown.summary)
    with view.tabs(), shown_errors():
        why = _why_not(shown)
        if why and view.value not in _WITHOUT_VALUES:
            st.info(why, icon=":material/hourglass_empty:" if shown.active else ":material/info:")
            return
        VIEWS[view.value](shown)


def _why_not(shown: Shown) -> str:
    """Why there is no chart; "" where there is."""
    if shown.axes.columns and shown.frame["state"].isin(_WITH_VALUES).any():
        return ""
    if shown.active:
        return f"The first scored {queries.words_of(shown.summary).one} appears here in a moment."
    if shown.frame.empty:
        return "This study has no trial. " + ("Resume it to begin." if shown.run else "Nobody has run one yet.")
    counts = shown.frame["state"].value_counts()
    words = ", ".join(f"{count:,} {state}" for state, count in counts.items())
    return f"No trial of this study has a value ({words}). “All trials” lists them" + (
        ", and the log says what went wrong." if shown.run else "."
    )


def _ensemble(shown: Shown) -> None:
    if shown.summary.config:
        ensemble_section(shown.summary, shown.summary.config)
    else:
        st.caption("An ensemble is fitted on the proxies of the configuration, which cannot be read here.")


def _log(shown: Shown) -> None:
    log_table(queries.log(shown.summary))


def _configuration(shown: Shown) -> None:
    config = shown.summary.config
    if config:
        for line in notices(config):
            st.caption(f":material/info: {plain(line)}")
        st.code(config.to_toml(), language="toml")
    else:
        st.caption(f":material/warning: It cannot be read here: {plain(shown.summary.config_problem)}.")
        st.code((shown.summary.config_text or "")[:_LONGEST_SHOWN], language="toml")


VIEWS: Final[dict[str, Callable[[Shown], None]]] = {
    "overview": overview,
    "parallel": parallel_view,
    "settings": settings_view,
    "time": time_view,
    "trials": trials_view,
    "ensemble": _ensemble,
    "log": _log,
    "config": _configuration,
}
