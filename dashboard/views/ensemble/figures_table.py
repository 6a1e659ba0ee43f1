"""How good the ensemble is, and on which cells."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.ensembles.evaluation import Figures
from backend.errors import UserError
from dashboard.data import ensembles as ensemble_queries
from dashboard.data.ensembles import LEFT_OUT, SEEN, UNSEEN, Plan
from dashboard.data.proxies import Source
from dashboard.figures.numbers import readable
from dashboard.text import plain
from dashboard.widgets.tables import csv_button

_STATISTICS = {
    "spearman": ("Spearman", "Rank correlation of prediction and true accuracy. 1: the very same order."),
    "kendall": ("Kendall", "τ-b: of all pairs of cells, those in the right order less those in the wrong one."),
    "top_spearman": ("Spearman, best 10%", "Among the tenth of the cells with the highest true accuracy."),
    "picked": ("Picked cell (%)", "True accuracy of the cell that is predicted best."),
}


def figures_section(source: Source, plan: Plan) -> None:
    """A sentence, and the figures with their intervals."""
    found = ensemble_queries.all_figures(source, plan)
    if not found:
        with st.container(key="figures_section"):
            st.info(
                "There are too few distinct cells for cross-validation, and none unseen to judge on, so how good this "
                "ensemble is isn't known: its fit to its own cells would flatter it.",
                icon=":material/info:",
            )
        return
    with st.container(key="figures_section"):
        st.markdown(_verdict(found, plan))
        table = figures_frame(found, _titles(source, plan))
        figures_table(table, "ensemble_figures", "How good the ensemble is, by the cells it is judged on")
        csv_button(_raw(found), f"{source.name} {plan.recipe.model} figures", "download_figures")
        st.caption(_notes(source, plan))


def figures_frame(found: Mapping[str, Figures], titles: Mapping[str, str]) -> pd.DataFrame:
    """Figures as a table shows them, intervals in columns of their own."""
    rows = []
    for place, numbers in found.items():
        row: dict[str, object] = {"judged": titles.get(place, place), "cells": int(numbers["cells"])}
        for name in _STATISTICS:
            row[name] = numbers[name]
            row[f"{name} interval"] = _interval(numbers, name)
        rows.append(row | {"best": numbers["best"]})
    return pd.DataFrame(rows)


def figures_table(table: pd.DataFrame, key: str, alt: str) -> None:
    """Show what :func:`figures_frame` made."""
    columns: dict[str, ColumnConfig] = {
        "judged": TextColumn("Judged on", pinned=True),
        "cells": NumberColumn("Cells", format="localized"),
        "best": NumberColumn("Best there (%)", format="%.2f", help="The highest true accuracy among these cells."),
    }
    for name, (title, words) in _STATISTICS.items():
        columns[name] = NumberColumn(title, format="%.2f" if name == "picked" else "%+.3f", help=words)
        columns[f"{name} interval"] = TextColumn("95% interval", help="Of 200 bootstrap resamples of the cells.")
    st.dataframe(table, key=key, hide_index=True, height="content", column_config=columns, placeholder="–", alt=alt)


def _verdict(found: Mapping[str, Figures], plan: Plan) -> str:
    place = UNSEEN if UNSEEN in found else LEFT_OUT
    numbers = found[place]
    where = f"{numbers['cells']:,.0f} {'unseen cells' if place == UNSEEN else 'cells left out of the fit'}"
    return (
        f"It orders {where} with Spearman **{numbers['spearman']:+.3f}** (95%: {_interval(numbers, 'spearman')}); the "
        f"one that it puts first has **{readable(numbers['picked'], '%')}** after {plan.epochs} epochs, the best of "
        f"them {readable(numbers['best'], '%')}."
    )


def _titles(source: Source, plan: Plan) -> dict[str, str]:
    whose = "the study's cells" if source.kind == "study" else "the labelled cells"
    apart = f"{whose}, cross-validated" if not plan.recipe.label_free else f"{whose} (no label was used)"
    return {SEEN: f"{whose}, by the fit on them: too good", LEFT_OUT: apart, UNSEEN: "unseen cells of the space"}


def _notes(source: Source, plan: Plan) -> str:
    text = (
        "Cross-validated: three times in five folds, twins together. Unseen: connected cells that are no twins of the "
        "labelled ones."
    )
    try:
        ensemble_queries.unseen(source, plan)
    except UserError as error:
        text += f" None here: {plain(str(error))}."
    return text


def _raw(found: Mapping[str, Figures]) -> pd.DataFrame:
    return pd.DataFrame([{"judged on": place, **numbers} for place, numbers in found.items()])


def _interval(numbers: Figures, name: str) -> str | None:
    low, high = numbers[f"{name}_low"], numbers[f"{name}_high"]
    digits = ".2f" if name == "picked" else "+.3f"
    return None if pd.isna(low) else f"{low:{digits}} … {high:{digits}}"
