"""Pure functions from DataFrames and cells to Plotly figures."""

from dashboard.figures.accuracy_histogram import accuracy_histogram
from dashboard.figures.cell_graph import cell_graph
from dashboard.figures.ensemble_weights import ensemble_weights
from dashboard.figures.neighbour_grid import neighbour_grid
from dashboard.figures.pareto import pareto_scatter
from dashboard.figures.progress import progress_chart
from dashboard.figures.space_scatter import space_scatter
from dashboard.figures.study_percentiles import study_percentiles

__all__ = [
    "accuracy_histogram",
    "cell_graph",
    "ensemble_weights",
    "neighbour_grid",
    "pareto_scatter",
    "progress_chart",
    "space_scatter",
    "study_percentiles",
]
