"""Where the pages are, and the only way between them: every link is made here, and its parameters are read here."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import streamlit as st

from backend.errors import UserError
from backend.spaces.base import Architecture, Label, SearchSpace
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.notations import parse_cell

STUDIES: Final = "views/studies/page.py"
NEW_SEARCH: Final = "views/new_search/page.py"
STUDY: Final = "views/study/page.py"
BENCHMARK: Final = "views/benchmark/page.py"
PROXIES: Final = "views/proxies/page.py"
ENSEMBLE: Final = "views/ensemble/page.py"
COMPARE: Final = "views/compare/page.py"
SHARE: Final = "views/share/page.py"
HELP: Final = "views/help/page.py"

STUDY_PARAMETER: Final = "study"
TRIAL_PARAMETER: Final = "trial"
CELL_PARAMETER: Final = "cell"
SPACE_PARAMETER: Final = "space"
TABLE_PARAMETER: Final = "table"
VIEW_PARAMETER: Final = "view"
_SHOWN: Final = 30


Parameters = Mapping[str, str | Sequence[str]]
"""Name in the link → value, or several values in their order."""


def open_page(page: str, link: Parameters | None = None) -> NoReturn:
    """Go to a page.

    Args:
        page: one of the pages above.
        link: what it shows.
    """
    st.switch_page(page, query_params=_listed(link))
    raise AssertionError("unreachable")


def page_link(page: str, label: str, icon: str, words: str | None = None, link: Parameters | None = None) -> None:
    """Draw a link to a page.

    Args:
        page: one of the pages above, or the address of another server.
        label: of the link.
        icon: before the label.
        words: the tooltip.
        link: what the page shows.
    """
    st.page_link(page, label=label, icon=icon, help=words, query_params=_listed(link))


def _listed(link: Parameters | None) -> dict[str, list[str]]:
    # Of pairs that repeat a name Streamlit keeps the last; of a list it keeps all.
    listed = {name: [value] if isinstance(value, str) else list(value) for name, value in (link or {}).items()}
    return {name: values for name, values in listed.items() if values}


def parameters(name: str) -> list[str]:
    """All values that the page's link has under a name, in their order."""
    return list(st.query_params.get_all(name))


def parameter(name: str) -> str | None:
    """The value that the page's link has under a name, the last of several; None where it has none."""
    return st.query_params.get(name)


def has_parameters() -> bool:
    """Whether the page's link says what to show."""
    return bool(st.query_params)


def set_parameter(name: str, value: str | Sequence[str] | None) -> None:
    """Put a value, or several, into the page's link; None, or an empty list, takes the name out."""
    values = [value] if isinstance(value, str) else list(value or ())
    if not values:
        st.query_params.pop(name, None)
    elif values != parameters(name):
        st.query_params[name] = values[0] if len(values) == 1 else values


def clear_parameters() -> None:
    """Take everything out of the page's link."""
    # clear() raises where a widget is bound to a parameter.
    st.query_params.from_dict({})


def open_study(name: str) -> NoReturn:
    """Go to a study's page."""
    open_page(STUDY, {STUDY_PARAMETER: name})


def linked_trial() -> int | None:
    """The trial that the page's link names, if it names one."""
    text = parameter(TRIAL_PARAMETER) or ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def trial_problem() -> str:
    """What is wrong with the trial that the page's link names, in one line; "" if nothing is."""
    text = parameter(TRIAL_PARAMETER) or ""
    if not text or linked_trial() is not None:
        return ""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"{TRIAL_PARAMETER}: {shown!r} is no number of a trial; valid are whole numbers from 0 to 999999999"


def link_trial(number: int | None) -> None:
    """Put a trial into the page's link, in place of a cell, or take it out."""
    set_parameter(CELL_PARAMETER, None)
    set_parameter(TRIAL_PARAMETER, None if number is None else str(number))


def linked_cell() -> Cell | None:
    """The cell that the page's link names in any notation, if it names one.

    Raises:
        UserError: what it names is no cell.
    """
    text = parameter(CELL_PARAMETER)
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
    set_parameter(CELL_PARAMETER, str(index))


def linked_architecture(space: SearchSpace) -> Architecture | None:
    """The architecture that the page's link names in any notation of a space, if it names one.

    Raises:
        UserError: what it names is none of the space.
    """
    text = parameter(CELL_PARAMETER)
    if text is None:
        return None
    try:
        return space.read(text)
    except UserError as error:
        raise UserError(f"{CELL_PARAMETER}: {error}") from None


def known_architecture(space: SearchSpace) -> Architecture | None:
    """As :func:`linked_architecture`; None also for what is none of the space, which `architecture_problem` says."""
    try:
        return linked_architecture(space)
    except UserError:
        return None


def architecture_problem(space: SearchSpace) -> str:
    """What is wrong with the architecture that the page's link names, in one line; "" if nothing is."""
    try:
        linked_architecture(space)
    except UserError as error:
        return str(error)
    return ""


def link_architecture(label: Label | float) -> None:
    """Put an architecture into the page's link, by its label; a chart gives an index as any number."""
    set_parameter(CELL_PARAMETER, label if isinstance(label, str) else str(int(label)))


def named_studies() -> list[str]:
    """The studies that the page's link names, each once."""
    return list(dict.fromkeys(parameters(STUDY_PARAMETER)))


def link_study(name: str) -> None:
    """Put a study into the page's link."""
    set_parameter(STUDY_PARAMETER, name)
