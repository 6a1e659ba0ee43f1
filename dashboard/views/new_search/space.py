"""The search space in the form: which, the options of each parameter beside a drawing, and what they leave."""

from collections.abc import Mapping, Sequence

import streamlit as st
from pydantic import ValidationError

from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import Choices, Drawable, FixedDistributions, Parameter, capability
from dashboard.data import configurations
from dashboard.figures.choices_graph import choices_graph
from dashboard.text import plain
from dashboard.views.new_search.metrics import KEEP
from dashboard.views.new_search.narrowing import narrowing_fields
from dashboard.views.new_search.problems import Problems
from dashboard.views.new_search.state import choose_space, key, parameters_of, section_table, sizes_of, space_of


def space_section(problems: Problems) -> None:
    """The space, where there are several; pickers, a drawing, sizes, and how much the choices leave."""
    space = space_of(st.session_state)
    choices = capability(space, Choices)
    with st.container(border=True, key="section_space"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("Search space", anchor=False, width="content")
            if choices and choices.bundles:
                _bundles_menu(space, choices)
        _space_field(problems)
        if choices is None:
            narrowing_fields(space, problems)
            return
        st.caption(plain(choices.choices_help))
        grid = st.grid(2, min_column_width=250)
        with grid.cell():
            for parameter in parameters_of(space):
                _picker(space, parameter)
                problems.of_space(space, parameter.name)
        with grid.cell():
            _drawing(space)
            for name in sizes_of(space):
                words = choices.size_words[name]
                st.text_input(words.field, key=key(name), persist_state=KEEP, help=words.field_help)
                problems.of_space(space, name)
        st.caption(_left(space))


def _space_field(problems: Problems) -> None:
    names = registry.available()
    if len(names) > 1:
        st.selectbox(
            "Space",
            names,
            format_func=lambda name: plain(registry.get(name).title),
            key=key("space"),
            persist_state=KEEP,
            help="Where the architectures come from. Another space begins with all of its architectures.",
            on_change=lambda: choose_space(st.session_state, space_of(st.session_state)),
        )
    problems.of_space(registry.get(), "name")


def _bundles_menu(space: SearchSpace, choices: Choices) -> None:
    words = space.words
    st.menu_button(
        f"On every {words.parameter}",
        list(choices.bundles),
        key="ops_everywhere",
        icon=":material/select_all:",
        help=f"Allow the same {words.option}s on every {words.parameter}.",
        on_click=_allow_everywhere,
        args=(space, choices),
    )


def _picker(space: SearchSpace, parameter: Parameter) -> None:
    words = space.words
    st.pills(
        f"{words.parameter.capitalize()} {parameter.title}",
        range(len(parameter.options)),
        selection_mode="multi",
        wrap=True,
        format_func=lambda number: plain(parameter.called(parameter.options[number])),
        key=key(parameter.name),
        persist_state=KEEP,
        help=f"`{parameter.name}` of the search file. One {words.option} fixes the {words.parameter}.",
    )


def _drawing(space: SearchSpace) -> None:
    """The options on the edges of a drawing, where each parameter is one of them."""
    drawable, fixed = capability(space, Drawable), capability(space, FixedDistributions)
    if drawable is None or fixed is None:
        return
    drawing, parameters = drawable.drawing(fixed.of_params({})), parameters_of(space)
    if {edge.parameter for edge in drawing.edges} != {parameter.name for parameter in parameters}:
        return
    allowed = {parameter.name: _allowed(parameter) for parameter in parameters}
    one = space.words.one
    st.plotly_chart(
        choices_graph(drawing, allowed),
        key="choices_graph",
        config={"displayModeBar": False},
        alt=f"The {one}'s {space.words.parameter}s: {_said(space, parameters, allowed)}",
    )


def _allowed(parameter: Parameter) -> list[str]:
    return [parameter.options[number] for number in st.session_state[key(parameter.name)] or []]


def _said(space: SearchSpace, parameters: Sequence[Parameter], allowed: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(
        f"{space.words.parameter} {parameter.title.replace('→', 'to')}: "
        f"{', '.join(map(parameter.called, allowed[parameter.name])) or 'none chosen'}"
        for parameter in parameters
    )


def _allow_everywhere(space: SearchSpace, choices: Choices) -> None:
    allowed = choices.bundles[st.session_state["ops_everywhere"]]
    for parameter in parameters_of(space):
        st.session_state[key(parameter.name)] = list(allowed)


def _left(space: SearchSpace) -> str:
    try:
        section = space.section.model_validate(section_table(st.session_state))
    except (UserError, ValidationError):
        return f"Fix the choices above to see how many {space.words.many} they leave."
    return configurations.left(section)
