"""Sets up a search and launches it, or several that differ in their seed."""

import streamlit as st

from backend.config.model import SearchConfig
from backend.errors import ConfigError
from dashboard.data import configurations
from dashboard.views import new_search as search_form
from dashboard.views.new_search.problems import Problems
from dashboard.widgets.errors import shown_errors


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("New search", anchor=False, width="content")
        search_form.presets_menu()
    with shown_errors():
        search_form.begin()
    with shown_errors():
        config, problems = _read_form()
        form, side = st.columns([2, 1], gap="medium")
        with form:
            search_form.search_fields(config, problems)
        with side:
            search_form.launch_box(config, problems)
            with st.container(border=True, key="section_file"):
                search_form.file_exchange(config)


def _read_form() -> tuple[SearchConfig | None, Problems]:
    """What the form says, and all that is wrong with it; the configuration is None where it is no valid one."""
    try:
        config = search_form.config_of_form(st.session_state)
    except ConfigError as error:
        rest, left_out = search_form.rest_of(search_form.form_tables(st.session_state), error.problems)
        more = _machine_problems(rest) if rest else []
        others = [(field, said) for field, said in more if not field.startswith(tuple(left_out))]
        return None, Problems([*error.problems, *others])
    return config, Problems(_machine_problems(config))


def _machine_problems(config: SearchConfig) -> list[tuple[str, str]]:
    """What this machine lacks; a path that a study or a file brought is not looked for unless that is asked for."""
    reads = config.runner.images != st.session_state.get(search_form.UNREAD)
    return configurations.machine_problems(config, reads_images=reads)


show()
