"""What a new user sees: what this is, and one click that shows it at work."""

import streamlit as st

from backend.config.model import SearchConfig
from backend.runs import launch
from dashboard.data import queries
from dashboard.links import NEW_SEARCH, open_study, page_link
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.run_actions import writing


def welcome() -> None:
    """Two sentences, and the button that runs the example search."""
    with st.container(border=True, key="welcome"):
        st.subheader("Find good networks without training one", anchor=False)
        st.markdown(
            f"ProxyScope scores untrained networks of a search space, such as {_example().space.title}, with zero-cost "
            "proxies and searches for the best with Optuna. Where every one of these networks has been trained before, "
            "you see at once how well the proxies, and ensembles of them, predict true accuracy."
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            clicked = st.button(
                "Run the example search",
                type="primary",
                icon=":material/play_arrow:",
                key="run_example",
                **writing("Launches a search on bundled images: nothing to download, stopped and resumed at any time."),
            )
            page_link(NEW_SEARCH, "Set up a search of my own", ":material/tune:")
        st.caption(_example_line())
        if clicked:
            with shown_errors():
                open_study(launch.launch(queries.database(), _example()))


def _example() -> SearchConfig:
    return SearchConfig.from_file(launch.example_config_path())


def _example_line() -> str:
    config = _example()
    scored = config.space.words.count(config.setup.n_trials)
    return (
        f"The example: {scored} for {config.dataset}, {len(config.proxy_names)} proxies on "
        f"{config.runner.num_samples} images, sampler {config.setup.sampler}. "
        "It runs in a process of its own: closing the browser does not end it."
    )
