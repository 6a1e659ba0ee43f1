"""The search space in the form: the operations of each edge beside the cell's drawing, and what they leave."""

import streamlit as st

from backend.errors import ConfigError
from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS
from backend.spaces.nas_bench_201.options import EDGE_KEYS, CellChoices
from dashboard.data import queries
from dashboard.figures.cell_graph import OPERATION_NAMES
from dashboard.figures.choices_graph import choices_graph
from dashboard.views.new_search.metrics import KEEP
from dashboard.views.new_search.problems import Problems
from dashboard.views.new_search.state import form_tables, key

_ALL = tuple(range(len(OPERATIONS)))
_EVERYWHERE = {
    "Every operation": _ALL,
    "No pooling": (0, 1, 2, 3),
    "Convolutions and skips": (1, 2, 3),
    "Convolutions": (2, 3),
}


def space_section(problems: Problems) -> None:
    """Six pickers, the drawing, sizes, and how many cells the choices leave."""
    with st.container(border=True, key="section_space"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("Search space", anchor=False, width="content")
            st.menu_button(
                "On every edge",
                list(_EVERYWHERE),
                key="ops_everywhere",
                icon=":material/select_all:",
                help="Allow the same operations on all six edges.",
                on_click=_allow_everywhere,
            )
        st.caption("Operations allowed on each edge of the cell: node 0 is its input, node 3 its output.")
        grid = st.grid(2, min_column_width=250)
        with grid.cell():
            for edge in EDGE_KEYS:
                _edge_picker(edge)
                problems.of_cell_choice(edge)
        with grid.cell():
            _drawing()
            for name, what in (("C", "Channels C of the first stage"), ("N", "Cells a stage N")):
                st.text_input(
                    what,
                    key=key(name),
                    persist_state=KEEP,
                    help="One number, or several with commas between. True accuracies are known for C = 16, N = 5.",
                )
                problems.of_cell_choice(name)
        st.caption(_space_size())


def _edge_picker(edge: str) -> None:
    target, source = edge.split("_")[1:]
    st.pills(
        f"Edge {source} → {target}",
        _ALL,
        selection_mode="multi",
        wrap=True,
        format_func=lambda number: OPERATION_NAMES[OPERATIONS[number]],
        key=key(edge),
        persist_state=KEEP,
        help=f"`{edge}` of the search file. One operation fixes the edge.",
    )


def _drawing() -> None:
    chosen = {
        (source, target): [OPERATIONS[number] for number in st.session_state[key(f"op_{target}_{source}")] or []]
        for source, target in EDGES
    }
    words = "; ".join(
        f"edge {source} to {target}: {', '.join(OPERATION_NAMES[name] for name in allowed) or 'none chosen'}"
        for (source, target), allowed in chosen.items()
    )
    st.plotly_chart(
        choices_graph(chosen), key="choices_graph", config={"displayModeBar": False}, alt=f"The cell's edges: {words}"
    )


def _allow_everywhere() -> None:
    allowed = _EVERYWHERE[st.session_state["ops_everywhere"]]
    for edge in EDGE_KEYS:
        st.session_state[key(edge)] = list(allowed)


def _space_size() -> str:
    try:
        choices = CellChoices.model_validate(
            form_tables(st.session_state)["search"]["search_space"]["nas_zero_cost"]["config"]
        )
    except (ConfigError, ValueError):
        return "Mend the choices above to see how many cells they leave."
    size = queries.space_size(choices)
    sizes = f" at {size.sizes} sizes: **{size.networks:,}** connected networks to score" if size.sizes > 1 else ""
    return (
        f"These choices leave **{size.connected:,}** connected cells of {size.combinations:,} combinations{sizes}. "
        f"**{size.distinct:,}** of the cells are distinct: the others compute the same, and cost nothing."
    )
