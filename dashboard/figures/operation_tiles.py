"""The mean of a quantity for each operation on each edge."""

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS
from dashboard.data.quantities import drawn_label
from dashboard.figures.cell_graph import OPERATION_NAMES
from dashboard.figures.template import ACCURACY_SCALE, new_figure

_DARK_ABOVE = 0.55


def operation_tiles(means: pd.DataFrame, column: str) -> go.Figure:
    """Six edges by five operations, coloured by the mean; an operation that never occurs leaves a gap.

    Args:
        means: as ``backend.analysis.importance.operation_means`` gives it.
        column: the quantity.
    """
    figure = new_figure(height=420)
    edges = [f"{source} → {target}" for source, target in EDGES]
    grid = means.pivot_table(index="edge", columns="operation", values="mean").reindex(edges, columns=OPERATIONS)
    counts = means.pivot_table(index="edge", columns="operation", values="cells").reindex(edges, columns=OPERATIONS)
    names = [OPERATION_NAMES[operation] for operation in OPERATIONS]
    figure.add_trace(
        go.Heatmap(
            z=grid.to_numpy(),
            x=names,
            y=edges,
            customdata=counts.to_numpy(),
            colorscale=[[place / (len(ACCURACY_SCALE) - 1), tone] for place, tone in enumerate(ACCURACY_SCALE)],
            colorbar={"title": {"text": drawn_label(column), "side": "right"}, "thickness": 10, "outlinewidth": 0},
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{x} on edge %{y}<br>mean %{z:.5g}<br>%{customdata:,} cells<extra></extra>",
        )
    )
    low, high = float(means["mean"].min()), float(means["mean"].max())
    for row in means.itertuples():
        share = (float(str(row.mean)) - low) / (high - low) if high > low else 1.0
        figure.add_annotation(
            x=OPERATION_NAMES[str(row.operation)],
            y=row.edge,
            text=f"{row.mean:.4g}<br><span style='font-size: 0.8em'>{row.cells:,}</span>",
            showarrow=False,
            font={"size": 12, "color": "#10151c" if share > _DARK_ABOVE else "#ffffff"},
        )
    figure.update_yaxes(autorange="reversed", title="Edge", ticks="", showgrid=False)
    figure.update_xaxes(side="top", ticks="", showgrid=False)
    return figure
