"""The parts of the page "Study": its head, and one view a tab."""

from dashboard.components.study.head import head
from dashboard.components.study.shown import Shown, shown_now
from dashboard.components.study.views import VIEW, link_problems, show_view

__all__ = ["VIEW", "Shown", "head", "link_problems", "show_view", "shown_now"]
