"""The training of a study's recommended architectures: started, followed and stopped here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn

from backend.ensembles.recommendation import LENGTH
from backend.errors import UserError
from backend.spaces.base import SearchSpace
from backend.studies import StudySummary
from backend.studies.recipes import MOST_EPOCHS
from backend.studies.trainings import Training, measured
from backend.training import launch
from dashboard.cards.training import curves_card
from dashboard.data import queries
from dashboard.data import trainings as training_queries
from dashboard.links import link_architecture
from dashboard.text import plain
from dashboard.widgets.charts import show
from dashboard.widgets.errors import kept_errors, show_kept_error
from dashboard.widgets.run_actions import writing
from dashboard.widgets.tables import LOOKS, csv_button

_TOP, _EPOCHS, _SEED = "train_top", "train_epochs", "train_seed"
_ERROR: Final = "error_of_training"
_FIRST_TOP, _FIRST_EPOCHS = 5, 20
_TABLE: Final = "trainings_table"


def training_section(summary: StudySummary, found: Sequence[Training], recommended: int) -> None:
    """The form to train the first of the recommended architectures, and how those that are trained get on.

    Args:
        summary: of the study, whose search has ended.
        found: its trainings.
        recommended: how many architectures are recommended.
    """
    if summary.config is None or summary.space is None or not (recommended or found):
        return
    words = summary.space.words
    st.subheader("Trained here", anchor="trained-here")
    st.caption(
        f"Trains the first of the recommended {words.many} on this machine, each from scratch. A fifth of the images "
        "is held out, the same for all; what counts is the accuracy on them after the last epoch."
    )
    _form(summary, found, min(recommended, LENGTH))
    show_kept_error(_ERROR)
    if not found:
        return
    for item in measured(found):
        st.caption(plain(item.words))
    _table(summary, summary.space, found)
    show(curves_card(found, words), f"{summary.name} training curves", caption=True)


def _form(summary: StudySummary, found: Sequence[Training], most: int) -> None:
    active = any(item.active for item in found)
    try:
        own = launch.recipe_of(summary.config, launch.Request()).function if summary.config else ""
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="train_form"):
        with st.container(width=150):
            st.number_input(
                "Training budget (top k)",
                1,
                max(1, most),
                min(_FIRST_TOP, max(1, most)),
                key=_TOP,
                help="Of the recommended, in their order.",
            )
        with st.container(width=150):
            st.number_input("Epochs", 1, MOST_EPOCHS, _FIRST_EPOCHS, key=_EPOCHS, help="Passes over the images.")
        with st.container(width=150):
            st.number_input(
                "Seed", 0, launch.MOST_SEED, 0, key=_SEED, help="Of weights, order and augmentation, not of the split."
            )
        st.button(
            "Train",
            type="primary",
            icon=":material/model_training:",
            key="train",
            on_click=_train,
            args=(summary.name,),
            **writing(
                "Queue them on this machine. Finished ones stay as they are; stopped and failed ones go on from their "
                "last checkpoint.",
                disabled=most == 0,
            ),
        )
        st.button(
            "Stop training",
            icon=":material/stop:",
            key="stop_training",
            on_click=_stop,
            args=(summary.name,),
            **writing("Stop after the running mini-batch; the last checkpoint is kept.", disabled=not active),
        )
    if own:
        st.caption(plain(f"Trained by {own}, which this server names."))


def _train(name: str) -> None:
    with kept_errors(_ERROR):
        state = st.session_state
        request = launch.Request(int(state[_TOP]), int(state[_EPOCHS]), int(state[_SEED]))
        launch.launch(queries.database(), name, request)


def _stop(name: str) -> None:
    with kept_errors(_ERROR):
        launch.stop(queries.database(), name)


def _table(summary: StudySummary, space: SearchSpace, found: Sequence[Training]) -> None:
    table = training_queries.table(found)
    shown = table.assign(state=[LOOKS[item.state].word for item in found]).dropna(axis="columns", how="all")
    if not shown["message"].any():
        shown = shown.drop(columns="message")
    st.dataframe(
        shown.drop(columns=["recipe", "device"]),
        key=_TABLE,
        hide_index=True,
        height="content" if len(found) <= LENGTH else 400,
        column_config={
            "architecture": TextColumn(space.words.one.capitalize()),
            "state": TextColumn("State", width=80),
            "progress": TextColumn("Epochs", width=80),
            "accuracy": NumberColumn(
                "Accuracy (%)", format="%.2f", help="On the held-out images, after the last epoch.", width=100
            ),
            "seconds": NumberColumn("Time (s)", format="%.1f", width=80),
            "seed": NumberColumn("Seed", format="%d", width=60),
            "message": TextColumn("What happened", width="large"),
        },
        on_select=lambda: _link_row(space, found),
        selection_mode="single-row",
        placeholder="–",
        alt=f"The {space.words.many} that are trained here",
    )
    csv_button(table, f"{summary.name} trained here", "download_trainings")


def _link_row(space: SearchSpace, found: Sequence[Training]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        with kept_errors(_ERROR):
            link_architecture(space.label(space.parse(found[rows[0]].architecture)))
