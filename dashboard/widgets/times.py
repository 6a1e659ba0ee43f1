"""Times as the reader's clock shows them; what is stored is in UTC."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.column_config import DatetimeColumn
from streamlit.elements.lib.column_types import ColumnConfig


def zone() -> tzinfo:
    """The reader's time zone, as the browser says it; UTC where it says none that is known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, ValueError, OSError):  # no such zone, or no name of one
        return ZoneInfo("UTC")


def minute(moment: datetime) -> str:
    """Day and minute in the reader's zone, such as "2026-11-28 20:31 CET"."""
    return f"{moment.astimezone(zone()):%Y-%m-%d %H:%M %Z}"


def in_utc(moment: datetime) -> str:
    """The same for a tooltip."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def second(moment: datetime) -> str:
    """Time of day in the reader's zone, such as "20:31:07 CET"."""
    return f"{moment.astimezone(zone()):%H:%M:%S %Z}"


def time_column(title: str, *, seconds: bool = False, width: int | None = None) -> ColumnConfig:
    """A column of times in the reader's zone, which its help names.

    Args:
        title: of the column.
        seconds: whether they are shown.
        width: in pixels.
    """
    name = str(zone())
    return DatetimeColumn(
        title,
        format="YYYY-MM-DD HH:mm:ss" if seconds else "YYYY-MM-DD HH:mm",
        timezone=name,
        width=width,
        help=f"In the time zone {name}. The CSV has UTC." if name != "UTC" else "In UTC.",
    )
