"""The parts of the page "Compare": which studies, their figures side by side, their curves, and what differs."""

from dashboard.components.compare.chosen import choose_studies, opened
from dashboard.components.compare.curves import hypervolume_section, regret_section
from dashboard.components.compare.options import Options, options
from dashboard.components.compare.settings import settings_section
from dashboard.components.compare.table import comparison_tables

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
