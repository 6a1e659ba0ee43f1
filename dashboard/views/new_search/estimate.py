"""How long a search will take on this machine."""

import streamlit as st

from backend.config.model import SearchConfig
from backend.runs.estimate import Pace
from dashboard.data import configurations
from dashboard.figures.numbers import duration, readable
from dashboard.text import plain
from dashboard.widgets.errors import shown_errors


def time_estimate(config: SearchConfig, searches: int = 1) -> None:
    """One line on the time that the search takes, and a button that measures it and what each proxy adds.

    Args:
        config: of the search.
        searches: how many of the kind are launched; they share the machine.
    """
    pace, found = configurations.known_pace(config), configurations.measurement(config)
    many = config.space.words.many
    if pace is None:
        st.caption("No search of these settings was done on this machine, so how long it takes is not known.")
        label, key = "Measure the time", "measure_time"
    else:
        st.markdown(_said(config, pace, searches))
        if config.runner.scores != "compute":
            return
        label, key = "Measure again" if found else "Measure what each proxy takes", "measure_again"
    if st.button(
        label,
        icon=":material/timer:",
        key=key,
        type="secondary" if pace is None else "tertiary",
        help=f"Scores a few {many} of the space, and takes the time of each proxy, also of those that are not chosen. "
        "It takes seconds; up to a minute with many images and proxies, and the first time.",
    ):
        with shown_errors(), st.spinner(f"Scoring a few {many} …"):
            configurations.measure_pace(config)
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
