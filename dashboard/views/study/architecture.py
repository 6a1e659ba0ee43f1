"""The architecture that is chosen on a study's page, and those like it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn

from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import (
    Enumerable,
    HasTruth,
    Neighbours,
    Parameter,
    Parameters,
    capability,
    lacks,
    truth_field,
)
from dashboard.data import proxies as proxy_queries
from dashboard.data import queries
from dashboard.data.quantities import label
from dashboard.links import (
    TRIAL_PARAMETER,
    architecture_problem,
    known_architecture,
    link_architecture,
    link_trial,
    linked_trial,
    set_parameter,
    trial_problem,
)
from dashboard.text import plain
from dashboard.views.study.shown import Shown
from dashboard.widgets.architecture_card import architecture_card, architecture_row
from dashboard.widgets.tables import csv_button

_HEIGHT = 290


def similar_architectures(architecture: Architecture, shown: Shown, space: SearchSpace) -> None:
    """A table of the isomorphic ones and the neighbours; choosing a row shows that architecture."""
    words, label_ = space.words, space.label(architecture)
    with st.container(border=True, key="similar_architectures"):
        if missing := lacks(space, Neighbours):
            st.markdown(f"**Similar {words.many}**")
            st.caption(plain(f"{missing}."))
            return
        dataset, epochs = shown.summary.trained_on, _longest(space, shown.summary.trained_on)
        table = shown.kept(
            "similar", (architecture.key, dataset), lambda: _table(architecture, shown.frame, space, dataset)
        )
        st.markdown(
            f"**Similar {words.many}**",
            help=f"Isomorphic {words.many} compute the same function: what their accuracies differ by is the noise of "
            f"training. The neighbours differ in the {words.option} on one {words.parameter}.",
        )
        tried = int(table["trial"].notna().sum())
        field = truth_field(space, dataset)
        known = field.with_unit(f"{field.label}, {dataset}, {epochs} epochs")
        better = f"; {int((table['gain'] > 0).sum())} are better by {known}" if "gain" in table else ""
        st.caption(
            plain(f"{len(table)} {words.many}, {tried} of them tried by this study{better}.")
            + f" Choose a row to see its {words.one}."
        )
        key = f"similar_{label_}"
        st.dataframe(
            table,
            key=key,
            hide_index=True,
            height=_HEIGHT,
            column_config={
                "how": TextColumn(
                    "How",
                    width=120,
                    help=f"Isomorphic, or the {words.parameter} that is changed and its {words.option}.",
                ),
                "accuracy": NumberColumn(
                    field.with_unit("Accuracy" if field.unit == "%" else field.label), format="%.2f", help=known
                ),
                "gain": NumberColumn(
                    "Gain", format="%+.2f", help=f"{field.points.capitalize()} more than the chosen {words.one}."
                ),
                "trial": NumberColumn("Trial", format="%d", help="Of this study; empty where it has not tried it."),
                "index": NumberColumn(words.one.capitalize(), format="%d", help="Official index."),
                "architecture": TextColumn(words.one.capitalize()),
            },
            on_select=lambda: _link_row(key, table),
            selection_mode="single-row",
            placeholder="–",
            alt=f"{words.many.capitalize()} similar to {space.named(label_)}",
        )
        csv_button(table, f"{shown.summary.name} similar to {space.named(label_)}", "download_similar")


def _longest(space: SearchSpace, dataset: str | None) -> int | None:
    """Length of the longest training on a data set that is known; None where none is."""
    truth = capability(space, HasTruth)
    return max(truth.lengths(dataset)) if truth and dataset and dataset in truth.datasets else None


def _table(architecture: Architecture, frame: pd.DataFrame, space: SearchSpace, dataset: str | None) -> pd.DataFrame:
    pairs = dict[str | int, str]()
    for how, other in _similar(architecture, space):
        # A neighbour can be isomorphic as well: it is listed once, as that.
        pairs.setdefault(space.label(other), how)
    labels = pd.Index(list(pairs))
    column = "index" if pd.api.types.is_integer_dtype(labels) else "architecture"
    tried = frame.loc[frame[column].isin(labels) & (frame["state"] == "complete"), [column, "number"]]
    numbers = tried.drop_duplicates(column).set_index(column)["number"]
    table = pd.DataFrame({"how": list(pairs.values())})
    epochs = _longest(space, dataset)
    if dataset and epochs:
        accuracies = proxy_queries.accuracy(space, dataset, epochs)
        table["accuracy"] = accuracies.reindex(labels).to_numpy()
        table["gain"] = table["accuracy"] - accuracies.get(space.label(architecture), float("nan"))
    table["trial"] = numbers.reindex(labels).to_numpy()
    table[column] = labels
    return table.sort_values("accuracy", ascending=False, ignore_index=True) if "accuracy" in table else table


def _similar(architecture: Architecture, space: SearchSpace) -> Iterator[tuple[str, Architecture]]:
    """The isomorphic architectures, then the neighbours, each with what it is to this one."""
    listed, label_ = capability(space, Enumerable), space.label(architecture)
    if listed and isinstance(label_, int):
        classes = listed.classes()
        for index in classes.index[classes == classes[label_]]:
            if index != label_:
                yield "isomorphic", space.at(int(index))
    neighbours, titled = capability(space, Neighbours), capability(space, Parameters)
    parameters = {parameter.name: parameter for parameter in (titled.parameters if titled else ())}
    for other in neighbours.neighbours(architecture) if neighbours else ():
        changed = [name for name, value in other.params.items() if architecture.params.get(name) != value]
        yield ", ".join(_change(name, other, parameters.get(name)) for name in changed), other


def _change(name: str, other: Architecture, parameter: Parameter | None) -> str:
    value = str(other.params[name])
    return f"{parameter.title}: {parameter.called(value)}" if parameter else f"{name}: {value}"


def _link_row(key: str, table: pd.DataFrame) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if not rows:
        return
    row = table.iloc[rows[0]]
    if pd.notna(row["trial"]):
        link_trial(int(row["trial"]))
    else:
        set_parameter(TRIAL_PARAMETER, None)
        link_architecture(row["index"] if "index" in table else row["architecture"])


def architecture_section(shown: Shown) -> None:
    """The card of the trial or the architecture in the link, or of the latest or best; those like it below."""
    summary, axes, active, space = shown.summary, shown.axes, shown.active, shown.summary.space
    linked = known_architecture(space) if space else None
    for problem in filter(None, (trial_problem(), architecture_problem(space) if space else "")):
        st.warning(plain(problem), icon=":material/link_off:")
    row, title = _shown(shown, linked)
    if row is None:
        st.info(plain(title), icon=":material/info:")
    else:
        architecture_card(
            row,
            title,
            # What a search file chooses can change the sizes.
            summary.config.space if summary.config else space,
            summary.dataset,
            objectives=axes.objectives,
            bounds=axes.bounds,
            trained_on=summary.trained_on,
        )
    if linked_trial() is not None or linked is not None:
        st.button(
            "Follow the search" if active else f"Show the first {queries.words_of(summary).one}",
            icon=":material/undo:",
            key="clear_trial",
            help="Take the chosen trial out of the page's link.",
            on_click=link_trial,
            args=(None,),
        )
    if row is not None and space and isinstance(row.get("architecture"), str):
        similar_architectures(space.parse(row["architecture"]), shown, space)


def _recommended(shown: Shown) -> pd.Series | None:
    """The trial of the first architecture that is recommended to be trained; None where there is no recommendation."""
    summary, frame = shown.summary, shown.frame
    if summary.config is None or summary.space is None:
        return None
    listed, _rule = queries.recommendation(summary, summary.config)
    if listed.empty:
        return None
    key = summary.space.at(listed.index[0]).key
    rows = frame[(frame["architecture"] == key) & (frame["state"] == "complete")]
    return rows.iloc[0] if len(rows) else None


def _shown(shown: Shown, linked: Architecture | None) -> tuple[pd.Series | None, str]:
    """The trial of the link, or its architecture; else the latest of a live study, or what an ended one recommends."""
    frame, axes, space = shown.frame, shown.axes, shown.summary.space
    one, number = queries.words_of(shown.summary).one, linked_trial()
    if number is not None:
        at = frame.index[frame["number"] == number]
        return (frame.loc[at[0]], f"Selected {one}") if len(at) else (None, f"This study has no trial {number} yet.")
    if linked is not None and space is not None and "architecture" in frame:
        tried = frame.index[(frame["architecture"] == linked.key) & (frame["state"] == "complete")]
        if len(tried):
            return frame.loc[tried[0]], f"Selected {one}"
        untried = f"Selected {one}, which this study has not tried"
        return architecture_row(space, linked, shown.summary.trained_on), untried
    complete = frame.index[frame["state"] == "complete"]
    if complete.empty:
        return None, f"The first completed {one} appears here."
    if shown.active:
        return frame.loc[complete[-1]], f"Latest {one}"
    recommended = _recommended(shown)
    if recommended is not None:
        return recommended, f"Recommended {one}"
    values = frame.loc[complete, axes.objectives[0]].dropna() if axes.objectives else pd.Series(dtype=float)
    if values.empty:
        on_front = frame.index[frame["pareto"]]
        return frame.loc[on_front[0] if len(on_front) else complete[-1]], f"Best {one}"
    place = int(values.argmin() if axes.direction(axes.objectives[0]) == "minimize" else values.argmax())
    return frame.loc[values.index[place]], f"Best {one} by {label(axes.objectives[0])}"
