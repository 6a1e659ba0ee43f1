"""The table of architectures to train first."""

import pandas as pd
import streamlit as st
from streamlit.column_config import ImageColumn, NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.spaces.base import Label, SearchSpace
from backend.spaces.capabilities import Drawable, capability
from backend.spaces.truth_tasks import TruthField
from dashboard.figures.architecture_picture import architecture_picture
from dashboard.links import link_architecture
from dashboard.widgets.tables import csv_button


def shortlist_table(table: pd.DataFrame, space: SearchSpace, field: TruthField, key: str, stem: str) -> None:
    """Draw it; choosing a row puts the architecture into the page's link.

    Args:
        table: as ``backend.ensembles.recommendation.training_plan`` gives it, with expected, low and high where known,
            and measured and training where some of them are trained here.
        space: of the architectures.
        field: what they are compared by.
        key: of the table, unique on the page.
        stem: of the name of the CSV file.
    """
    words, labels = space.words, list(table.index)
    architectures = [space.at(label) for label in labels]
    indexed = pd.api.types.is_integer_dtype(table.index)
    shown = pd.DataFrame({"rank": range(1, len(table) + 1)})
    columns: dict[str, ColumnConfig] = {
        "rank": NumberColumn("Rank", width=50),
        "index": NumberColumn("Index", format="localized", help=f"Official index of {space.title}.")
        if indexed
        else TextColumn(words.one.capitalize(), width="large"),
        "expected": NumberColumn(field.with_unit("Expected"), format="%.2f"),
        "interval": TextColumn(field.with_unit("95% interval")),
        "accuracy": NumberColumn(
            field.with_unit("True"), format="%.2f", help=f"What the training of {space.title} gave."
        ),
        "measured": NumberColumn(
            "Measured here", format="%.2f", help="On held-out images, after the last epoch of a training here."
        ),
        "training": TextColumn("Training here", help="How the newest training stands."),
        "hours": NumberColumn("Training (h)", format="%.2f", help="On the benchmark's GPU."),
    }
    if drawable := capability(space, Drawable):
        shown["graph"] = [architecture_picture(drawable.drawing(architecture)) for architecture in architectures]
        columns["graph"] = ImageColumn(words.one.capitalize(), help="Its graph, input to output.", width=150)
    shown["index"] = labels
    if "expected" in table:
        shown["expected"] = table["expected"].to_numpy()
        shown["interval"] = [_interval(row) for _, row in table.iterrows()]
    known = [name for name in ("accuracy", "hours") if table[name].notna().any()]
    shown[known] = table[known].to_numpy()
    for name in ("measured", "training"):
        if name in table and table[name].notna().any():
            shown[name] = table[name].to_numpy()
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        height="content",
        row_height=64 if "graph" in shown else None,
        column_config=columns,
        on_select=lambda: _link_row(key, labels),
        selection_mode="single-row",
        placeholder="–",
        alt=f"The {len(table)} {words.many} to train first",
    )
    keys = [architecture.key for architecture in architectures]
    csv_button(table.dropna(axis="columns", how="all").reset_index().assign(arch=keys), stem, f"download_{key}")


def _interval(row: pd.Series) -> str | None:
    return None if pd.isna(row["low"]) else f"{row['low']:.2f} … {row['high']:.2f}"


def _link_row(key: str, labels: list[Label]) -> None:
    if rows := st.session_state[key]["selection"]["rows"]:
        link_architecture(labels[rows[0]])
