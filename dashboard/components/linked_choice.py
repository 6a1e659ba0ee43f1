"""Controls whose value stands in the page's link, so that the link shows the same again."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.errors import plain
from dashboard.components.links import parameter, set_parameter


@dataclass(frozen=True)
class LinkedChoice:
    """One of a few choices, kept in the page's link under a name and a value that no rewording changes.

    Attributes:
        parameter: its name in the link.
        names: value in the link → what it is called on the page; the first is the default, which the link leaves out.
    """

    parameter: str
    names: Mapping[str, str]

    @property
    def key(self) -> str:
        """Of the widget."""
        return f"linked_{self.parameter}"

    @property
    def value(self) -> str:
        """The link's value, or the default where the link has none that is valid."""
        asked = parameter(self.parameter)
        return asked if asked is not None and asked in self.names else next(iter(self.names))

    @property
    def problem(self) -> str:
        """What is wrong with the link's value, in one line; "" if nothing is."""
        asked = parameter(self.parameter)
        if asked is None or asked in self.names:
            return ""
        return f"{self.parameter}: {asked!r} is not valid in a link; valid are {', '.join(self.names)}"

    def choose(self, value: str) -> None:
        """Put a value into the link."""
        set_parameter(self.parameter, None if value == next(iter(self.names)) else value)

    def segments(self, label: str, words: str) -> str:
        """Show the choices side by side."""
        st.session_state[self.key] = self.value
        st.segmented_control(
            label,
            list(self.names),
            wrap=True,
            format_func=lambda value: plain(self.names[value]),
            required=True,
            key=self.key,
            help=words,
            on_change=self._chosen,
        )
        return self.value

    def dropdown(self, label: str, words: str) -> str:
        """Show the choices in a list that opens."""
        st.session_state[self.key] = self.value
        st.selectbox(
            label,
            list(self.names),
            format_func=self.names.__getitem__,
            key=self.key,
            help=words,
            on_change=self._chosen,
        )
        return self.value

    def tabs(self) -> DeltaGenerator:
        """Show the choices as tabs; returns the open one, the only one to be filled."""
        st.session_state[self.key] = self.names[self.value]
        containers = st.tabs(list(self.names.values()), key=self.key, on_change=self._tab_chosen)
        return containers[list(self.names).index(self.value)]

    def _chosen(self) -> None:
        self.choose(st.session_state[self.key])

    def _tab_chosen(self) -> None:
        called = st.session_state[self.key]
        self.choose(next(value for value, name in self.names.items() if name == called))
