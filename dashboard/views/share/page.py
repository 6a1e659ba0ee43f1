"""Share studies: to a file, from a file, between databases; and who did what."""

import streamlit as st

from dashboard.text import plain
from dashboard.views import share as parts
from dashboard.widgets.errors import shown_errors


def show() -> None:
    """The page."""
    st.title("Share", anchor=False)
    for problem in parts.link_problems():
        st.warning(plain(problem), icon=":material/link_off:")
    sections = {
        "export": parts.export_section,
        "import": parts.import_section,
        "between": parts.between_section,
        "history": parts.history_section,
    }
    with parts.VIEW.tabs(), shown_errors():
        sections[parts.VIEW.value]()


show()
