"""Which proxy ranks cells best, over all cells and within groups, and which proxies rank alike."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend import proxies
from backend.analysis.correlation import STATISTICS
from dashboard.data import proxies as proxy_queries
from dashboard.data.proxies import RESAMPLES, Source, Target
from dashboard.figures.group_correlations import group_correlations
from dashboard.figures.proxy_agreement import proxy_agreement
from dashboard.figures.proxy_ranking import STATISTIC_NAMES, proxy_ranking
from dashboard.text import plain
from dashboard.views.proxies.choices import VIEW, choose_proxy, grouping_choice
from dashboard.widgets.charts import chart, clicked
from dashboard.widgets.tables import csv_button


def agreement_section(source: Source) -> None:
    """The heat map of rank correlations."""
    st.subheader("Proxies among themselves", anchor="among-themselves")
    if len(source.scores.columns) < 2:
        st.caption("Two proxies at least are needed.")
        return
    matrix = proxy_queries.proxy_agreement(source)
    st.caption(
        "Spearman correlation of each two proxies over these cells; those that rank alike are neighbours. Two with a "
        "correlation near ±1 say the same: one of them is enough in a search or an ensemble."
    )
    chart(
        proxy_agreement(matrix),
        matrix.rename_axis("proxy").reset_index(),
        f"{source.name} proxies among themselves",
        "agreement_chart",
        "Heat map of the Spearman correlation of each two proxies",
    )


BASELINE = "params"
_CHART, _TABLE = "ranking_chart", "ranking_table"
_HELP = {
    "spearman": "Spearman's rank correlation with true accuracy, over all cells. ±1: the very same order; 0: none.",
    "kendall": "Kendall's τ-b with true accuracy: of all pairs of cells, those in the right order less those in the "
    "wrong one.",
    "top_spearman": "Spearman over the tenth of the cells with the highest accuracy: whether a proxy can tell good "
    "cells from the best.",
}


def ranking_section(source: Source, target: Target, selected: str) -> None:
    """The rank correlations of all proxies, intervals where they are known already."""
    correlations = _correlations(source, target)
    st.markdown(_verdict(correlations))
    file_stem = f"{source.name} correlation with {target.dataset} {target.epochs} epochs"
    with VIEW.tabs():
        if VIEW.value == "chart":
            chart(
                proxy_ranking(correlations, baseline=BASELINE, selected=selected),
                correlations.reset_index(),
                file_stem,
                _CHART,
                "Rank correlation of each proxy with true accuracy, with 95% intervals",
                on_select=partial(_choose_clicked, source),
            )
        else:
            _table(correlations, source)
            csv_button(correlations.reset_index(), f"{file_stem}", "download_ranking_table")
    counted = "class" if target.by_class else "cell"
    st.caption(
        f"Bars and brackets: 95% percentile intervals of {RESAMPLES} bootstrap resamples, each {counted} counted once. "
        f"Dotted line: {BASELINE}, the baseline. A proxy that is better when lower should correlate negatively. "
        "Click a proxy to see it below." + _too_few(correlations)
    )


def compute_missing_intervals(source: Source, target: Target) -> None:
    """Resample what was not resampled before, with progress, and draw the page again.

    It goes on from where it was when the visitor does something meanwhile.
    """
    missing = [str(name) for name in source.scores if str(name) not in proxy_queries.known_intervals(source, target)]
    if not missing:
        return
    total = len(source.scores.columns)
    bar = st.progress(0.0)
    for name in missing:
        done = len(proxy_queries.known_intervals(source, target))
        bar.progress(done / total, text=f"Resampling for the 95% intervals: {done} of {total} proxies")
        proxy_queries.compute_intervals(source, target, name)
    st.rerun()


def _correlations(source: Source, target: Target) -> pd.DataFrame:
    frame = proxy_queries.points(source, target)
    known = pd.DataFrame.from_dict(proxy_queries.known_intervals(source, target), orient="index")
    frame.update(known)
    return frame.sort_values("spearman", key=abs, ascending=False)


def _verdict(correlations: pd.DataFrame) -> str:
    """One sentence for who reads no further."""
    spearman = {str(name): float(value) for name, value in correlations["spearman"].dropna().items()}
    if not spearman:
        return "No proxy has enough cells with a true accuracy for a rank correlation."
    best = max(spearman, key=lambda name: abs(spearman[name]))
    text = f"**{plain(best)}** orders these cells best: Spearman {spearman[best]:+.3f}."
    if best != BASELINE and BASELINE in spearman:
        text += f" The number of parameters alone reaches {spearman[BASELINE]:+.3f}."
    return text


def _too_few(correlations: pd.DataFrame) -> str:
    """Why there is no correlation over the best tenth."""
    if correlations["top_spearman"].notna().any():
        return ""
    return f" The best tenth of these {int(correlations['cells'].max()):,} cells are too few for a correlation."


def _table(correlations: pd.DataFrame, source: Source) -> None:
    shown = pd.DataFrame({"proxy": correlations.index, "better": [_better(str(n)) for n in correlations.index]})
    shown["cells"] = correlations["cells"].astype(int).to_numpy()
    columns: dict[str, ColumnConfig] = {
        "proxy": TextColumn("Proxy", pinned=True),
        "better": TextColumn("Better", help="Which values the proxy calls better.", width=70),
        "cells": NumberColumn("Cells", format="localized", help="With a score and a true accuracy.", width=70),
    }
    for statistic in STATISTICS:
        shown[statistic] = correlations[statistic].to_numpy()
        shown[f"{statistic} interval"] = [_interval(row, statistic) for _, row in correlations.iterrows()]
        columns[statistic] = NumberColumn(STATISTIC_NAMES[statistic], format="%+.3f", help=_HELP[statistic])
        columns[f"{statistic} interval"] = TextColumn("95% interval", help="Bootstrap, percentiles.", width=120)
    st.dataframe(
        shown,
        key=_TABLE,
        hide_index=True,
        height="content",
        column_config=columns,
        on_select=partial(_choose_row, source, shown["proxy"].tolist()),
        selection_mode="single-row",
        placeholder="–",
        alt="Rank correlation of each proxy with true accuracy",
    )


def _better(name: str) -> str:
    return "lower" if proxies.get(name).direction == "minimize" else "higher"


def _interval(row: pd.Series, statistic: str) -> str | None:
    low, high = row[f"{statistic}_low"], row[f"{statistic}_high"]
    return None if pd.isna(low) else f"{low:+.3f} … {high:+.3f}"


def _choose_clicked(source: Source) -> None:
    if data := clicked(_CHART):
        choose_proxy(source, str(data[0]))


def _choose_row(source: Source, names: list[str]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        choose_proxy(source, names[rows[0]])


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
