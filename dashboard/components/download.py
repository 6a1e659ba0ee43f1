"""Tables to take away."""

from collections.abc import Callable

import pandas as pd
import streamlit as st


def csv_button(
    table: pd.DataFrame | Callable[[], pd.DataFrame],
    file_name: str,
    key: str,
    words: str = "The whole table with all its digits.",
) -> None:
    """A button that downloads a table.

    Args:
        table: without its index; or what makes it once the button is clicked.
        file_name: what the file is called.
        key: of the widget.
        words: the tooltip.
    """
    st.download_button(
        "Download CSV",
        lambda: (table() if callable(table) else table).to_csv(index=False).encode(),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
        help=words,
    )
