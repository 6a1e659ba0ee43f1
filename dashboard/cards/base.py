"""A card: a chart as one object, which a page shows and a report prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go


@dataclass(frozen=True, eq=False)
class Card:
    """A chart with what belongs to it, or the reason why it cannot be shown.

    Attributes:
        key: identifies it on its page and in file names.
        title: a few words above it.
        words: one or two sentences on what it shows, also for those who cannot see it; plain text.
        figure: the chart; None where there is nothing to show.
        frame: the data behind it, one row a point, or what makes it; every point that is drawn is there.
        why_not: why there is nothing to show, in words; "" where there is.
        help: how to read it, and where it misleads.
    """

    key: str
    title: str
    words: str = ""
    figure: go.Figure | None = None
    frame: pd.DataFrame | Callable[[], pd.DataFrame] | None = None
    why_not: str = ""
    help: str = ""

    @classmethod
    def missing(cls, key: str, title: str, why_not: str, *, help: str = "") -> Card:  # noqa: A002
        """A card that has nothing to show, and says why."""
        return cls(key, title, why_not=why_not, help=help)

    @property
    def data(self) -> pd.DataFrame:
        """The data behind the chart; an empty table where there is none."""
        if self.frame is None:
            return pd.DataFrame()
        return self.frame() if callable(self.frame) else self.frame
