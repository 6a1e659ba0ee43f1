"""The parts of the page "Proxies": whose scores, the ranking, one proxy, proxies among themselves, and all spaces."""

from dashboard.views.proxies.about import about_proxy
from dashboard.views.proxies.all_spaces import all_spaces
from dashboard.views.proxies.choices import PAGE_VIEW, link_problems, proxy_choice, target_choice
from dashboard.views.proxies.ranking import (
    agreement_section,
    compute_missing_intervals,
    groups_section,
    ranking_section,
)
from dashboard.views.proxies.scatter import scatter_section
from dashboard.widgets.score_source import choose_source, link_source
from dashboard.widgets.scored_architecture import scored_architecture

__all__ = [
    "PAGE_VIEW",
    "about_proxy",
    "agreement_section",
    "all_spaces",
    "choose_source",
    "compute_missing_intervals",
    "groups_section",
    "link_problems",
    "link_source",
    "proxy_choice",
    "ranking_section",
    "scatter_section",
    "scored_architecture",
    "target_choice",
]
