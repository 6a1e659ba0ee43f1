"""Where a proxy fails: its rank correlation within groups of cells."""

import pandas as pd
import streamlit as st

from dashboard import proxy_queries
from dashboard.components.charts import chart
from dashboard.components.errors import plain
from dashboard.components.proxies.choices import grouping_choice
from dashboard.components.proxies.ranking import BASELINE
from dashboard.figures.group_correlations import group_correlations
from dashboard.proxy_queries import Source, Target


def groups_section(source: Source, target: Target, proxy: str) -> None:
    """Spearman within each group with the groups' sizes, beside that of the baseline."""
    with st.container(border=True, key="groups_section"):
        heading, choice = st.columns([3, 2], vertical_alignment="center")
        heading.markdown(
            f"**Where does {plain(proxy)} fail?**",
            help="Spearman with true accuracy among the cells of one group only. A proxy that does well over all cells "
            "may do so by telling groups apart, and know nothing within them.",
        )
        with choice:
            grouping = grouping_choice()
        groups = proxy_queries.in_groups(source, target, proxy, grouping)
        baseline = None
        if proxy != BASELINE:
            baseline = (BASELINE, proxy_queries.in_groups(source, target, BASELINE, grouping))
        overall = proxy_queries.points(source, Target(target.dataset, target.epochs))["spearman"][proxy]
        chart(
            group_correlations(groups, grouping.title, name=proxy, overall=overall, baseline=baseline),
            _csv(groups, proxy, baseline),
            f"{source.name} {proxy} by {grouping.name}",
            "groups_chart",
            f"Spearman of {proxy} with true accuracy by {grouping.title}, with the number of cells",
        )


def _csv(groups: pd.DataFrame, proxy: str, baseline: tuple[str, pd.DataFrame] | None) -> pd.DataFrame:
    parts = [groups.reset_index().assign(proxy=proxy)]
    if baseline:
        parts.append(baseline[1].reset_index().assign(proxy=baseline[0]))
    return pd.concat(parts, ignore_index=True)
