"""A chart's zoom, kept in the page's link: it survives new trials, and a colleague sees the same stretch.

Streamlit draws a chart whose data changed anew, and with it forgets what the browser alone knows. So the box that a
reader draws comes here as a selection, and the next picture has its ranges.
"""

import math
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.links import parameters, set_parameter

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
