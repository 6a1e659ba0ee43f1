"""The fields of the search form, section by section; each shows below it what is wrong with it."""

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from backend import proxies
from backend.config.model import SearchConfig
from backend.config.sections import SAMPLERS, Distinct
from dashboard.text import plain
from dashboard.views.new_search.data import data_section
from dashboard.views.new_search.metrics import (
    DIRECTIONS,
    KEEP,
    ensemble_field,
    hardware_section,
    metric_rows,
    number_field,
)
from dashboard.views.new_search.prices import measured_prices, price_of_more
from dashboard.views.new_search.problems import Problems
from dashboard.views.new_search.space import space_section
from dashboard.views.new_search.state import (
    SEVERAL,
    SUM,
    ensembles_of,
    from_table,
    key,
    lengths_of,
    proxies_of,
    space_of,
)

_GOAL_NAMES = {SEVERAL: "Several objectives", SUM: "One: the sum of scaled metrics"}
DISTINCT_WORDS: Final[dict[Distinct, str]] = {
    "function": "Different functions",
    "architecture": "Different architectures",
    "trial": "All trials",
}
_SAMPLER_HELP = (
    "tpe: tree-structured Parzen estimator (Bayesian). rank_tpe: the same on the objectives' sum of log ranks, "
    "which tpe becomes with more than three. nsgaii, nsgaiii: genetic, for several objectives. "
    "random: uniform. qmc: evenly spread (Sobol). What breaks a constraint is never scored: tpe learns from it where "
    "the constraints hold, nsgaii and nsgaiii breed from the rest alone, random and qmc pass over it."
)


def search_fields(config: SearchConfig | None, problems: Problems) -> None:
    """All sections of the form.

    Args:
        config: what the form says; None while something in it is wrong.
        problems: of the form and of this machine.
    """
    data_section(problems)
    space_section(problems)
    _proxies_section(config, problems)
    hardware_section(problems)
    _search_section(problems)


def _proxies_section(config: SearchConfig | None, problems: Problems) -> None:
    with st.container(border=True, key="section_proxies"):
        st.subheader("Proxies", anchor=False)
        st.multiselect(
            "Zero-cost proxies to compute",
            proxies.available(),
            key=key("proxies"),
            persist_state=KEEP,
            help="Scale 0 records a proxy without optimising it; a few objectives search faster than many.",
        )
        problems.of_runner("metrics")
        prices = measured_prices(config)
        price_of_more(config, prices)
        ensemble_field()
        metric_rows([*proxies_of(st.session_state), *ensembles_of(st.session_state)], problems, prices)
        _metrics_problem(problems)


def _metrics_problem(problems: Problems) -> None:
    for field, message in problems.found:
        if field in {"search.strategy", "search.strategy.metrics"}:
            st.caption(f":red[{plain(message[0].upper() + message[1:])}.]")


def _search_section(problems: Problems) -> None:
    space = space_of(st.session_state)
    words = space.words
    with st.container(border=True, key="section_search"):
        st.subheader("Search", anchor=False)
        st.segmented_control(
            "Objective",
            (SEVERAL, SUM),
            format_func=_GOAL_NAMES.__getitem__,
            required=True,
            key=key("goal"),
            persist_state=KEEP,
            help="Several: each metric with a scale is an objective, and the result is a Pareto front. "
            "One: their scaled sum.",
        )
        if st.session_state[key("goal")] == SUM:
            st.segmented_control(
                "Direction of the sum",
                DIRECTIONS,
                required=True,
                key=key("sum_direction"),
                persist_state=KEEP,
                help="Metrics with the other direction are subtracted.",
            )
        grid = st.grid(3, min_column_width=190)
        with grid.cell():
            st.selectbox("Sampler", SAMPLERS, key=key("sampler"), persist_state=KEEP, help=_SAMPLER_HELP)
        _whole_number(
            grid.cell(),
            "Number of trials",
            "n_trials",
            f"How many {words.many} to score; those that break a constraint do not count.",
            problems,
        )
        with grid.cell():
            number_field(
                "Time limit (s)",
                key("timeout"),
                "The search ends after this many seconds, whatever is left. Empty: no limit.",
                placeholder="none",
            )
            problems.of_setup("timeout")
        _whole_number(grid.cell(), "Seed", "seed", "Same seed, same search: bit-equal scores on one machine.", problems)
        _whole_number(
            grid.cell(),
            "Parallel jobs",
            "n_jobs",
            f"{words.many.capitalize()} that each worker scores at once; auto: one a core. Any number but 1 gives the "
            "same trials; with 1, each knows the results of all before it.",
            problems,
        )
        _whole_number(
            grid.cell(),
            "Workers",
            "n_workers",
            "How many processes may share the search. One begins it; others join it from any machine with this "
            "database: `python -m backend worker`.",
            problems,
        )
        with grid.cell():
            st.text_input(
                "Device",
                key=key("device"),
                persist_state=KEEP,
                disabled=from_table(st.session_state),
                help="auto takes a GPU where there is one. Others: cpu, cuda, cuda:1, mps.",
            )
            problems.of_runner("device")
        if lengths := lengths_of(st.session_state):
            with grid.cell():
                st.segmented_control(
                    "Truth after",
                    lengths,
                    format_func=lambda epochs: f"{epochs} epochs",
                    required=True,
                    key=key("epochs"),
                    persist_state=KEEP,
                    help="Training length of the true accuracies in the tables; all lengths are recorded.",
                )
        with grid.cell():
            st.segmented_control(
                "Budget counts",
                list(DISTINCT_WORDS),
                wrap=True,
                format_func=DISTINCT_WORDS.__getitem__,
                required=True,
                key=key("distinct"),
                persist_state=KEEP,
                help="Different functions: architectures that compute the same function count once. Different "
                "architectures: those that are written differently. All trials: repeats and invalid ones too.",
            )


def _whole_number(place: DeltaGenerator, label: str, field: str, words: str, problems: Problems) -> None:
    with place:
        number_field(label, key(field), words)
        problems.of_setup(field)
