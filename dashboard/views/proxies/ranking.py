"""Which proxy ranks best, over all architectures and within groups, and which proxies rank alike."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend import proxies
from backend.analysis.correlation import STATISTICS
from backend.spaces.base import Words
from dashboard.cards.proxies import BASELINE, agreement_card, groups_card, ranking_card
from dashboard.data import proxies as proxy_queries
from dashboard.data.proxies import RESAMPLES, Source, Target
from dashboard.figures.proxy_ranking import STATISTIC_NAMES
from dashboard.text import plain
from dashboard.views.proxies.choices import VIEW, choose_proxy, grouping_choice
from dashboard.widgets.charts import clicked, show
from dashboard.widgets.tables import csv_button


def agreement_section(source: Source) -> None:
    """The heat map of rank correlations."""
    st.subheader("Proxies among themselves", anchor="among-themselves")
    card = agreement_card(source)
    if card.figure is not None:
        st.caption(
            f"Spearman correlation of each two proxies over these {source.space.words.many}; those that rank alike are "
            "next to each other. Two with a correlation near ±1 are redundant: one of them is enough in a search or an "
            "ensemble."
        )
    show(card, f"{source.name} proxies among themselves")


_CHART, _TABLE = "ranking_chart", "ranking_table"


def ranking_section(source: Source, target: Target | None, selected: str) -> None:
    """The rank correlations of all proxies, intervals where they are known already.

    Args:
        source: of the scores.
        target: the true accuracy; None where none is known.
        selected: the proxy to mark.
    """
    if target is None:
        st.info(
            plain(f"{source.no_truth}. Proxies are ranked by their correlation with true accuracy."),
            icon=":material/info:",
        )
        return
    words = source.space.words
    correlations = _correlations(source, target)
    st.markdown(_verdict(source, target, correlations))
    file_stem = f"{source.name} correlation with {target.dataset} {target.epochs} epochs"
    with VIEW.tabs():
        if VIEW.value == "chart":
            show(ranking_card(correlations, selected), file_stem, on_select=_choose_clicked)
        else:
            _table(correlations, source)
            csv_button(correlations.reset_index(), f"{file_stem}", "download_ranking_table")
    counted = "class" if target.by_class else words.one
    baseline = f"Dotted line: {BASELINE}, the baseline. " if BASELINE in correlations.index else ""
    st.caption(
        f"Bars and brackets: 95% percentile intervals of {RESAMPLES} bootstrap resamples, each {counted} counted once. "
        f"{baseline}A proxy that is better when lower should correlate negatively. "
        "Click a proxy to see it below." + _too_few(correlations, words)
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


def _verdict(source: Source, target: Target, correlations: pd.DataFrame) -> str:
    """Which proxy is best for what, for who reads no further."""
    many = source.space.words.many
    best = proxy_queries.winner(source, target)
    if best is None:
        return f"No proxy has enough {many} with a true accuracy for a rank correlation."
    text = f"**{plain(best)}** ranks these {many} best: Spearman {correlations['spearman'][best]:+.3f}."
    if best != BASELINE and BASELINE in correlations.index and pd.notna(correlations["spearman"][BASELINE]):
        text += f" The number of parameters alone reaches {correlations['spearman'][BASELINE]:+.3f}."
    first = proxy_queries.winner(source, target, "top_spearman")
    if first is None:
        return text
    of_first = f"{correlations['top_spearman'][first]:+.3f}"
    if first == best:
        return f"{text} It is the best among the most accurate tenth too: {of_first}."
    return (
        f"{text} Among the most accurate tenth **{plain(first)}** is best: {of_first}, against "
        f"{correlations['top_spearman'][best]:+.3f} of {plain(best)}."
    )


def _too_few(correlations: pd.DataFrame, words: Words) -> str:
    """Why there is no correlation over the best tenth."""
    if correlations["top_spearman"].notna().any():
        return ""
    return f" The best tenth of these {words.count(int(correlations['cells'].max()))} are too few for a correlation."


def _statistics_help(words: Words) -> dict[str, str]:
    """What each statistic says."""
    return {
        "spearman": f"Spearman's rank correlation with true accuracy, over all {words.many}. ±1: the very same order; "
        "0: none.",
        "kendall": f"Kendall's τ-b with true accuracy: of all pairs of {words.many}, the share in the right order less "
        "the share in the wrong one.",
        "top_spearman": f"Spearman over the tenth of the {words.many} with the highest accuracy: whether a proxy can "
        f"tell good {words.many} from the best.",
    }


def _table(correlations: pd.DataFrame, source: Source) -> None:
    shown = pd.DataFrame({"proxy": correlations.index, "better": [_better(str(n)) for n in correlations.index]})
    shown["cells"] = correlations["cells"].astype(int).to_numpy()
    columns: dict[str, ColumnConfig] = {
        "proxy": TextColumn("Proxy", pinned=True),
        "better": TextColumn("Better", help="Which values the proxy calls better.", width=70),
        "cells": NumberColumn(
            source.space.words.many.capitalize(), format="localized", help="With a score and a true accuracy.", width=70
        ),
    }
    helps = _statistics_help(source.space.words)
    for statistic in STATISTICS:
        shown[statistic] = correlations[statistic].to_numpy()
        shown[f"{statistic} interval"] = [_interval(row, statistic) for _, row in correlations.iterrows()]
        columns[statistic] = NumberColumn(STATISTIC_NAMES[statistic], format="%+.3f", help=helps[statistic])
        columns[f"{statistic} interval"] = TextColumn("95% interval", help="Bootstrap, percentiles.", width=120)
    st.dataframe(
        shown,
        key=_TABLE,
        hide_index=True,
        height="content",
        column_config=columns,
        on_select=partial(_choose_row, shown["proxy"].tolist()),
        selection_mode="single-row",
        placeholder="–",
        alt="Rank correlation of each proxy with true accuracy",
    )


def _better(name: str) -> str:
    return "lower" if proxies.get(name).direction == "minimize" else "higher"


def _interval(row: pd.Series, statistic: str) -> str | None:
    low, high = row[f"{statistic}_low"], row[f"{statistic}_high"]
    return None if pd.isna(low) else f"{low:+.3f} … {high:+.3f}"


def _choose_clicked() -> None:
    if data := clicked(_CHART):
        choose_proxy(str(data[0]))


def _choose_row(names: list[str]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        choose_proxy(names[rows[0]])


def groups_section(source: Source, target: Target | None, proxy: str) -> None:
    """Spearman within each group with the groups' sizes, beside that of the baseline."""
    with st.container(border=True, key="groups_section"):
        heading, choice = st.columns([3, 2], vertical_alignment="center")
        with choice:
            grouping = grouping_choice(source) if target else None
        card = groups_card(source, target, proxy, grouping)
        heading.markdown(f"**{plain(card.title)}**", help=card.help)
        show(card, f"{source.name} {proxy} by {grouping}")
