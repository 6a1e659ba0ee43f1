"""Name, seeds and launch of the search that the form describes."""

import streamlit as st

from backend.config.advice import notices
from backend.config.model import SearchConfig
from backend.config.objectives import Objectives
from backend.errors import UserError
from backend.runs import launch, queue, queueing
from backend.spaces.capabilities import Enumerable, capability
from backend.studies.catalog import check_free_name, free_name
from dashboard.data import configurations, queries
from dashboard.links import STUDIES, open_page, open_study
from dashboard.server import session
from dashboard.text import plain
from dashboard.views.new_search.estimate import time_estimate
from dashboard.views.new_search.metrics import KEEP
from dashboard.views.new_search.problems import Problems
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.run_actions import writing

_NAME_LENGTH = 85
"""Letters of a name that seeds are put behind: a study's name has 100 at most."""


def launch_box(config: SearchConfig | None, problems: Problems) -> None:
    """What would be launched, what keeps it back, how long it takes, and the button.

    Args:
        config: what the form says; None while something in it is wrong.
        problems: of the form and of this machine.
    """
    with st.container(border=True, key="section_launch"):
        st.subheader("Launch", anchor=False)
        name = _name_field()
        seeds, wrong = _seeds_field()
        problems = Problems([*problems.found, *_wrong_names(name, seeds), *wrong])
        problems.list()
        if session.read_only():
            st.info(
                "Nothing can be launched here: studies can be looked at, not changed. What you set up can be taken "
                "away as a search file below.",
                icon=":material/visibility:",
            )
        ready = config is not None and not problems
        if config:
            st.caption(_summary(config))
            if not problems and not session.read_only():
                time_estimate(config, max(1, len(seeds)))
            for line in notices(config):
                st.caption(f":material/info: {plain(line)}")
        if len(seeds) > 1:
            _queue_button(config if ready else None, name, seeds)
        else:
            _launch_button(config if ready else None, name, seeds)


def _name_field() -> str:
    name = st.text_input(
        "Name of the study",
        key="study_name",
        max_chars=100,
        placeholder="made from data set, sampler and time",
        help="Up to 100 characters. Empty: a name is made. Must not be taken.",
    )
    return name.strip()


def _seeds_field() -> tuple[list[int], list[tuple[str, str]]]:
    """The seeds of several searches, and what is wrong with them."""
    text = st.text_input(
        "Seeds of several searches",
        key="search_seeds",
        persist_state=KEEP,
        placeholder="none: one search with the seed of the form",
        help="Such as 0-9 or 0, 3, 7: one search each, alike but for the seed, queued in one go. The page Compare "
        "draws them as one curve with a band.",
    )
    try:
        return queueing.parse_seeds(text or ""), []
    except UserError as error:
        return [], [("", str(error))]


def _wrong_names(name: str, seeds: list[int]) -> list[tuple[str, str]]:
    if not name:
        return []
    names = [f"{name} seed {seed}" for seed in seeds] if len(seeds) > 1 else [name]
    try:
        if len(seeds) > 1 and len(name) > _NAME_LENGTH:
            raise UserError(
                f"study: the name is too long to have a seed behind it; give at most {_NAME_LENGTH} letters"
            )
        for each in names:
            check_free_name(queries.database(), each)
    except UserError as error:
        return [("", str(error))]
    return []


def _launch_button(config: SearchConfig | None, name: str, seeds: list[int]) -> None:
    leave = st.checkbox(
        "Run on a worker",
        key="leave_to_worker",
        persist_state=KEEP,
        help="The search waits until `python -m backend worker`, on any machine with this database, takes it. "
        "Otherwise it begins on this machine at once.",
    )
    clicked = st.button(
        "Launch the search",
        type="primary",
        icon=":material/rocket_launch:",
        key="launch",
        width="stretch",
        **writing(
            "Starts a process of its own: it goes on when the browser or the dashboard is closed.",
            disabled=config is None,
        ),
    )
    if clicked and config:
        with shown_errors():
            chosen = config.with_seed(seeds[0]) if seeds else config
            begin = launch.prepare if leave else launch.launch
            open_study(begin(queries.database(), chosen, name or None))


def _queue_button(config: SearchConfig | None, name: str, seeds: list[int]) -> None:
    database = queries.database()
    if "searches_at_once" not in st.session_state:
        st.session_state["searches_at_once"] = queue.parallel(database)
    at_once = st.number_input(
        "Searches at once",
        min_value=1,
        max_value=queue.MOST_PARALLEL,
        step=1,
        required=True,
        key="searches_at_once",
        persist_state=KEEP,
        help="How many searches this machine runs at a time, those launched before included. They share its "
        "processor, so one after the other is as fast in all.",
    )
    clicked = st.button(
        f"Queue {len(seeds)} searches",
        type="primary",
        icon=":material/playlist_add:",
        key="launch",
        width="stretch",
        **writing(
            "They start in this order in processes of their own, also when browser and dashboard are closed.",
            disabled=config is None,
        ),
    )
    if clicked and config:
        with shown_errors():
            stem = name or free_name(database, config)
            queueing.enqueue(database, queueing.with_seeds(config, stem, seeds), int(at_once or 1))
            open_page(STUDIES, {"find": stem})


def _summary(config: SearchConfig) -> str:
    counted = queries.counted(config)
    goals = ", ".join(Objectives(config).names)
    images = f"on {config.runner.num_samples} images" if config.runner.scores == "compute" else "from a table"
    return (
        f"{config.setup.n_trials:,} {counted} for {config.dataset}, sampler {config.setup.sampler}, "
        f"{len(config.proxy_names)} proxies {images}. Optimised: {plain(goals)}."
        f"{_kept_line(config)}"
    )


def _kept_line(config: SearchConfig) -> str:
    if not config.constraints:
        return ""
    bounds = ", ".join(item.shown for item in config.constraints)
    if capability(config.space, Enumerable) is None:
        return f" Constraints: {plain(bounds)}."
    kept, connected = configurations.networks(config)
    return f" Constraints: {plain(bounds)}: **{kept:,}** of {connected:,} connected networks keep them."
