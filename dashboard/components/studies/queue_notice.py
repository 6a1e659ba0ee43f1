"""What waits in this machine's queue, and a button where nobody is there to start it."""

import streamlit as st

from backend.search import queueing
from backend.studies import queue
from dashboard import queries
from dashboard.components.errors import kept_errors
from dashboard.components.writing import writing


def queue_notice() -> None:
    """One line on the queue; nothing where nothing waits."""
    database = queries.database()
    count = len(queue.waiting(database))
    if not count:
        return
    searches = "1 search waits" if count == 1 else f"{count} searches wait"
    at_once = queue.parallel(database)
    with st.container(horizontal=True, vertical_alignment="center", key="queue_notice"):
        if queue.worker_alive(database):
            st.caption(f":material/schedule: {searches} on this machine, which has up to {at_once} in work at once.")
        else:
            st.caption(f":material/pause_circle: {searches} on this machine, and nothing is there to start them.")
            st.button(
                "Start the queue",
                icon=":material/play_arrow:",
                key="start_queue",
                on_click=_start,
                **writing("Start the process that launches them in their order; it outlives the dashboard."),
            )


def _start() -> None:
    with kept_errors():
        queueing.start_worker(queries.database())
