"""The parts of the page "Benchmark": the space, one architecture, and a study in the space."""

from dashboard.views.benchmark.architecture_view import architecture_view
from dashboard.views.benchmark.choices import Choices, choose_space
from dashboard.views.benchmark.space_view import space_view
from dashboard.views.benchmark.study_view import study_view

__all__ = ["Choices", "architecture_view", "choose_space", "space_view", "study_view"]
