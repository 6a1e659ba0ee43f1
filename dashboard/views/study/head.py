"""The head of a study's page: its name, state and actions, the progress of its run, and where else it is shown."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from backend.naming import file_name
from backend.proxies.own import MODULES_VARIABLE
from backend.spaces import registry
from backend.studies import StudySummary
from backend.studies.runs import Run
from dashboard.data import queries
from dashboard.links import (
    BENCHMARK,
    COMPARE,
    PROXIES,
    STUDY_PARAMETER,
    VIEW_PARAMETER,
    page_link,
)
from dashboard.report import study_report
from dashboard.server.session import bound, optuna_link
from dashboard.text import plain
from dashboard.widgets.charts import picture_choice
from dashboard.widgets.errors import show_kept_error
from dashboard.widgets.run_actions import delete_button, resume_button, stop_button
from dashboard.widgets.run_status import run_status
from dashboard.widgets.tables import state_badge
from dashboard.widgets.times import in_utc, minute, time_column


def report_button(summary: StudySummary) -> None:
    """A download of the study as one HTML file, made when it is clicked."""
    st.download_button(
        "Report",
        bound(lambda: study_report(summary).encode()),
        file_name=f"{file_name(summary.name)}.html",
        mime="text/html",
        icon=":material/summarize:",
        key="download_report",
        on_click="ignore",
        help="One HTML file to mail or keep: charts, best trials, configuration and versions. Opens without a network.",
    )


def workers_section(summary: StudySummary) -> None:
    """A list of them, of a search that asks for several; on top who is there."""
    config = summary.config
    if config is None or config.setup.n_workers == 1:
        return
    found = sorted(queries.workers_of(summary), key=lambda worker: (not worker.alive, worker.id))
    there = sum(worker.alive for worker in found)
    words = f"{there} of {config.setup.n_workers} workers"
    with st.expander(words, icon=":material/group_work:", type="compact", key="workers"):
        st.caption("Another one joins from any machine with this database: `python -m backend worker`.")
        if not found:
            return
        table = pd.DataFrame(
            {
                "machine": [worker.host for worker in found],
                "process": [str(worker.pid) for worker in found],
                "state": [_state(worker.alive, worker.left is not None) for worker in found],
                "trials": [worker.trials for worker in found],
                "joined": [worker.joined for worker in found],
                "seen": [worker.heartbeat for worker in found],
            }
        )
        st.dataframe(
            table,
            key="workers_table",
            hide_index=True,
            column_config={
                "machine": "Machine",
                "process": "Process",
                "state": "State",
                "trials": "Trials",
                "joined": time_column("Joined", seconds=True),
                "seen": time_column("Last heartbeat", seconds=True),
            },
            alt="The workers of this search",
        )


def _state(alive: bool, left: bool) -> str:
    return "works" if alive else "left" if left else "lost"


EXTERNAL = (
    "This is an external study, made with Optuna alone: it has no run and no log here, and is shown with what its "
    "trials recorded. Their attributes are in the table of all trials."
)


def head(summary: StudySummary, run: Run | None, frame: pd.DataFrame) -> None:
    """Draw it."""
    with st.container(horizontal=True, vertical_alignment="center", key="study_header"):
        st.title(plain(summary.name), anchor=False, width="content")
        state_badge(run)
        st.space("stretch")
        stop_button(summary.name, run)
        resume_button(summary.name, run)
        report_button(summary)
        _config_button(summary)
        delete_button(summary, run)
    st.caption(_subtitle(summary), help=in_utc(summary.created) if summary.created else None)
    _links(summary, run)
    show_kept_error()
    if not run:
        st.info(EXTERNAL, icon=":material/outbound:")
        return
    newest = queries.log(summary, last=1)
    run_status(run, summary.config, frame, newest[-1] if newest else None)
    workers_section(summary)
    if summary.config_problem:
        st.warning(_unreadable(summary), icon=":material/warning:")
    if missing := queries.missing_space(summary):
        st.warning(plain(missing), icon=":material/extension_off:")


def _config_button(summary: StudySummary) -> None:
    if summary.config:
        st.download_button(
            "Configuration",
            summary.config.to_toml(),
            file_name=f"{file_name(summary.name)}.toml",
            mime="application/toml",
            icon=":material/download:",
            key="download_config",
            on_click="ignore",
            help="The search file of this study (TOML): runs it again on the command line or in the form.",
        )


def _links(summary: StudySummary, run: Run | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="study_links"):
        link, words = {STUDY_PARAMETER: summary.name}, queries.words_of(summary)
        if run:
            page_link(
                PROXIES,
                "How its proxies rank",
                ":material/query_stats:",
                f"Which of its proxies orders its {words.many} as their true accuracies do, and where each fails.",
                link,
            )
            page_link(
                COMPARE,
                "Compare with others",
                ":material/stacked_line_chart:",
                "Its regret, hypervolume and time beside those of other studies.",
                link,
            )
        if queries.is_in_benchmark(summary) and summary.space:
            listed = len(queries.listed(summary.space))
            page_link(
                BENCHMARK,
                "In the benchmark",
                ":material/leaderboard:",
                f"Where its {words.many} lie among all {listed:,}, and how far the best are from the optimum.",
                {VIEW_PARAMETER: "study", **link},
            )
        if address := optuna_link(summary):
            page_link(
                address,
                "In optuna-dashboard",
                ":material/open_in_new:",
                "The same study in Optuna's own dashboard, which runs beside this one.",
            )
        st.space("stretch")
        with st.container(width="content"):
            picture_choice()


def _unreadable(summary: StudySummary) -> str:
    if summary.file_problem:
        return (
            f"This study's settings are not known, as {plain(summary.file_problem)}. Its trials are shown, and it "
            "cannot be resumed or cloned."
        )
    return (
        f"This installation cannot read the study's configuration: {plain(summary.config_problem)}. "
        f"A proxy of one's own is loaded from the files that `{MODULES_VARIABLE}` names when the dashboard starts."
    )


def _subtitle(summary: StudySummary) -> str:
    ways = (f"{way} {plain(name)}" for name, way in zip(summary.objectives, summary.directions, strict=True))
    parts = [", ".join(ways)]
    if config := summary.config:
        kept = [plain(constraint.shown) for constraint in config.constraints]
        images = [config.dataset, *([f"truth: {config.trained_on}"] if config.trained_on != config.dataset else [])]
        parts = [*images, f"sampler {config.setup.sampler}", f"seed {config.setup.seed}", *parts, *kept]
    if summary.space_name not in {None, registry.DEFAULT}:
        parts.insert(0, plain(summary.space.title if summary.space else str(summary.space_name)))
    if summary.created:
        parts.append(f"created {minute(summary.created)}")
    return " · ".join(parts)
