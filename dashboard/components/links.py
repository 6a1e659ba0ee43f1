"""Where the pages are, and links to them that open a certain study, trial or cell."""

import re
from typing import Final, NoReturn

import streamlit as st

from backend.cell_notations import parse_cell
from backend.cells import Cell
from backend.errors import UserError

STUDIES: Final = "views/studies.py"
NEW_SEARCH: Final = "views/new_search.py"
STUDY: Final = "views/study.py"
BENCHMARK: Final = "views/benchmark.py"
PROXIES: Final = "views/proxies.py"
ENSEMBLE: Final = "views/ensemble.py"
COMPARE: Final = "views/compare.py"
SHARE: Final = "views/share.py"
HELP: Final = "views/help.py"

STUDY_PARAMETER: Final = "study"
TRIAL_PARAMETER: Final = "trial"
CELL_PARAMETER: Final = "cell"
TABLE_PARAMETER: Final = "table"
VIEW_PARAMETER: Final = "view"
_SHOWN: Final = 30


def open_study(name: str) -> NoReturn:
    """Go to a study's page."""
    st.switch_page(STUDY, query_params={STUDY_PARAMETER: name})
    raise AssertionError("unreachable")


def linked_trial() -> int | None:
    """The trial that the page's link names, if it names one."""
    text = st.query_params.get(TRIAL_PARAMETER, "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def trial_problem() -> str:
    """What is wrong with the trial that the page's link names, in one line; "" if nothing is."""
    text = st.query_params.get(TRIAL_PARAMETER, "")
    if not text or linked_trial() is not None:
        return ""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"{TRIAL_PARAMETER}: {shown!r} is no number of a trial; valid are whole numbers from 0 to 999999999"


def link_trial(number: int | None) -> None:
    """Put a trial into the page's link, in place of a cell, or take it out."""
    st.query_params.pop(CELL_PARAMETER, None)
    if number is None:
        st.query_params.pop(TRIAL_PARAMETER, None)
    else:
        st.query_params[TRIAL_PARAMETER] = str(number)


def linked_cell() -> Cell | None:
    """The cell that the page's link names in any notation, if it names one.

    Raises:
        UserError: what it names is no cell.
    """
    text = st.query_params.get(CELL_PARAMETER)
    if text is None:
        return None
    try:
        return parse_cell(text)
    except UserError as error:
        raise UserError(f"{CELL_PARAMETER}: {error}") from None


def known_cell() -> Cell | None:
    """The cell that the page's link names; None also where what it names is no cell, which `cell_problem` says."""
    try:
        return linked_cell()
    except UserError:
        return None


def cell_problem() -> str:
    """What is wrong with the cell that the page's link names, in one line; "" if nothing is."""
    try:
        linked_cell()
    except UserError as error:
        return str(error)
    return ""


def link_cell(index: int) -> None:
    """Put a cell into the page's link."""
    st.query_params[CELL_PARAMETER] = str(index)


def link_study(name: str) -> None:
    """Put a study into the page's link."""
    st.query_params[STUDY_PARAMETER] = name
