"""Sets up a search and launches it."""

import streamlit as st

from backend.errors import ConfigError, UserError
from backend.search import launch
from backend.search.config import SearchConfig
from backend.search.notices import notices
from backend.search.objectives import Objectives
from backend.studies.catalog import check_free_name
from dashboard import queries
from dashboard.components import search_form
from dashboard.components.errors import plain, shown_errors
from dashboard.components.links import open_study
from dashboard.components.search_form import Problems


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("New search", anchor=False, width="content")
        search_form.presets_menu()
    with shown_errors():
        search_form.begin()
        config, problems = _read_form()
        form, side = st.columns([2, 1], gap="medium")
        with form:
            search_form.search_fields(problems)
        with side:
            _launch_box(config, problems)
            with st.container(border=True, key="section_file"):
                search_form.file_exchange(config)


def _read_form() -> tuple[SearchConfig | None, Problems]:
    """What the form says, and what is wrong with it; the configuration is None where it is no valid one."""
    try:
        config = search_form.config_of_form(st.session_state)
    except ConfigError as error:
        return None, Problems(error.problems)
    return config, Problems(queries.machine_problems(config))


def _launch_box(config: SearchConfig | None, problems: Problems) -> None:
    with st.container(border=True, key="section_launch"):
        st.subheader("Launch", anchor=False)
        name = st.text_input(
            "Name of the study",
            key="study_name",
            max_chars=100,
            placeholder="made from data set, sampler and time",
            help="Letters, digits, spaces and ._- up to 100. Empty: a name is made.",
        ).strip()
        wrong_name = _name_problem(name)
        problems = Problems([*problems.found, *wrong_name])
        problems.list()
        if config:
            st.caption(_summary(config))
            for line in notices(config):
                st.caption(f":material/info: {plain(line)}")
        clicked = st.button(
            "Launch the search",
            type="primary",
            icon=":material/rocket_launch:",
            key="launch",
            disabled=config is None or bool(problems),
            width="stretch",
            help="Starts a process of its own: it goes on when the browser or the dashboard is closed.",
        )
        if clicked and config:
            with shown_errors():
                open_study(launch.launch(queries.database(), config, name or None))


def _name_problem(name: str) -> list[tuple[str, str]]:
    try:
        if name:
            check_free_name(queries.database(), name)
    except UserError as error:
        return [("", str(error))]
    return []


def _summary(config: SearchConfig) -> str:
    counted = "distinct cells" if config.setup.distinct_cells else "trials"
    goals = ", ".join(Objectives(config).names)
    return (
        f"{config.setup.n_trials:,} {counted} for {config.dataset}, sampler {config.setup.sampler}, "
        f"{len(config.proxy_names)} proxies on {config.runner.num_samples} images. Optimised: {plain(goals)}."
        f"{_kept_line(config)}"
    )


def _kept_line(config: SearchConfig) -> str:
    if not config.constraints:
        return ""
    kept, connected = queries.networks(config)
    bounds = ", ".join(item.shown for item in config.constraints)
    return f" Constraints: {plain(bounds)}: **{kept:,}** of {connected:,} connected networks keep them."


show()
