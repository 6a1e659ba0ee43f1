"""Keeps a page's answer from waiting for Python's garbage collector."""

import gc

import streamlit as st


@st.cache_resource(show_spinner=False)
def settle(page: str) -> None:
    """Take what is loaded by now out of the garbage collector's work; once a page, after its first visit.

    Streamlit collects after each run of a script. Walking through the objects of PyTorch, pandas and Plotly, which
    stay for ever, would take longer than the script.

    Args:
        page: that has just been shown, and has loaded its libraries.
    """
    del page
    gc.collect()
    gc.freeze()
