"""How good the ensemble is, in-sample, held out and on unseen architectures."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.ensembles.evaluation import Figures
from backend.errors import UserError
from backend.spaces.base import Words
from backend.spaces.truth_tasks import TruthField
from dashboard.data import ensembles as ensemble_queries
from dashboard.data.ensembles import LEFT_OUT, SEEN, UNSEEN, Plan
from dashboard.data.proxies import Source
from dashboard.figures.numbers import readable
from dashboard.text import plain
from dashboard.widgets.tables import csv_button

_STATISTICS = ("spearman", "kendall", "top_spearman", "picked")


def figures_section(source: Source, plan: Plan) -> None:
    """A sentence, and the figures with their intervals."""
    words, found = source.space.words, ensemble_queries.all_figures(source, plan)
    if not found:
        with st.container(key="figures_section"):
            st.info(
                plain(f"{source.no_labels}. How good this ensemble is cannot be measured without true accuracy.")
                if source.no_labels
                else f"There are too few distinct {words.many} for cross-validation, and no unseen ones to evaluate "
                "on, so how good this ensemble is isn't known: its in-sample fit would be too optimistic.",
                icon=":material/info:",
            )
        return
    with st.container(key="figures_section"):
        st.markdown(_verdict(found, source, plan))
        table = figures_frame(found, _titles(source, plan))
        figures_table(
            table,
            "ensemble_figures",
            f"How good the ensemble is, by the {words.many} it is evaluated on",
            words,
            source.field,
        )
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


def figures_table(table: pd.DataFrame, key: str, alt: str, words: Words, field: TruthField) -> None:
    """Show what :func:`figures_frame` made, of architectures that are called so and compared by a field."""
    columns: dict[str, ColumnConfig] = {
        "judged": TextColumn("Evaluated on", pinned=True),
        "cells": NumberColumn(words.many.capitalize(), format="localized"),
        "best": NumberColumn(
            field.with_unit("Best there"), format="%.2f", help=f"The highest true accuracy among these {words.many}."
        ),
    }
    resampled = f"Of 200 bootstrap resamples of the {words.many}."
    for name, (title, tooltip) in _titles_of_statistics(words, field).items():
        columns[name] = NumberColumn(title, format="%.2f" if name == "picked" else "%+.3f", help=tooltip)
        columns[f"{name} interval"] = TextColumn("95% interval", help=resampled)
    st.dataframe(table, key=key, hide_index=True, height="content", column_config=columns, placeholder="–", alt=alt)


def _titles_of_statistics(words: Words, field: TruthField) -> dict[str, tuple[str, str]]:
    """Title and tooltip of each statistic."""
    pairs = f"τ-b: of all pairs of {words.many}, the share in the right order less the share in the wrong one."
    top = f"Among the tenth of the {words.many} with the highest true accuracy."
    return {
        "spearman": ("Spearman", "Rank correlation of prediction and true accuracy. 1: the very same order."),
        "kendall": ("Kendall", pairs),
        "top_spearman": ("Spearman, best 10%", top),
        "picked": (field.with_unit(f"Picked {words.one}"), f"True accuracy of the {words.one} that is predicted best."),
    }


def _verdict(found: Mapping[str, Figures], source: Source, plan: Plan) -> str:
    many = source.space.words.many
    place = UNSEEN if UNSEEN in found else LEFT_OUT
    numbers, unit = found[place], source.field.unit
    where = f"{numbers['cells']:,.0f} {f'unseen {many}' if place == UNSEEN else f'held-out {many}'}"
    return (
        f"It ranks {where} with Spearman **{numbers['spearman']:+.3f}** (95%: {_interval(numbers, 'spearman')}); the "
        f"one that it ranks first has **{readable(numbers['picked'], unit)}** after {plan.epochs} epochs, the best of "
        f"them {readable(numbers['best'], unit)}."
    )


def _titles(source: Source, plan: Plan) -> dict[str, str]:
    many = source.space.words.many
    whose = f"the study's {many}" if source.kind == "study" else f"the labelled {many}"
    held_out = f"{whose}, cross-validated" if not plan.recipe.label_free else f"{whose} (no label was used)"
    return {SEEN: f"{whose}, in-sample (optimistic)", LEFT_OUT: held_out, UNSEEN: f"unseen {many} of the space"}


def _notes(source: Source, plan: Plan) -> str:
    many = source.space.words.many
    text = (
        f"Cross-validated: three times in five folds, isomorphic {many} in one fold. Unseen: {many} that can be scored "
        "and are not isomorphic to a labelled one."
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
