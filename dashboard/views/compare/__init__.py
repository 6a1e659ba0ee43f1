"""The parts of the page "Compare": which studies, their figures side by side, their curves, and what differs."""

from dashboard.views.compare.chosen import choose_studies, opened
from dashboard.views.compare.curves import hypervolume_section, regret_section
from dashboard.views.compare.options import Options, options
from dashboard.views.compare.table import comparison_tables, settings_section

__all__ = [
    "Options",
    "choose_studies",
    "comparison_tables",
    "hypervolume_section",
    "opened",
    "options",
    "regret_section",
    "settings_section",
]
