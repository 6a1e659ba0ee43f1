"""What differs between the configurations of the studies."""

from __future__ import annotations

import streamlit as st

from backend.analysis.repetitions import settings_that_differ
from dashboard.components.compare.options import Options


def settings_section(options: Options) -> None:
    """A row a setting in which some differ, a column a study or group of seeds."""
    configs = {name: members[0].summary.config for name, members in options.groups.items()}
    readable = {name: config for name, config in configs.items() if config}
    st.subheader("Settings that differ", anchor="settings")
    table = settings_that_differ(readable)
    if table.empty:
        st.caption("Nothing but the seed, or no second study whose configuration can be read here.")
        return
    st.caption("Keys of the search file, without `search.`; a dash where a study has no such setting.")
    shown = table.map(lambda value: None if value is None else str(value)).reset_index()
    st.dataframe(
        shown,
        key="settings",
        hide_index=True,
        height="content",
        placeholder="–",
        alt="Settings in which studies differ",
    )
