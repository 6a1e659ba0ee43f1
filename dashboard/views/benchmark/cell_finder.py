"""Finds a cell: by what is typed in any notation, or by drawing it."""

from typing import Final

import streamlit as st

from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell
from backend.spaces.nas_bench_201.notations import ACCEPTED, parse_cell
from dashboard.figures import cell_graph
from dashboard.figures.cell_graph import OPERATION_NAMES
from dashboard.links import link_cell
from dashboard.text import plain
from dashboard.widgets.charts import drawing_config
from dashboard.widgets.errors import kept_errors, show_kept_error

_TEXT: Final = "find_cell"
_EDGE_KEYS: Final = tuple(f"draw_{source}_{target}" for source, target in EDGES)


def cell_finder(cell: Cell) -> None:
    """Show the ways to a cell, and the drawing of the present one.

    Args:
        cell: the present one.
    """
    with st.container(border=True, key="cell_finder"):
        find, drawing = st.columns([1, 1], gap="medium")
        with find:
            _by_name()
            show_kept_error()
            st.markdown("**Draw a cell**", help="Node 0 is the cell's input, node 3 its output.")
            _by_drawing(cell)
        with drawing:
            st.plotly_chart(
                cell_graph(cell),
                key="drawn_cell",
                config=drawing_config(f"cell {cell.index}"),
                alt=f"Graph of the cell {cell}",
            )
            st.code(str(cell), language=None, wrap_lines=True)


def _by_name() -> None:
    st.text_input(
        "Index, architecture string or operations",
        key=_TEXT,
        placeholder="6111 or |nor_conv_3x3~0|+|…",
        help=plain(f"Reads {ACCEPTED}. Press Enter."),
        on_change=_find,
    )


def _find() -> None:
    text = st.session_state[_TEXT].strip()
    if not text:
        return
    with kept_errors():
        link_cell(parse_cell(text).index)
        st.session_state[_TEXT] = ""


def _by_drawing(cell: Cell) -> None:
    grid = st.grid(2, min_column_width=110)
    for key, (source, target), operation in zip(_EDGE_KEYS, EDGES, cell.operations, strict=True):
        st.session_state[key] = operation
        grid.selectbox(
            f"Edge {source} → {target}",
            OPERATIONS,
            format_func=OPERATION_NAMES.__getitem__,
            key=key,
            help=f"The operation that leads from node {source} to node {target}.",
            on_change=_draw,
        )


def _draw() -> None:
    link_cell(Cell(tuple(st.session_state[key] for key in _EDGE_KEYS)).index)
