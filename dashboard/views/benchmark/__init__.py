"""The parts of the page "Benchmark": the space, one cell, and a study in the space."""

from dashboard.views.benchmark.cell_view import cell_view
from dashboard.views.benchmark.choices import VIEW, link_problems
from dashboard.views.benchmark.space_view import space_view
from dashboard.views.benchmark.study_view import study_view

__all__ = ["VIEW", "cell_view", "link_problems", "space_view", "study_view"]
