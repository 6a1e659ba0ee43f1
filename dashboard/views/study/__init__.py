"""The parts of the page "Study": its head, and one view a tab."""

from dashboard.views.study.head import head
from dashboard.views.study.shown import Shown, shown_now
from dashboard.views.study.views import link_problems, show_view

__all__ = ["Shown", "head", "link_problems", "show_view", "shown_now"]
