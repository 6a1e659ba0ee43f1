"""Controls whose value is kept in the page's link: choices, studies and zoom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from backend.studies import StudySummary
from dashboard.links import STUDY_PARAMETER, named_studies, parameter, parameters, set_parameter
from dashboard.text import plain
from dashboard.widgets.tables import look


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


@dataclass(frozen=True)
class LinkedChoices:
    """Several of some choices, kept in the page's link; none in the link stands for all.

    Attributes:
        parameter: its name in the link.
        names: value in the link → what it is called on the page.
    """

    parameter: str
    names: Mapping[str, str]

    @property
    def key(self) -> str:
        """Of the widget."""
        return f"linked_{self.parameter}"

    @property
    def chosen(self) -> list[str]:
        """Those of the link's values that are valid, in the order of the choices."""
        asked = parameters(self.parameter)
        return [value for value in self.names if value in asked]

    @property
    def values(self) -> list[str]:
        """What is chosen: all where the link names none that is valid."""
        return self.chosen or list(self.names)

    @property
    def problem(self) -> str:
        """What is wrong with the link's values, in one line; "" if nothing is."""
        unknown = [value for value in dict.fromkeys(parameters(self.parameter)) if value not in self.names]
        if not unknown:
            return ""
        said = ", ".join(map(repr, unknown))
        return f"{self.parameter}: {said}: not valid in a link; valid are {', '.join(self.names)}"

    def dropdown(self, label: str, words: str) -> list[str]:
        """Show the choices in a list that opens; returns what is chosen."""
        st.session_state[self.key] = self.chosen
        st.multiselect(
            label,
            list(self.names),
            format_func=self.names.__getitem__,
            key=self.key,
            placeholder="All",
            help=words,
            on_change=self._changed,
        )
        return self.values

    def _changed(self) -> None:
        set_parameter(self.parameter, st.session_state[self.key])


def linked_studies(summaries: Sequence[StudySummary], key: str, placeholder: str, words: str) -> list[str]:
    """Show the control; returns the names in the link, which may name studies that there are not.

    Args:
        summaries: to choose from.
        key: of the widget.
        placeholder: in it, while none is chosen.
        words: the tooltip.
    """
    named = named_studies()
    there = {item.name: item for item in summaries}
    st.session_state[key] = [name for name in named if name in there]
    st.multiselect(
        "Studies",
        list(there),
        format_func=lambda name: f"{name} ({_words(there[name])})",
        key=key,
        placeholder=placeholder,
        help=words,
        on_change=lambda: link_studies(st.session_state[key]),
    )
    return named


def link_studies(names: Sequence[str]) -> None:
    """Put studies into the page's link."""
    set_parameter(STUDY_PARAMETER, names)


def _words(item: StudySummary) -> str:
    dataset = f"{item.config.dataset}, " if item.config else ""
    return f"{dataset}{look(item.run).word.lower()}, {item.trials:,} trials"


_DIGITS = 6


@dataclass(frozen=True)
class LinkedZoom:
    """The zoom of one chart.

    Attributes:
        parameter: its name in the link.
        x: column on the horizontal axis; a zoom of other axes does not count.
        y: column on the vertical axis.
    """

    parameter: str
    x: str
    y: str

    @property
    def ranges(self) -> tuple[float, float, float, float] | None:
        """Left, right, bottom and top; None where the link has none for these axes."""
        parts = parameters(self.parameter)
        if parts[:2] != [self.x, self.y]:
            return None
        try:
            left, right, bottom, top = map(float, parts[2:])
        except ValueError:
            return None
        sound = all(map(math.isfinite, (left, right, bottom, top))) and left < right and bottom < top
        return (left, right, bottom, top) if sound else None

    def apply(self, figure: go.Figure) -> None:
        """Show the zoomed stretch."""
        if ranges := self.ranges:
            for axis, ends in ((figure.layout.xaxis, ranges[:2]), (figure.layout.yaxis, ranges[2:])):
                if axis.type != "log":
                    axis.range = ends
                elif ends[0] > 0:
                    axis.range = [math.log10(end) for end in ends]

    def take(self, selection: dict[str, Any]) -> bool:
        """Zoom to the box of a chart's selection; whether it has one."""
        boxes = selection.get("box") or []
        if not boxes:
            return False
        corners = [*sorted(boxes[0]["x"]), *sorted(boxes[0]["y"])]
        set_parameter(self.parameter, [self.x, self.y, *(f"{value:.{_DIGITS}g}" for value in corners)])
        return True

    def reset_button(self) -> None:
        """The way back, where the chart is zoomed."""
        if self.ranges:
            st.button(
                "Show all",
                icon=":material/zoom_out_map:",
                key=f"reset_{self.parameter}",
                help="End the zoom, which is kept in the page's link.",
                on_click=self._reset,
            )

    def _reset(self) -> None:
        set_parameter(self.parameter, None)
