"""Where the pages are, and links to them that open a certain study or trial."""

import re
from typing import Final, NoReturn

import streamlit as st

STUDIES: Final = "views/studies.py"
NEW_SEARCH: Final = "views/new_search.py"
STUDY: Final = "views/study.py"

STUDY_PARAMETER: Final = "study"
TRIAL_PARAMETER: Final = "trial"


def open_study(name: str) -> NoReturn:
    """Go to a study's page."""
    st.switch_page(STUDY, query_params={STUDY_PARAMETER: name})
    raise AssertionError("unreachable")


def linked_trial() -> int | None:
    """The trial that the page's link names, if it names one."""
    text = st.query_params.get(TRIAL_PARAMETER, "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def link_trial(number: int | None) -> None:
    """Put a trial into the page's link, or take it out."""
    if number is None:
        st.query_params.pop(TRIAL_PARAMETER, None)
    else:
        st.query_params[TRIAL_PARAMETER] = str(number)
