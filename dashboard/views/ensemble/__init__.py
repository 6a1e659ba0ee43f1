"""The parts of the page "Ensemble": what is fitted, what it is worth, what it recommends, and those saved."""

from dashboard.views.ensemble.choices import link_problems, plan_choice
from dashboard.views.ensemble.curve import compute, curve_section
from dashboard.views.ensemble.figures_table import figures_section
from dashboard.views.ensemble.predicted import architecture_section, predictions_section
from dashboard.views.ensemble.recommendation import recommendation_section
from dashboard.views.ensemble.saved import save_section, saved_section
from dashboard.views.ensemble.transfer import transfer_section
from dashboard.views.ensemble.trust import trust_section

__all__ = [
    "architecture_section",
    "compute",
    "curve_section",
    "figures_section",
    "link_problems",
    "plan_choice",
    "predictions_section",
    "recommendation_section",
    "save_section",
    "saved_section",
    "transfer_section",
    "trust_section",
]
