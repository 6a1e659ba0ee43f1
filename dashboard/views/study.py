"""One study: live while it runs, and everything that it recorded."""

from functools import partial

import pandas as pd
import streamlit as st

from backend.search.notices import notices
from backend.studies import StudySummary
from backend.studies.runs import Run
from backend.user_proxies import MODULES_VARIABLE
from dashboard import queries
from dashboard.components.cell_card import cell_card
from dashboard.components.ensemble_section import ensemble_section
from dashboard.components.errors import plain, show_kept_error, shown_errors
from dashboard.components.links import (
    BENCHMARK,
    COMPARE,
    NEW_SEARCH,
    PROXIES,
    STUDIES,
    STUDY_PARAMETER,
    VIEW_PARAMETER,
    link_trial,
    linked_trial,
    open_study,
)
from dashboard.components.run_actions import delete_button, resume_button, stop_button
from dashboard.components.run_status import log_table, run_status
from dashboard.components.states import state_badge
from dashboard.components.study_charts import Axes, axes_of, pareto_section, progress_section
from dashboard.components.trial_tables import all_trials_table, best_trials_table
from dashboard.figures.quantities import label

_POLL_SECONDS = 2
_IDLE_SECONDS = 10


def show() -> None:
    """The page."""
    with shown_errors():
        name = st.query_params.get(STUDY_PARAMETER)
        if not name:
            _choose()
            return
        summary = queries.find_study(name)
        active = bool(summary.run and summary.run.active)
        st.fragment(_view, run_every=_POLL_SECONDS if active else None)(summary, active)
        if not active:
            st.fragment(_notice_a_start, run_every=_IDLE_SECONDS)(summary)


def _notice_a_start(summary: StudySummary) -> None:
    """A run that somebody else resumes makes the page live."""
    with shown_errors():
        run = queries.current_run(summary)
        if run and run.active:
            st.rerun()


def _choose() -> None:
    st.title("Study", anchor=False)
    summaries = queries.studies()
    if not summaries:
        st.info("There is no study yet. Launch a search, and it opens here.", icon=":material/info:")
        st.page_link(STUDIES, label="Run the example search", icon=":material/play_arrow:")
        st.page_link(NEW_SEARCH, label="Set up a search", icon=":material/tune:")
        return
    names = [item.name for item in summaries]
    name = st.selectbox("Which study?", names, key="choose_study", help="The newest study is on top.")
    if st.button("Open", type="primary", key="open_chosen", help="Open the chosen study."):
        open_study(name)


def _view(summary: StudySummary, was_active: bool) -> None:
    with shown_errors():
        run = queries.current_run(summary)
        if bool(run and run.active) != was_active:
            # The page as a whole starts, or ends, to poll.
            st.rerun()
        frame = queries.trials(summary)
        _header(summary, run)
        show_kept_error()
        if run:
            newest = queries.log(summary, last=1)
            run_status(run, summary.config, frame, newest[-1] if newest else None)
            if summary.config_problem:
                st.warning(_unreadable(summary), icon=":material/warning:")
        else:
            st.info(
                "This study was made elsewhere with Optuna: it has no run and no log here, "
                "and is shown with what its trials recorded."
            )
        axes = axes_of(summary, frame)
        _charts_and_cell(summary, frame, axes, was_active)
        _best(summary, axes)
        _details(summary, run, frame, axes)


def _unreadable(summary: StudySummary) -> str:
    return (
        f"This installation cannot read the study's configuration: {plain(summary.config_problem)}. "
        f"A proxy of one's own is loaded from the files that `{MODULES_VARIABLE}` names when the dashboard starts."
    )


def _header(summary: StudySummary, run: Run | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="study_header"):
        st.title(plain(summary.name), anchor=False, width="content")
        state_badge(run)
        st.space("stretch")
        stop_button(summary.name, run)
        resume_button(summary.name, run)
        if summary.config:
            st.download_button(
                "Configuration",
                summary.config.to_toml(),
                file_name=f"{summary.name}.toml",
                mime="application/toml",
                icon=":material/download:",
                key="download_config",
                on_click="ignore",
                help="The search file of this study (TOML): runs it again on the command line or in the form.",
            )
        delete_button(summary, run)
    st.caption(_subtitle(summary))
    if run:
        with st.container(horizontal=True, key="study_links"):
            link = {STUDY_PARAMETER: summary.name}
            st.page_link(PROXIES, label="How its proxies rank", icon=":material/query_stats:", query_params=link)
            st.page_link(COMPARE, label="Compare with others", icon=":material/stacked_line_chart:", query_params=link)
            if summary.config:
                st.page_link(
                    BENCHMARK,
                    label="In the benchmark",
                    icon=":material/leaderboard:",
                    query_params={VIEW_PARAMETER: "study", **link},
                    help="Where its cells lie among all 15,625, and how far the best are from the optimum.",
                )


