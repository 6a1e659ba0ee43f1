"""Finds an architecture: by what is typed in any notation, or by choosing its parameters."""

from typing import Final

import streamlit as st

from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import Drawable, FixedDistributions, Parameters, capability, lacks
from dashboard.figures import architecture_graph
from dashboard.links import link_architecture
from dashboard.text import plain
from dashboard.widgets.charts import drawing_config
from dashboard.widgets.errors import kept_errors, show_kept_error

_TEXT: Final = "find_cell"
_EXAMPLE: Final = 18


def architecture_finder(space: SearchSpace, architecture: Architecture | None) -> None:
    """Show the ways to an architecture, and the drawing of the present one.

    Args:
        space: of the architectures.
        architecture: the present one; None where none is chosen yet.
    """
    with st.container(border=True, key="cell_finder"):
        find, drawing = st.columns([1, 1], gap="medium")
        with find:
            _by_name(space, architecture)
            show_kept_error()
            if architecture:
                _by_parameters(space, architecture)
        with drawing:
            if architecture:
                draw(space, architecture, "drawn_cell")


def draw(space: SearchSpace, architecture: Architecture, key: str) -> None:
    """The drawing of an architecture, where its space has one, and its notation.

    Args:
        space: of it.
        architecture: to draw.
        key: of the chart.
    """
    if drawable := capability(space, Drawable):
        st.plotly_chart(
            architecture_graph(drawable.drawing(architecture)),
            key=key,
            config=drawing_config(space.named(space.label(architecture))),
            alt=f"Graph of the {space.words.one} {architecture.key}",
        )
    else:
        st.caption(plain(f"No drawing. {lacks(space, Drawable)}."))
    st.code(architecture.key, language=None, wrap_lines=True)


def _by_name(space: SearchSpace, architecture: Architecture | None) -> None:
    examples = [f"{space.label(architecture)}", f"{architecture.key[:_EXAMPLE]}…"] if architecture else []
    example = " or ".join(examples if architecture and space.label(architecture) != architecture.key else examples[:1])
    st.text_input(
        f"{space.words.one.capitalize()}, in any notation",
        key=_TEXT,
        placeholder=example,
        help=plain(f"Reads {space.notations}. Press Enter."),
        on_change=_find,
        args=(space,),
    )


def _find(space: SearchSpace) -> None:
    text = st.session_state[_TEXT].strip()
    if not text:
        return
    with kept_errors():
        link_architecture(space.label(space.read(text)))
        st.session_state[_TEXT] = ""


def _by_parameters(space: SearchSpace, architecture: Architecture) -> None:
    titled, fixed = capability(space, Parameters), capability(space, FixedDistributions)
    if titled is None or fixed is None:
        return
    verb = "Choose" if lacks(space, Drawable) else "Draw"
    st.markdown(f"**{verb} {space.words.a}**", help=f"The {space.words.option} of each {space.words.parameter}.")
    grid = st.grid(2, min_column_width=110)
    options = titled.of_key(architecture.key)
    for parameter in titled.parameters:
        key = _key(parameter.name)
        st.session_state[key] = options[parameter.name]
        grid.selectbox(
            f"{space.words.parameter.capitalize()} {parameter.title}",
            parameter.options,
            format_func=parameter.called,
            key=key,
            on_change=_choose,
            args=(space, titled, fixed, architecture),
        )


def _choose(space: SearchSpace, titled: Parameters, fixed: FixedDistributions, architecture: Architecture) -> None:
    chosen = {parameter.name: st.session_state[_key(parameter.name)] for parameter in titled.parameters}
    link_architecture(space.label(fixed.of_params({**architecture.params, **chosen})))


def _key(parameter: str) -> str:
    return f"draw_{parameter}"
