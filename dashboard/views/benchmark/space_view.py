"""A whole space at once: distributions, and any of its quantities against each other."""

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.delta_generator import DeltaGenerator

from backend.analysis.distribution import summary
from backend.spaces.base import Label
from backend.truth import measures
from backend.truth.measures import Measure
from dashboard.cards.base import Card
from dashboard.cards.benchmark import distribution_card, space_card
from dashboard.data import queries
from dashboard.links import known_architecture
from dashboard.text import plain
from dashboard.views.benchmark import choices as columns
from dashboard.views.benchmark.architecture_panel import PANEL, architecture_panel
from dashboard.views.benchmark.choices import Choices
from dashboard.views.benchmark.selection import CHART_CONFIG, architecture_chart, architecture_table, marked
from dashboard.widgets.charts import picture_options
from dashboard.widgets.tables import csv_button


def space_view(choices: Choices) -> None:
    """The view.

    Args:
        choices: of the page.
    """
    if choices.missing:
        st.info(plain(choices.missing), icon=":material/info:")
        return
    left, right = st.columns([3, 2], gap="small")
    below = st.container()
    with left, st.container(border=True, key="space_section"):
        _charts(choices, below)
    with right:
        best = choices.best()
        why = f"Best by {best.label} [{best.release}]. Click a marker for another."
        architecture_panel(choices, queries.best_label(best), why)


# Other axes draw the chart anew, and nothing else.
@st.fragment
def _charts(choices: Choices, below: DeltaGenerator) -> None:
    words = f"What is drawn of the {choices.words.count(choices.size)}; the page's link keeps every choice."
    chart = choices.chart.segments("Chart", words)
    views = {"distribution": _distribution, "cost": _against_cost, "datasets": _datasets, "epochs": _epochs}
    views[chart](choices)
    if chart == "distribution":
        with below:
            _summaries(choices)


def _chosen(choices: Choices) -> Label | None:
    """Label of the page's architecture; None where the link names none."""
    architecture = known_architecture(choices.space)
    return choices.space.label(architecture) if architecture else None


def _distribution(choices: Choices) -> None:
    dataset, split = _dataset_and_split(choices)
    shown = [measure for measure in choices.accuracies(dataset) if measure.key == choices.key_of(dataset, split)]
    card = distribution_card(choices.space, dataset, shown, _chosen(choices))
    st.plotly_chart(
        card.figure,
        key=card.key,
        config={**CHART_CONFIG, "toImageButtonOptions": picture_options(f"{dataset} {split} accuracies")},
        alt=card.words,
    )
    _csv(choices, card, f"{dataset} {split} accuracies")


def _against_cost(choices: Choices) -> None:
    with st.container(key="space_controls"):
        grid = st.grid(4, min_column_width=130)
        dataset, epochs, split = choices.choose_accuracy(grid)
        with grid.cell():
            x = choices.choose_cost(dataset, epochs)
    y = choices.known_accuracy(dataset, epochs, split)
    if x and y:
        _scatter(choices, x, y, with_front=True)


def _datasets(choices: Choices) -> None:
    with st.container(key="space_controls"):
        grid = st.grid(4, min_column_width=130)
        dataset, epochs, split = choices.choose_accuracy(grid)
        with grid.cell():
            other = choices.choose_other_dataset()
    x, y = (choices.known_accuracy(name, epochs, split) for name in (other, dataset))
    if x and y and x != y:
        _scatter(choices, x, y, with_front=True)
    elif x and y:
        st.info("Choose two different data sets.", icon=":material/info:")


def _dataset_and_split(choices: Choices) -> tuple[str, str]:
    with st.container(key="space_controls"):
        first, second = st.columns(2)
        with first:
            dataset = choices.choose_dataset()
        with second:
            split = choices.choose_split()
    return dataset, split


def _epochs(choices: Choices) -> None:
    dataset, split = _dataset_and_split(choices)
    lengths = choices.lengths_of(dataset)
    short, long = lengths[-1], lengths[0]
    x, y = (choices.known_accuracy(dataset, epochs, split) for epochs in (short, long))
    if x and y:
        _scatter(choices, x, y, with_front=False)


def _scatter(choices: Choices, x: Measure, y: Measure, *, with_front: bool) -> None:
    selected = marked("space_chart", (x, y), _chosen(choices))
    card = space_card(choices.space, x, y, with_front=with_front, selected=selected)
    architecture_chart(card, fragment=PANEL)
    table = queries.space(x, y)
    st.caption(_scatter_words(choices, table, x, y))
    _csv(choices, card, card.title)
    if with_front:
        _front_table(choices, table[queries.space_front(x, y)], x, y)


def _scatter_words(choices: Choices, table: pd.DataFrame, x: Measure, y: Measure) -> str:
    words, unknown = choices.words, int(table[x.sourced].isna().sum())
    spearman, kendall = queries.rank_agreement(x, y)
    parts = [
        f"{words.count(len(table) - unknown)}. Rank correlation: Spearman {spearman:.3f}, Kendall {kendall:.3f}.",
        f"Click {words.a} to see it; drag to zoom in, double-click to see all.",
    ]
    if unknown:
        parts.insert(1, f"**{words.count(unknown)} are not drawn: the device does not support them.**")
    return " ".join(parts)


def _front_table(choices: Choices, front: pd.DataFrame, x: Measure, y: Measure) -> None:
    st.markdown(f"**True Pareto front** · {choices.words.count(len(front))} that no other beats in both")
    ordered = front.sort_values(y.sourced, ascending=False).reset_index()
    heads = {measure: measure.title if x.title != y.title else measure.dataset for measure in (y, x)}
    st.caption("; ".join(f"{head} [{measure.release}]" for measure, head in heads.items()))
    formats = {measure.sourced: columns.measure_column(measure, head) for measure, head in heads.items()}
    table = ordered[["index", *formats]]
    formats["index"] = choices.index_column
    architecture_table(table, f"front_{x.name}_{y.name}", formats, "True Pareto front")


def _csv(choices: Choices, card: Card, stem: str) -> None:
    words = f"All {choices.words.count(choices.size)} in the chart's quantities, with all digits."
    csv_button(lambda: card.data, stem, "download_space", words)


def _summaries(choices: Choices) -> None:
    words = choices.words
    st.subheader("All data sets", anchor=False)
    st.caption(
        f"Every true accuracy of the table over the {words.count(choices.size)}. Choose a row to see its best "
        f"{words.one}."
    )
    rows = []
    for dataset in choices.datasets:
        for measure in choices.accuracies(dataset):
            numbers = summary(measures.values(measure))
            rows.append(
                {"dataset": dataset, "accuracy": measure.title, "epochs": measure.epochs}
                | {name: numbers[name] for name in ("best", "upper_quartile", "median", "lower_quartile", "worst")}
                | {"index": numbers["best_cell"], "release": measure.release}
            )
    table = pd.DataFrame(rows)
    formats = {
        "dataset": TextColumn("Data set", pinned=True),
        "accuracy": TextColumn("Accuracy"),
        "epochs": NumberColumn("Epochs", width=70),
        "index": choices.label_column(f"Best {words.one}", "Of equal ones the first."),
        "release": columns.RELEASE,
    }
    for name in ("best", "upper_quartile", "median", "lower_quartile", "worst"):
        formats[name] = NumberColumn(
            choices.field.with_unit(f"{name[0].upper()}{name[1:].replace('_', ' ')}"), format=choices.shape
        )
    architecture_table(table, "summaries", formats, "Distributions of the true accuracies")
    csv_button(table, f"accuracies of {choices.space.title}", "download_summaries")
