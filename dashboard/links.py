"""Where the pages are, and the only way between them: every link is made here, and its parameters are read here."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import streamlit as st

from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import Architecture, Label, SearchSpace

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
SPACE_PARAMETER: Final = "space"
ARCHITECTURE_PARAMETER: Final = "cell"
"""What links have called it since there was one search space alone, whose architectures are cells."""
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
    """Put a trial into the page's link, in place of an architecture, or take it out."""
    set_parameter(ARCHITECTURE_PARAMETER, None)
    set_parameter(TRIAL_PARAMETER, None if number is None else str(number))


def linked_architecture(space: SearchSpace) -> Architecture | None:
    """The architecture that the page's link names in any notation, if it names one.

    Raises:
        UserError: what it names is none of this space.
    """
    text = parameter(ARCHITECTURE_PARAMETER)
    if text is None:
        return None
    try:
        return space.read(text)
    except UserError as error:
        raise UserError(f"{ARCHITECTURE_PARAMETER}: {error}") from None


def known_architecture(space: SearchSpace) -> Architecture | None:
    """As :func:`linked_architecture`; None also for what is none, which :func:`architecture_problem` says."""
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


def link_architecture(label: Label | float | None) -> None:
    """Put an architecture into the page's link, by its label, or take it out; a chart gives an index as any number."""
    text = label if label is None or isinstance(label, str) else str(int(label))
    set_parameter(ARCHITECTURE_PARAMETER, text)


def space_link(space: SearchSpace) -> dict[str, str]:
    """What names a space in the link of a page that belongs to no study; nothing for the default one."""
    return {} if space.name == registry.DEFAULT else {SPACE_PARAMETER: space.name}


def named_studies() -> list[str]:
    """The studies that the page's link names, each once."""
    return list(dict.fromkeys(parameters(STUDY_PARAMETER)))


def link_study(name: str) -> None:
    """Put a study into the page's link."""
    set_parameter(STUDY_PARAMETER, name)
