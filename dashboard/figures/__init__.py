"""Pure functions from DataFrames and cells to Plotly figures."""

from dashboard.figures.cell_graph import cell_graph
from dashboard.figures.ensemble_weights import ensemble_weights
from dashboard.figures.pareto import pareto_scatter
from dashboard.figures.progress import progress_chart

__all__ = ["cell_graph", "ensemble_weights", "pareto_scatter", "progress_chart"]
