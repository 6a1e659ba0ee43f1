"""The processes that share a search."""

import pandas as pd
import streamlit as st
from streamlit.column_config import DatetimeColumn

from backend.studies import StudySummary
from dashboard import queries


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
        moment = "YYYY-MM-DD HH:mm:ss"
        st.dataframe(
            table,
            key="workers_table",
            hide_index=True,
            column_config={
                "machine": "Machine",
                "process": "Process",
                "state": "State",
                "trials": "Trials",
                "joined": DatetimeColumn("Joined (UTC)", format=moment, timezone="UTC"),
                "seen": DatetimeColumn("Last sign of life (UTC)", format=moment, timezone="UTC"),
            },
            alt="The workers of this search",
        )


def _state(alive: bool, left: bool) -> str:
    return "works" if alive else "left" if left else "lost"
