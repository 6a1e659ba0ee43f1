"""The fields that narrow the parameters of a space which says nothing of choices itself, and what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import streamlit as st

from backend.spaces.base import DatasetSection, Range, SearchSpace, SpaceSection
from backend.spaces.capabilities import Choices, capability
from backend.spaces.narrowing import distributions_of, kept
from dashboard.text import plain
from dashboard.views.new_search.problems import Problems

_OPEN = 12
"""Parameters up to which their fields are open."""


def _key(kind: str, name: str) -> str:
    return f"search_{kind}_of_{name}"


def narrowed_by_fields(space: SearchSpace) -> Mapping[str, Any]:
    """The parameters that have fields here, with their distributions; none of a space with choices of its own."""
    is_own = capability(space, Choices) is None and issubclass(space.section, DatasetSection)
    return distributions_of(space) if is_own else {}


def fill_narrowing(state: MutableMapping[Any, Any], space: SearchSpace, section: SpaceSection) -> None:
    """Put what a section keeps to into the fields; all of a parameter that it does not name."""
    for name, kind in narrowed_by_fields(space).items():
        narrowing = section.narrowings.get(name)
        if hasattr(kind, "choices"):
            options = kept(kind.choices, narrowing) if isinstance(narrowing, list) else kind.choices
            state[_key("options", name)] = [number for number, choice in enumerate(kind.choices) if choice in options]
            continue
        bounds = narrowing if isinstance(narrowing, Range) else Range()
        state[_key("low", name)] = text_of(kind.low if bounds.low is None else bounds.low)
        state[_key("high", name)] = text_of(kind.high if bounds.high is None else bounds.high)


def narrowing_of_fields(state: Mapping[Any, Any], space: SearchSpace, loaded: SpaceSection | None) -> dict[str, Any]:
    """``[search.search_space.parameters]`` as the fields say it, not validated: what is not narrowed is left out.

    Args:
        state: of the session.
        space: of the form.
        loaded: the section that the form was filled from, where it is of this space.
    """
    known = narrowed_by_fields(space)
    # What no field is for stays, for the validation to name.
    before = loaded.narrowings if loaded else {}
    said: dict[str, Any] = {name: narrowing for name, narrowing in before.items() if name not in known}
    for name, kind in known.items():
        if hasattr(kind, "choices"):
            chosen = state.get(_key("options", name), range(len(kind.choices)))
            if len(chosen or []) < len(kind.choices):
                said[name] = [_written(kind.choices[number]) for number in sorted(chosen or [])]
            continue
        typed = {bound: number_of(state.get(_key(bound, name), "")) for bound in ("low", "high")}
        bounds = {bound: value for bound, value in typed.items() if value not in (None, getattr(kind, bound))}
        if bounds:
            said[name] = bounds
    return said


def narrowing_fields(space: SearchSpace, problems: Problems) -> None:
    """A field for each parameter, with what is wrong below it."""
    known = narrowed_by_fields(space)
    words = space.words
    if not known:
        st.caption(plain(f"{space.title} has no choices of its own: any of its {words.many} may be drawn."))
        return
    st.caption(
        plain(f"Any of its {words.many} may be drawn. Narrow a {words.parameter} to search a part of the space.")
    )
    with st.expander(
        f"{words.parameter.capitalize()}s", expanded=len(known) <= _OPEN, icon=":material/tune:", key="narrowing"
    ):
        grid = st.grid(3, min_column_width=190)
        for name, kind in known.items():
            with grid.cell():
                if hasattr(kind, "choices"):
                    _options_field(name, kind.choices)
                else:
                    _range_fields(name, kind)
                problems.of_space(space, f"parameters.{name}")


def _options_field(name: str, choices: tuple[Any, ...]) -> None:
    st.pills(
        plain(name),
        range(len(choices)),
        selection_mode="multi",
        wrap=True,
        format_func=lambda number: plain(str(choices[number])),
        key=_key("options", name),
        persist_state="session",
        help="The options that the search may draw.",
    )


def _range_fields(name: str, kind: Any) -> None:
    steps = f" in steps of {text_of(kind.step)}" if kind.step and kind.step != 1 else ""
    words = f"From {text_of(kind.low)} to {text_of(kind.high)}{steps}{', on a log scale' if kind.log else ''}."
    with st.container(horizontal=True, gap="small"):
        for bound, label in (("low", "from"), ("high", "to")):
            st.text_input(
                f"{plain(name)} {label}", key=_key(bound, name), persist_state="session", help=words, width="stretch"
            )


def _written(choice: Any) -> Any:
    """A choice as a search file says it: TOML has no word for None."""
    return choice if isinstance(choice, bool | int | float | str) else str(choice)


def text_of(number: float | None) -> str:
    """A number as its field shows it; "" for none."""
    return "" if number is None else f"{number:.15g}"


def number_of(text: str | None) -> float | str | None:
    """The number that a field says, None for an empty one; what is no number stays, for the validation to name."""
    text = (text or "").strip()
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    try:
        return float(text) if text else None
    except ValueError:
        return text
