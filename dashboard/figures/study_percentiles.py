"""Where a study's architectures lie among all of the space, on each data set."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import WORDS, Words
from backend.truth.measures import Measure, sources
from dashboard.figures.space_scatter import RECOMMENDED, RECOMMENDED_MARKER, TRIAL_MARKER, TRIALS
from dashboard.figures.template import GREY, GRID, add_note, new_figure

_ROW = 96
_SPREAD = 0.32


def study_percentiles(places: Mapping[Measure, pd.DataFrame], words: Words = WORDS) -> go.Figure:
    """A row for each data set: the architectures by the share of the space that is no better.

    A random choice spreads evenly; a good search crowds to the right.

    Args:
        places: for each accuracy the study's architectures, as ``backend.analysis.regret.placed`` gives them.
        words: what the space calls its architectures.

    Returns:
        A figure whose markers carry ``[label, trial number, accuracy, rank]`` as customdata.
    """
    figure = new_figure(height=90 + _ROW * len(places))
    if not any(table["percentile"].notna().any() for table in places.values()):
        add_note(figure, f"The study has no scored {words.one} of the benchmark yet.")
        return figure
    for name, style, wanted in ((TRIALS, TRIAL_MARKER, False), (RECOMMENDED, RECOMMENDED_MARKER, True)):
        rows = [_row(row, table[table["recommended"] == wanted]) for row, table in enumerate(places.values())]
        points = pd.concat(rows, ignore_index=True)
        if len(points):
            figure.add_trace(_markers(points, name, style, words))
    headings = [measure.dataset for measure in places]
    figure.update_layout(xaxis_title=_title(list(places), words), legend={"itemsizing": "constant"})
    figure.update_xaxes(range=[-1, 101.5], tickvals=[0, 25, 50, 75, 90, 100])
    figure.update_yaxes(
        tickvals=list(range(len(headings))), ticktext=headings, range=[len(headings) - 0.5, -0.5], showgrid=False
    )
    for row in range(len(headings)):
        figure.add_hline(y=row, line={"color": GRID, "width": 1}, layer="below")
    figure.add_vline(x=50, line={"color": GREY, "width": 1, "dash": "dot"}, layer="below")
    return figure


def _title(measures: Sequence[Measure], words: Words) -> str:
    accuracy = f"{measures[0].title.lower()}, {measures[0].epochs} epochs, {sources(measures)}"
    many = words.many.capitalize()
    return f"{many} of the space that are no better (%)<br><span style='font-size: 0.85em'>by {accuracy}</span>"


def _row(row: int, placed: pd.DataFrame) -> pd.DataFrame:
    """A data set's markers, spread a little over its row by trial, so that equal ranks do not hide each other."""
    known = placed.dropna(subset="percentile")
    offset = (known["number"] * 0.618034) % 1 - 0.5
    return known.assign(height=row + 2 * _SPREAD * offset)


def _markers(points: pd.DataFrame, name: str, style: dict[str, Any], words: Words) -> go.Scattergl:
    data = points[["index", "number", "value", "rank"]]
    numbered = pd.api.types.is_numeric_dtype(data["index"])
    return go.Scattergl(
        x=points["percentile"].to_numpy(dtype=np.float32),
        y=points["height"].to_numpy(dtype=np.float32),
        mode="markers",
        name=name,
        marker=style,
        # Numbers travel as they are in memory; words for each marker would be most of the page.
        customdata=data.to_numpy(dtype=np.float32) if numbered else data.to_numpy().tolist(),
        hovertemplate=f"<b>{words.one.capitalize()} %{{customdata[0]{':d' if numbered else ''}}}</b>"
        ", trial %{customdata[1]:d}<br>"
        "%{customdata[2]:.2f} %, rank %{customdata[3]:,d}<extra></extra>",
        unselected={"marker": {"opacity": style["opacity"]}},
    )
