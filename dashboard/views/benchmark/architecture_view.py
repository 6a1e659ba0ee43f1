"""Everything about one architecture: how good it is, what surrounds it, and all that was recorded of it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.spaces.base import Architecture, Label, SearchSpace
from backend.spaces.capabilities import Enumerable, HasTruth, lacks, require
from backend.truth import measures
from backend.truth.fields import truth_fields
from backend.truth.measures import Measure
from backend.truth.records import training_records, training_runs
from dashboard.cards.benchmark import neighbours_card
from dashboard.data import queries
from dashboard.data.benchmark import Neighbour, isomorphic, neighbours
from dashboard.figures.numbers import readable
from dashboard.links import known_architecture
from dashboard.text import plain
from dashboard.views.benchmark import choices as columns
from dashboard.views.benchmark.architecture_finder import architecture_finder
from dashboard.views.benchmark.choices import Choices
from dashboard.views.benchmark.selection import architecture_chart, architecture_table, title_of
from dashboard.widgets.charts import drawing_config
from dashboard.widgets.tables import csv_button

_WIDE = 440


def architecture_view(choices: Choices) -> None:
    """The view.

    Args:
        choices: of the page.
    """
    space = choices.space
    architecture, why = known_architecture(space), ""
    if architecture is None and not choices.missing:
        best = choices.best()
        architecture, why = space.at(queries.best_label(best)), f"The best by {best.label} [{best.release}]. "
    if architecture is None:
        st.info(f"Type {choices.words.a} to see it.", icon=":material/info:")
        architecture_finder(space, None)
        return
    label = space.label(architecture)
    with st.container(key="cell_heading"):
        st.subheader(title_of(space, label), anchor=False)
    st.caption(plain(f"{why}{space.description(architecture)}"))
    architecture_finder(space, architecture)
    if choices.missing:
        st.info(plain(choices.missing), icon=":material/info:")
        return
    if label not in queries.listed(space):
        st.info(plain(_unlisted(space)), icon=":material/info:")
        return
    _places(choices, label)
    measure = _choose(choices)
    if measure:
        _neighbours(choices, label, measure)
    dataset = measure.dataset if measure else choices.dataset.value
    epochs = measure.epochs if measure and measure.epochs else choices.lengths[0]
    if measures.covers(space) and isinstance(label, int):
        grid = st.grid(2, min_column_width=_WIDE, gap="medium")
        with grid.cell():
            _records(choices, label, dataset)
        with grid.cell():
            _costs(choices, label, dataset)
        _runs(choices, label, dataset, epochs)
    else:
        grid = st.grid(2, min_column_width=_WIDE, gap="medium")
        with grid.cell():
            _truth(choices, architecture, dataset)
        with grid.cell():
            _costs(choices, label, dataset)
    _isomorphic(choices, label)


def _unlisted(space: SearchSpace) -> str:
    if lacks(space, Enumerable):
        return f"{space.title} did not train it, so what it reaches is not known."
    return f"It is no {space.indexed}, so nothing more is known of it."


def _places(choices: Choices, label: Label) -> None:
    words = choices.words
    st.markdown(f"**True accuracy, and its place among all {words.count(choices.size)}**")
    rows = []
    for dataset in choices.datasets:
        for measure in choices.accuracies(dataset):
            place = queries.standing_of(label, measure)
            rows.append(
                {
                    "dataset": dataset,
                    "images": measure.title.removesuffix(" accuracy"),
                    "epochs": measure.epochs,
                    **place,
                    "release": measure.release,
                }
            )
    table = pd.DataFrame(rows)
    with st.container(key="places"):
        st.dataframe(
            table,
            key="places_table",
            hide_index=True,
            height="content",
            column_config={
                "dataset": TextColumn("Data set", pinned=True),
                "images": TextColumn("Images", help="Test images, or those held out for validation."),
                "epochs": NumberColumn("Epochs", width=70),
                "value": choices.accuracy_column,
                "rank": choices.rank_column,
                "percentile": choices.percentile_column,
                "gap": choices.gap_column,
                "release": columns.RELEASE,
            },
            alt=f"True accuracies, ranks and percentiles of {words.one} {label}",
        )
    csv_button(table, f"{words.one} {label} places", "download_places")


def _choose(choices: Choices) -> Measure | None:
    with st.container(key="cell_controls"):
        grid = st.grid(3, min_column_width=150)
        dataset, epochs, split = choices.choose_accuracy(grid)
    return choices.known_accuracy(dataset, epochs, split)


def _neighbours(choices: Choices, label: Label, measure: Measure) -> None:
    space, words = choices.space, choices.words
    with st.container(border=True, key="neighbours_section"):
        card = neighbours_card(space, label, measure)
        st.markdown(f"**{card.title}**", help=card.help or None)
        if card.figure is None:
            architecture_chart(card)
            return
        st.caption(f"{card.words} Click a tile, or a row, to go there.")
        grid = st.grid(2, min_column_width=_WIDE, gap="medium")
        with grid.cell():
            architecture_chart(card, config=drawing_config(f"neighbours of {words.one} {label}"))
        with grid.cell():
            _neighbour_table(choices, label, neighbours(space, space.at(label)), measure)


def _neighbour_table(choices: Choices, label: Label, found: Sequence[Neighbour], measure: Measure) -> None:
    words = choices.words
    alike = (choices.accuracy(name, measure.epochs or 0, measure.key.split("-")[0]) for name in choices.datasets)
    shown = sorted((other for other in alike if other), key=lambda other: other != measure)
    accuracies = queries.space(*shown)
    rows = [
        {
            "index": item.label,
            "edge": item.parameter.title,
            "operation": item.parameter.called(item.option),
            **accuracies.loc[item.label].to_dict(),
        }
        for item in found
        if item.label in accuracies.index
    ]
    table = pd.DataFrame(rows).sort_values(measure.sourced, ascending=False, ignore_index=True)
    st.caption(f"{measure.titled} after {measure.epochs} epochs: {measures.sources(shown)}")
    parameter = words.parameter.capitalize()
    formats = {
        "index": choices.index_column,
        "edge": TextColumn(parameter, width=70, help=f"The {words.parameter} that is changed."),
        "operation": TextColumn("Becomes", width=110, help=f"Its {words.option} in the neighbour."),
        **columns.measure_columns(shown),
    }
    architecture_table(table, f"neighbours_{label}_{measure.name}", formats, f"Neighbours of {words.one} {label}")
    csv_button(table, f"{words.one} {label} neighbours", "download_neighbours")


def _records(choices: Choices, label: int, dataset: str) -> None:
    st.markdown(f"**All records on {dataset}**", help="What the official API returns, under its names.")
    records = training_records(label)
    here = records[records["dataset"] == dataset]
    rows = []
    for name, group in here.groupby("field", sort=False):
        row = {"Field": str(name)}
        for record in group.itertuples():
            row[f"{record.epochs} epochs"] = readable(float(str(record.value)), str(record.unit))
            row[f"Release ({record.epochs})"] = str(record.release)
        rows.append(row)
    with st.container(key="records"):
        st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", key="records_table", alt="All records")
    if here["value"].isna().any():
        st.caption("–: not in the table; the official files of the benchmark have it.")
    stem = f"{choices.words.one} {label} records"
    csv_button(records, stem, "download_records", "All records on all data sets.")


def _truth(choices: Choices, architecture: Architecture, dataset: str) -> None:
    """What a space without a release of its own here records of an architecture."""
    truth = require(choices.space, HasTruth, "records")
    st.markdown(f"**All records on {dataset}**", help=f"What {choices.space.title} records, under its names.")
    known = truth.truth(architecture, dataset) or {}
    table = pd.DataFrame(
        [
            {
                "field": field.label,
                "epochs": int(epochs),
                "shown": readable(fields.get(field.name), field.unit),
                "images": field.images,
                "value": fields.get(field.name),
                "unit": field.unit,
            }
            for epochs, fields in known.items()
            for field in truth.fields(dataset)
        ],
        columns=["field", "epochs", "shown", "images", "value", "unit"],
    )
    st.dataframe(
        table,
        key="records_table",
        hide_index=True,
        height="content",
        column_order=["field", "epochs", "shown", "images"],
        column_config={
            "field": TextColumn("Field", pinned=True),
            "epochs": NumberColumn("Epochs", width=70),
            "shown": TextColumn("Value", alignment="right"),
            "images": TextColumn("Measured on"),
        },
        alt=f"Records of {choices.space.named(choices.space.label(architecture))}",
    )
    stem = f"{choices.space.named(choices.space.label(architecture))} records"
    csv_button(table.drop(columns="shown"), stem, "download_records")


def _runs(choices: Choices, label: int, dataset: str, epochs: int) -> None:
    """Each seed of the imported releases; nothing where the architecture is in none."""
    runs = training_runs(label, dataset, epochs)
    if runs.empty:
        return
    st.markdown(
        f"**Each training run on {dataset}, {epochs} epochs**",
        help="From the imported official files: a row a seed, and the mean of a release's seeds.",
    )
    formats: dict[str, ColumnConfig] = {
        "release": columns.RELEASE,
        "seed": TextColumn("Seed", width=70, help="Of the training run; mean: over the release's runs."),
    }
    fields = sorted(truth_fields(dataset), key=lambda field: not field.name.endswith("accuracy"))
    for field in fields:
        shape = "%.2f" if field.unit == "%" else "%.5g"
        formats[field.name] = NumberColumn(f"{field.name} ({field.unit})", format=shape, help=f"On {field.images}.")
    st.dataframe(
        runs[list(formats)],
        key="runs_table",
        hide_index=True,
        height="content",
        column_config=formats,
        placeholder="–",
        alt=f"Training runs of {choices.words.one} {label} on {dataset}",
    )
    csv_button(runs, f"{choices.words.one} {label} runs {dataset} {epochs} epochs", "download_runs")


def _costs(choices: Choices, label: Label, dataset: str) -> None:
    st.markdown(f"**Costs on {dataset}**", help="Size, time of a training, and latencies and energies of devices.")
    trainings = (measures.costs_of(choices.space, dataset, epochs) for epochs in choices.lengths_of(dataset)[::-1])
    of_each_training = zip(*trainings, strict=True)
    offered = dict.fromkeys(cost for both in of_each_training for cost in both)
    rows = []
    for cost in offered:
        place = queries.standing_of(label, cost)
        title = f"{cost.title}, {cost.epochs} epochs" if cost.epochs else cost.title
        rows.append(
            {
                "cost": title,
                "shown": "not supported" if pd.isna(place["value"]) else readable(place["value"], cost.unit),
                "percentile": place["percentile"],
                "release": cost.release,
                "value": place["value"],
                "unit": cost.unit,
            }
        )
    table = pd.DataFrame(rows)
    st.dataframe(
        table,
        key="costs_table",
        hide_index=True,
        height="content",
        column_order=["cost", "shown", "percentile", "release"],
        column_config={
            "cost": TextColumn("Cost", pinned=True),
            "shown": TextColumn("Value", alignment="right"),
            "percentile": NumberColumn(
                "Cheaper than",
                format="%.1f %%",
                help=f"Share of all measured {choices.words.many} that are no cheaper.",
            ),
            "release": columns.RELEASE,
        },
        placeholder="–",
        alt=f"Costs of {choices.words.one} {label}",
    )
    csv_button(table.drop(columns="shown"), f"{choices.words.one} {label} costs {dataset}", "download_costs")


def _isomorphic(choices: Choices, label: Label) -> None:
    space, words = choices.space, choices.words
    st.markdown(
        f"**Isomorphic {words.many}**",
        help=f"{words.many.capitalize()} that compute the same function of their weights. Each was trained for itself: "
        "what their accuracies differ by is the noise of training.",
    )
    same = isomorphic(space, label)
    if not same:
        st.caption(f"No other {words.one} computes the same function.")
        return
    epochs = choices.lengths[0]
    shown = [measure for name in choices.datasets if (measure := choices.accuracy(name, epochs))]
    compute = "computes" if len(same) == 1 else "compute"
    lengths = " or ".join(map(str, sorted({measure.epochs or epochs for measure in shown})))
    st.caption(
        f"{len(same):,} of the {words.count(choices.size)} {compute} the same function. {choices.field.label} after "
        f"{lengths} epochs {measures.sources(shown)}. Choose a row to go there."
    )
    table = queries.space(*shown).loc[same].reset_index()
    table["arch"] = [space.at(other).key for other in same]
    formats = {"index": choices.index_column, "arch": columns.ARCH, **columns.measure_columns(shown)}
    architecture_table(table, f"isomorphic_{label}", formats, f"Isomorphic to {words.one} {label}")
    csv_button(table, f"{words.one} {label} isomorphic", "download_isomorphic")
