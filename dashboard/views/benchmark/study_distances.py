"""How far a study's trials are from the best of the space, on each data set."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.analysis.regret import Regret, placed, regret
from backend.truth import measures
from backend.truth.measures import Measure
from dashboard.cards.benchmark import percentiles_card
from dashboard.data import queries
from dashboard.views.benchmark import choices as columns
from dashboard.views.benchmark.architecture_panel import PANEL
from dashboard.views.benchmark.choices import Choices
from dashboard.views.benchmark.selection import architecture_chart, architecture_table
from dashboard.widgets.tables import csv_button


def percentiles_section(choices: Choices, scored: pd.DataFrame, epochs: int, split: str, name: str) -> None:
    """A chart of where a study's architectures lie on each data set.

    Args:
        choices: of the page.
        scored: as ``backend.analysis.regret.benchmark_cells`` gives them.
        epochs: length of the training.
        split: images that accuracy is measured on.
        name: of the study.
    """
    card = percentiles_card(choices.space, _places(choices, scored, epochs, split))
    with st.container(border=True, key="percentiles_section"):
        st.markdown(f"**{card.title}**", help=card.help)
        architecture_chart(card, fragment=PANEL)
        csv_button(card.data, f"{name} percentiles", "download_percentiles")


def distances_section(
    choices: Choices, scored: pd.DataFrame, epochs: int, split: str, name: str, allowed: Sequence[int]
) -> None:
    """A table of the distances to the optimum, and one of the recommended trials.

    Arguments as of the chart; ``allowed`` are the indices of what the study's search allows.
    """
    st.subheader("Distance to the optimum", anchor=False)
    measured = ((measure, queries.standings(measure)["value"]) for measure in _shown(choices, epochs, split))
    table = pd.DataFrame([_regret_row(measure, regret(scored, values, allowed)) for measure, values in measured])
    if not table["allowed_gap"].gt(0).any():
        table = table.drop(columns=["allowed", "allowed_gap", "allowed_rank", "allowed_cell"])
    st.dataframe(
        table,
        key="regret_table",
        hide_index=True,
        column_config=_regret_formats(choices),
        placeholder="–",
        alt="Distances of the study's best trials to the optimum of each data set",
    )
    csv_button(table, f"{name} distances to the optimum", "download_regret")
    _recommended(choices, _places(choices, scored, epochs, split), name)


def _shown(choices: Choices, epochs: int, split: str) -> list[Measure]:
    """The accuracies of that training and those images: of each data set that has them."""
    found = (choices.accuracy(dataset, epochs, split) for dataset in choices.datasets)
    return [measure for measure in found if measure]


def _places(choices: Choices, scored: pd.DataFrame, epochs: int, split: str) -> dict[Measure, pd.DataFrame]:
    shown = _shown(choices, epochs, split)
    return {measure: placed(scored, queries.standings(measure)["value"]) for measure in shown}


def _regret_row(measure: Measure, short: Regret) -> dict[str, object]:
    row: dict[str, object] = {
        "dataset": measure.dataset,
        "optimum": short.optimum.value,
        "optimum_cell": short.optimum.architecture,
    }
    places = {"allowed": short.allowed, "recommended": short.recommended, "found": short.found}
    for name, place in places.items():
        row |= {
            name: place.value if place else None,
            f"{name}_gap": place.gap if place else None,
            f"{name}_rank": place.rank if place else None,
            f"{name}_cell": place.architecture if place else None,
        }
    return row | {"typical_gap": short.typical_gap, "release": measure.release}


def _regret_formats(choices: Choices) -> dict[str, ColumnConfig]:
    short = f"Short by ({choices.field.points})" if choices.field.points else "Short by"
    one, many, rank = choices.words.one, choices.words.many, choices.rank_column
    return {
        "dataset": TextColumn("Data set", pinned=True),
        "optimum": NumberColumn(
            choices.field.with_unit("Optimum"),
            format="%.3f",
            help=f"The best accuracy of all {choices.words.count(choices.size)}.",
        ),
        "optimum_cell": choices.label_column(f"Its {one}"),
        "allowed": NumberColumn(
            choices.field.with_unit("Allowed"),
            format="%.3f",
            help=f"The best of the {many} that its choices and constraints allow.",
        ),
        "allowed_gap": NumberColumn(f"{short}   ", format="%.3f"),
        "allowed_rank": rank,
        "allowed_cell": choices.label_column(f"Its {one}   "),
        "recommended": NumberColumn(
            choices.field.with_unit("Recommended"), format="%.3f", help="The best of the recommended trials."
        ),
        "recommended_gap": NumberColumn(short, format="%.3f"),
        "recommended_rank": rank,
        "recommended_cell": choices.label_column(f"Its {one} "),
        "found": NumberColumn(
            choices.field.with_unit("Best trial"), format="%.3f", help="The best of all the study's trials."
        ),
        "found_gap": NumberColumn(f"{short} ", format="%.3f"),
        "found_rank": rank,
        "found_cell": choices.label_column(f"Its {one}  "),
        "typical_gap": NumberColumn("Typical gap", format="%.3f", help="Median of the recommended trials' gaps."),
        "release": columns.RELEASE,
    }


def _recommended(choices: Choices, places: Mapping[Measure, pd.DataFrame], name: str) -> None:
    st.markdown("**Recommended trials**", help="The trials that no other of the study beats in all its objectives.")
    tables = list(places.items())
    first_measure, first = tables[0]
    table = first.loc[first["recommended"], ["index", "number"]].reset_index(drop=True)
    for measure, scored in tables:
        some = scored[scored["recommended"]].reset_index(drop=True)
        table[measure.sourced] = some["value"]
        table[f"rank on {measure.dataset}"] = some["rank"]
    st.caption(
        f"{first_measure.titled} after {first_measure.epochs} epochs, and its rank among all "
        f"{choices.words.many}: {measures.sources(list(places))}. Choose a row to see its {choices.words.one}."
    )
    formats = {"index": choices.index_column, "number": NumberColumn("Trial", width=70)}
    for measure in places:
        formats[measure.sourced] = columns.measure_column(measure, measure.dataset)
        formats[f"rank on {measure.dataset}"] = NumberColumn("Rank", format="localized", width=70)
    architecture_table(table, f"recommended_{name}_{len(table)}", formats, "Recommended trials")
    csv_button(table, f"{name} recommended", "download_recommended")
