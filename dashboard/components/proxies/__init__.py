"""The parts of the page "Proxies": whose scores, how they rank cells, one proxy, and proxies among themselves."""

from dashboard.components.proxies.about import about_proxy
from dashboard.components.proxies.agreement import agreement_section
from dashboard.components.proxies.choices import link_problems, proxy_choice, target_choice
from dashboard.components.proxies.groups import groups_section
from dashboard.components.proxies.ranking import compute_missing_intervals, ranking_section
from dashboard.components.proxies.scatter import cell_section, scatter_section
from dashboard.components.proxies.source import choose_source, link_source

__all__ = [
    "about_proxy",
    "agreement_section",
    "cell_section",
    "choose_source",
    "compute_missing_intervals",
    "groups_section",
    "link_problems",
    "link_source",
    "proxy_choice",
    "ranking_section",
    "scatter_section",
    "target_choice",
]
