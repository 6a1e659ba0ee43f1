"""Which proxy ranks cells best, as a chart and as a table."""

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend import proxies
from backend.analysis.correlation import STATISTICS
from dashboard import proxy_queries
from dashboard.components.charts import chart, clicked
from dashboard.components.download import csv_button
from dashboard.components.errors import plain
from dashboard.components.proxies.choices import VIEW, choose_proxy
from dashboard.figures.proxy_ranking import STATISTIC_NAMES, proxy_ranking
from dashboard.proxy_queries import RESAMPLES, Source, Target

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
