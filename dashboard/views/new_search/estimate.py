"""How long a search will take on this machine."""

import streamlit as st

from backend.config.model import SearchConfig
from backend.runs.estimate import Pace
from dashboard.data import configurations
from dashboard.figures.numbers import duration, readable
from dashboard.text import plain
from dashboard.widgets.errors import shown_errors

_MEASURED = "measured_pace"


def time_estimate(config: SearchConfig, searches: int = 1) -> None:
    """One line on the time that the search takes, or a button that measures it.

    Args:
        config: of the search.
        searches: how many of the kind are launched; they share the machine.
    """
    pace = st.session_state.get(_MEASURED, {}).get(_settings(config)) or configurations.known_pace(config)
    if pace is not None:
        st.markdown(_said(config, pace, searches))
        return
    many = config.space.words.many
    st.caption("No search of these settings was done on this machine, so how long it takes is not known.")
    if st.button(
        "Measure the time",
        icon=":material/timer:",
        key="measure_time",
        help=f"Scores four {many} of the space, which takes seconds; half a minute with many images and proxies.",
    ):
        with shown_errors(), st.spinner(f"Scoring four {many} …"):
            st.session_state.setdefault(_MEASURED, {})[_settings(config)] = configurations.measure_pace(config)
            st.rerun()


def _said(config: SearchConfig, pace: Pace, searches: int) -> str:
    problem = configurations.problem(config)
    asked = problem.space.words.count(problem.asked)
    total = pace.total(problem) * searches
    times = f" × {searches} searches" if searches > 1 else ""
    limited = config.setup.timeout is not None and pace.total(problem) >= config.setup.timeout
    limit = "; the time limit ends it" if limited else ""
    return (
        f":material/timer: About **{duration(total)}** here  \n"
        f":small[{asked} × {readable(pace.seconds, 's')}{times}{limit}; {plain(pace.source)}]"
    )


def _settings(config: SearchConfig) -> tuple[object, ...]:
    runner, proxies = config.runner, tuple(sorted(config.proxy_names))
    return config.dataset, proxies, config.search_space.scale(), runner.num_samples, runner.images, runner.device
