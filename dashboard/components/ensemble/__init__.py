"""The parts of the page "Ensemble": what is fitted, what it is worth, which cells it recommends, and those saved."""

from dashboard.components.ensemble.choices import link_problems, plan_choice
from dashboard.components.ensemble.compute import compute
from dashboard.components.ensemble.curve import curve_section
from dashboard.components.ensemble.figures_table import figures_section
from dashboard.components.ensemble.predicted import cell_section, predictions_section
from dashboard.components.ensemble.recommendation import recommendation_section
from dashboard.components.ensemble.saved import save_section, saved_section
from dashboard.components.ensemble.transfer import transfer_section
from dashboard.components.ensemble.trust import trust_section

__all__ = [
    "cell_section",
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