def _subtitle(summary: StudySummary) -> str:
    ways = (f"{way} {plain(name)}" for name, way in zip(summary.objectives, summary.directions, strict=True))
    parts = [", ".join(ways)]
    if config := summary.config:
        kept = [plain(constraint.shown) for constraint in config.constraints]
        parts = [config.dataset, f"sampler {config.setup.sampler}", f"seed {config.setup.seed}", *parts, *kept]
    if summary.created:
        parts.append(f"created {summary.created:%Y-%m-%d %H:%M} UTC")
    return " · ".join(parts)


def _charts_and_cell(summary: StudySummary, frame: pd.DataFrame, axes: Axes, active: bool) -> None:
    if not axes.columns:
        text = "The first scored cell appears here in a moment." if active else "No trial of this study has a value."
        st.info(text, icon=":material/hourglass_empty:")
        return
    charts, cell = st.columns([3, 2], gap="small")
    trial, title = _shown_trial(frame, axes, active)
    with charts:
        progress_section(frame, axes, summary.config)
        pareto_section(frame, axes, int(trial["number"]) if trial is not None and linked_trial() is not None else None)
    with cell:
        if trial is None:
            st.info(title)
        else:
            dataset = summary.config.dataset if summary.config else None
            cell_card(trial, title, dataset, objectives=axes.objectives, bounds=axes.bounds)
        if linked_trial() is not None:
            st.button(
                "Follow the search" if active else "Show the best cell",
                icon=":material/undo:",
                key="clear_trial",
                help="Take the chosen trial out of the page's link.",
                on_click=link_trial,
                args=(None,),
            )


def _shown_trial(frame: pd.DataFrame, axes: Axes, active: bool) -> tuple[pd.Series | None, str]:
    """The trial of the link; without one the latest of a live study, or the best of an ended one."""
    number = linked_trial()
    if number is not None:
        rows = frame[frame["number"] == number]
        return (rows.iloc[0], "Selected cell") if len(rows) else (None, f"This study has no trial {number} yet.")
    complete = frame[frame["state"] == "complete"]
    if complete.empty:
        return None, "The cell of the first completed trial appears here."
    if active:
        return complete.iloc[-1], "Latest cell"
    if not axes.objectives:
        return complete.sort_values("pareto").iloc[-1], "Best cell"
    first = axes.objectives[0]
    best = complete.sort_values(first, ascending=axes.direction(first) == "minimize")
    return best.iloc[0], f"Best cell by {label(first)}"


def _best(summary: StudySummary, axes: Axes) -> None:
    epochs = summary.config.runner.nasbench_epochs if summary.config else 200
    best = queries.best(summary, epochs)
    st.subheader("Best trials", anchor="best-trials")
    if best.empty:
        st.caption("The trials that no other beats in all objectives appear here, with their true accuracies.")
        return
    count = f"{len(best):,} trial{'' if len(best) == 1 else 's'} that no other beats in all objectives"
    kept = " and ".join(plain(item.shown) for item in summary.config.constraints) if summary.config else ""
    among = f", among those that keep {kept}" if kept else ""
    records = f"; NAS-Bench-201's records after {epochs} epochs" if axes.truth else ""
    st.caption(f"{count}{among}{records}. Choose a row to see its cell.")
    best_trials_table(best, epochs, summary.name, partial(_link_row, "best_trials", best["number"].tolist()))


def _details(summary: StudySummary, run: Run | None, frame: pd.DataFrame, axes: Axes) -> None:
    trials, ensemble, log, config = st.tabs(["All trials", "Ensemble", "Log", "Configuration"], key="details")
    with trials:
        if frame.empty:
            st.caption("No trial yet.")
        else:
            newest_first = frame.sort_values("number", ascending=False, ignore_index=True)
            chosen = partial(_link_row, "all_trials", newest_first["number"].tolist())
            all_trials_table(newest_first, axes.objectives, summary.name, chosen)
    with ensemble:
        if summary.config:
            ensemble_section(summary, summary.config)
        elif run:
            st.caption("An ensemble is fitted on the proxies of the configuration, which cannot be read here.")
        else:
            st.caption("Ensembles are fitted on proxies, which this study does not have.")
    with log:
        if run:
            log_table(queries.log(summary))
        else:
            st.caption("A study made elsewhere has no log here.")
    with config:
        if summary.config:
            for line in notices(summary.config):
                st.caption(f":material/info: {plain(line)}")
            st.code(summary.config.to_toml(), language="toml")
        elif run:
            st.code(queries.stored_config(summary), language="toml")
        else:
            st.caption("A study made elsewhere has no search file.")


def _link_row(table: str, numbers: list[int]) -> None:
    rows = st.session_state[table]["selection"]["rows"]
    if rows:
        link_trial(int(numbers[rows[0]]))


show()
