"""The form's section of hardware metrics: which are recorded, optimised and bounded."""

import streamlit as st

from backend import hardware
from dashboard.components.search_form.metric_rows import KEEP, cost_rows, number_field
from dashboard.components.search_form.problems import Problems
from dashboard.components.search_form.state import hardware_of, key


def hardware_section(problems: Problems) -> None:
    """Sizes, latencies and energies, each with its goal and its bound."""
    with st.container(border=True, key="section_hardware"):
        st.subheader("Hardware", anchor=False)
        st.caption(
            "What a network costs: parameters, FLOPs, and HW-NAS-Bench's latency and energy on six devices. "
            "A scale above 0 makes it an objective, a bound makes it a constraint."
        )
        st.multiselect(
            "Hardware metrics",
            hardware.COSTS,
            format_func=_title,
            key=key("hardware"),
            persist_state=KEEP,
            placeholder="none: choose sizes, latencies or energies",
            help="Latencies and energies are known for C = 16 and N = 5. A cell that a device was not measured on is "
            "infeasible where that metric is optimised or bounded.",
        )
        problems.of_costs()
        _bitwidth_fields()
        cost_rows(hardware_of(st.session_state), problems)


def _title(metric: str) -> str:
    unit = hardware.get(metric).unit
    return f"{metric} ({unit})" if unit else metric


def _bitwidth_fields() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.checkbox(
            "Record the average bit width, compared to",
            key=key("bitwidth"),
            persist_state=KEEP,
            help="A hardware metric: 32 bits for these unquantised networks.",
        )
        number_field(
            "Compare to (bits)",
            key("compare_to"),
            "The bit width that the average is compared to; 32 is single precision.",
            width=130,
            label_visibility="collapsed",
            disabled=not st.session_state[key("bitwidth")],
        )
