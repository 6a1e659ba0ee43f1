"""The state of a run: progress, time left, device, images, notes and log."""

import pandas as pd
import streamlit as st

from backend.config.advice import notices
from backend.config.model import SearchConfig
from backend.spaces.base import Words
from backend.studies.runs import LogLine, Run
from dashboard.data import queries
from dashboard.data.pace import elapsed, seconds_left
from dashboard.figures.numbers import duration
from dashboard.text import plain
from dashboard.widgets.times import second, zone

_WASTED = {"repeat": "repeated", "disconnected": "disconnected", "infeasible": "infeasible", "failed": "failed"}


def run_status(run: Run, config: SearchConfig | None, frame: pd.DataFrame, newest: LogLine | None) -> None:
    """Show how far a run is and what it runs on: of one that has ended a line, and the rest behind "About this run".

    Args:
        run: its present state.
        config: its configuration; None where it cannot be read.
        frame: the study's trials.
        newest: the last line of its log.
    """
    counted = queries.counted(config)
    share = min(1.0, run.done / run.asked) if run.asked else 0.0
    words = config.space.words if config else Words()
    scored = f"**{run.done:,} of {run.asked:,}** {counted} scored"
    with st.container(key="run_progress"):
        if run.active:
            st.progress(share, text=scored)
        else:
            took = f" in {duration(elapsed(run))}, {_median_seconds(frame)} {words.a}" if run.done else ""
            st.markdown(f"{scored}{took}.")
    if run.active:
        _figures(run, config, frame)
    if run.message:
        box = st.error if run.state == "failed" else st.info
        box(plain(run.message[0].upper() + run.message[1:] + "."))
    if run.active and newest is not None:
        st.caption(f":gray[{second(newest.time)}] {plain(newest.message)}", wrap=True)
    with st.expander("About this run", icon=":material/info:", type="compact", key="about_run"):
        if not run.active:
            _figures(run, config, frame)
        st.caption(_work_line(run))
        if not run.active and newest is not None:
            st.caption(f":gray[{second(newest.time)}] {plain(newest.message)}", wrap=True)
        if config:
            for line in notices(config):
                st.caption(f":material/info: {plain(line)}")


def log_table(lines: list[LogLine]) -> None:
    """The log, the newest line on top."""
    if not lines:
        st.caption("The log is empty: its first lines come when the search begins.")
        return
    here = zone()
    text = "\n".join(
        f"{line.time.astimezone(here):%Y-%m-%d %H:%M:%S}  {line.level:<8} {line.message}" for line in reversed(lines)
    )
    with st.container(key="run_log"):
        st.code(text, language=None, height=320, wrap_lines=True)
    st.caption(f"The last {len(lines)} lines, the newest on top; times in {here}.")


def _figures(run: Run, config: SearchConfig | None, frame: pd.DataFrame) -> None:
    words = config.space.words if config else Words()
    counts = frame["state"].value_counts()
    tried = sum(int(counts.get(state, 0)) for state in ("complete", *_WASTED))
    without = {words: int(counts.get(state, 0)) for state, words in _WASTED.items()}
    said = ", ".join(f"{count} {words}" for words, count in without.items() if count) or "no duplicates or failures"
    timeout = config.setup.timeout if config else None
    left = seconds_left(run, frame, timeout)
    limit = f"The time limit is {duration(timeout)}." if timeout else "There is no time limit."
    with st.container(key="run_figures"):
        grid = st.grid(4, min_column_width=150)
        grid.metric(
            "Time left",
            duration(left) if run.active else "–",
            help=f"By the pace of the last {words.many}. {limit}",
            delta=_time_word(run),
            delta_color="off",
            delta_arrow="off",
        )
        grid.metric("Elapsed", duration(elapsed(run)), help="Since this run, or its last resumption, began.")
        grid.metric(
            "Trials",
            f"{tried:,}",
            delta=said,
            delta_color="off",
            delta_arrow="off",
            help="All that the sampler asked for. Repeats cost nothing; what is disconnected, or else invalid, has no "
            "scores, and what is infeasible, breaking a constraint, is not scored.",
        )
        median = f"Median time to score one distinct {words.one}."
        grid.metric(f"Seconds {words.a}", _median_seconds(frame), help=median)


def _time_word(run: Run) -> str | None:
    if not run.active:
        return "the search has ended"
    return {"queued": "waiting to begin", "stopping": "ending after this trial"}.get(run.state)


def _median_seconds(frame: pd.DataFrame) -> str:
    return duration(frame.loc[frame["state"] == "complete", "seconds"].median())


def _work_line(run: Run) -> str:
    device = run.device or "not known before it begins"
    images = run.images or "not read yet"
    host = f" on {run.host}" if run.host else ""
    return f":material/memory: **Device** {plain(device)}{plain(host)}  \n:material/image: **Images** {plain(images)}"
