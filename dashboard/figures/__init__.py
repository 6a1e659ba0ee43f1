"""Pure functions from DataFrames and drawings to Plotly figures."""

from dashboard.figures.accuracy_histogram import accuracy_histogram
from dashboard.figures.architecture_graph import architecture_graph
from dashboard.figures.ensemble_weights import ensemble_weights
from dashboard.figures.importance_bars import importance_bars
from dashboard.figures.neighbour_grid import neighbour_grid
from dashboard.figures.option_tiles import option_tiles
from dashboard.figures.parallel_coordinates import parallel_coordinates
from dashboard.figures.pareto import pareto_scatter
from dashboard.figures.pareto_space import pareto_space
from dashboard.figures.progress import progress_chart
from dashboard.figures.scoring_seconds import scoring_seconds
from dashboard.figures.space_scatter import space_scatter
from dashboard.figures.study_percentiles import study_percentiles

__all__ = [
    "accuracy_histogram",
    "architecture_graph",
    "ensemble_weights",
    "importance_bars",
    "neighbour_grid",
    "option_tiles",
    "parallel_coordinates",
    "pareto_scatter",
    "pareto_space",
    "progress_chart",
    "scoring_seconds",
    "space_scatter",
    "study_percentiles",
]
