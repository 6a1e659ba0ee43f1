"""Which proxy to trust: a heat map of rank correlations, a row a proxy and a column a task of a space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.proxy_agreement import DIVERGING, STRONG
from dashboard.figures.template import GREY, add_note, new_figure
from dashboard.text import drawn

_ROW_HEIGHT, _FRAME_HEIGHT = 28, 110
_RANK = ("", "average<br>rank")


def proxy_table(
    table: pd.DataFrame,
    titles: Mapping[tuple[str, str], tuple[str, str, str]],
    ranks: pd.Series[float],
    statistic: str,
    marked: Sequence[str] = (),
) -> go.Figure:
    """A square a value, blue where a proxy ranks as the truth does and orange where it turns the order round.

    Args:
        table: a row a square: space, task, proxy, the statistic, ``words`` for whoever points at it, and ``link``, what
            a click says; the proxies in the order from the top.
        titles: space and task → the headings of the column from above, in the order from the left.
        ranks: average rank by proxy, written before the columns.
        statistic: column of the values.
        marked: proxies whose names are bold.

    Returns:
        A figure whose markers carry `link` as customdata.
    """
    names = list(table["proxy"].drop_duplicates()) if len(table) else []
    figure = new_figure(_FRAME_HEIGHT + _ROW_HEIGHT * len(names))
    if not names:
        add_note(figure, "No proxy has a value.")
        return figure
    rows = {name: f"<b>{drawn(name)}</b>" if name in marked else drawn(name) for name in names}
    heads = {place: (drawn(top), "<br>".join(map(drawn, below))) for place, (top, *below) in titles.items()}
    values = table.pivot_table(statistic, "proxy", ["space", "task"], dropna=False)
    values = values.reindex(index=names, columns=pd.MultiIndex.from_tuples(list(heads)))
    across = [_RANK, *heads.values()]
    figure.add_trace(
        go.Heatmap(
            z=[[None, *row] for row in values.astype(object).where(values.notna(), None).to_numpy().tolist()],
            x=[list(level) for level in zip(*across, strict=True)],
            y=list(rows.values()),
            zmin=-1,
            zmax=1,
            colorscale=DIVERGING,
            xgap=1,
            ygap=1,
            hoverinfo="skip",
            showscale=False,
        )
    )
    figure.add_trace(_ranks(rows, ranks))
    figure.add_trace(_squares(table, statistic, rows, heads))
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(showgrid=False, ticks="", side="top", tickfont={"color": GREY}, showdividers=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 12, "b": 8}, showlegend=False)
    return figure


def _ranks(rows: Mapping[str, str], ranks: pd.Series[float]) -> go.Scatter:
    known = [name for name in rows if name in ranks and pd.notna(ranks[name])]
    return go.Scatter(
        x=[[_RANK[0]] * len(known), [_RANK[1]] * len(known)],
        y=[rows[name] for name in known],
        text=[f"{ranks[name]:.1f}" for name in known],
        mode="text",
        textfont={"size": 12, "color": GREY},
        hoverinfo="skip",
    )


def _squares(
    table: pd.DataFrame, statistic: str, rows: Mapping[str, str], heads: Mapping[tuple[str, str], tuple[str, str]]
) -> go.Scatter:
    """Values, dark on the pale squares and white on the others, over markers that take the clicks of the squares."""
    places = [heads[place] for place in zip(table["space"], table["task"], strict=True)]
    values = list(table[statistic])
    return go.Scatter(
        x=[list(level) for level in zip(*places, strict=True)],
        y=[rows[name] for name in table["proxy"]],
        text=["–" if pd.isna(value) else _written(value) for value in values],
        mode="markers+text",
        marker={"size": _ROW_HEIGHT - 4, "symbol": "square", "opacity": 0},
        textfont={"size": 11, "color": [_ink(value) for value in values]},
        customdata=table["link"].tolist(),
        hovertext=table["words"].tolist(),
        hovertemplate="%{hovertext}<extra></extra>",
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
    )


def _written(value: float) -> str:
    """Two decimals; none of them is a negative zero."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def _ink(value: float) -> str:
    if pd.isna(value):
        return GREY
    return "#ffffff" if abs(value) > STRONG else "#1b222b"
