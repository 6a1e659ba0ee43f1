"""How a card is shown: its chart, with a picture to save and its data as CSV, or why there is none."""

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from backend.naming import file_name
from dashboard.cards.base import Card
from dashboard.text import plain
from dashboard.widgets.linked import LinkedChoice, LinkedZoom
from dashboard.widgets.tables import csv_button

_PICTURES: Final = LinkedChoice("picture", {"png": "PNG", "svg": "SVG"})

_UNLINKED_ZOOM: Final = ["lasso2d", "zoom2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]
"""Tools that a chart with a zoom in the link has no use for: the box takes their place."""


def picture_choice() -> None:
    """A control for the format of the pictures that the charts' camera button saves."""
    _PICTURES.segments(
        "Export format",
        "What the camera button above each chart saves: PNG, pixels at double size, or SVG, a drawing for papers.",
    )


def picture_options(name: str) -> dict[str, Any]:
    """How a chart's camera button saves it, in the chosen format and under that name."""
    return {"format": _PICTURES.value, "filename": file_name(name, marked=False), "scale": 2}


def drawing_config(name: str) -> dict[str, Any]:
    """Configuration of a chart that offers no tool but to save its picture under that name."""
    return {
        "displayModeBar": "hover",
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": picture_options(name),
    }


def show(
    card: Card,
    name: str,
    *,
    heading: bool = False,
    caption: bool = False,
    on_select: Callable[[], None] | None = None,
    zoom: LinkedZoom | None = None,
) -> None:
    """Draw a card: its chart, and a button for its data below; or why it cannot be shown.

    Args:
        card: to show; with a zoom, after ``zoom.apply`` on its figure. Its key is the chart's, the button's is
            ``download_<key>``.
        name: of the files that are saved, without their endings.
        heading: draw the card's title, and its help, above it.
        caption: draw the card's words below it, for those too who see the chart.
        on_select: called when a marker is clicked; the click is in ``st.session_state[card.key]``.
        zoom: keeps in the page's link the box that is drawn over the chart; needs ``on_select``.
    """
    if heading:
        st.markdown(f"**{plain(card.title)}**", help=card.help or None)
    if card.figure is None:
        st.info(plain(card.why_not), icon=":material/info:")
        return

    def selected() -> None:
        if on_select and not (zoom and zoom.take(st.session_state[card.key]["selection"])):
            on_select()

    config: dict[str, Any] = {
        "displayModeBar": "hover",
        "displaylogo": False,
        "modeBarButtonsToRemove": _UNLINKED_ZOOM if zoom else ["select2d", "lasso2d"],
        "toImageButtonOptions": picture_options(name),
    }
    st.plotly_chart(
        card.figure,
        key=card.key,
        on_select=selected if on_select else "ignore",
        selection_mode=("points", "box") if zoom else "points",
        config=config,
        alt=card.words,
    )
    if card.frame is not None:
        with st.container(horizontal=True):
            csv_button(card.frame, name, f"download_{card.key}", "What the chart shows, with all its digits.")
            if zoom:
                zoom.reset_button()
    if caption:
        st.caption(plain(card.words))


def clicked(key: str) -> list[Any]:
    """The customdata of the marker that was clicked last in a chart; empty where none was."""
    points = st.session_state[key]["selection"]["points"]
    data = points[0].get("customdata") if points else None
    if data is None:
        return []
    # Of an array of numbers the browser sends each row as a mapping from positions.
    return list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else [data]
