"""The parts of the page "Study": its head, and one view a tab."""

from dashboard.components.study.head import head
from dashboard.components.study.views import VIEW, link_problems, show_view
from dashboard.components.study_axes import Axes, axes_of

__all__ = ["VIEW", "Axes", "axes_of", "head", "link_problems", "show_view"]
