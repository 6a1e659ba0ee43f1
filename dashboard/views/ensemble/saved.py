"""Saved ensembles: keep the one shown, compare, export, import and delete."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st
from streamlit.column_config import ListColumn, NumberColumn, TextColumn

from backend.ensembles.kept import SavedEnsemble, delete_ensemble, read_ensemble, save_ensemble
from backend.ensembles.models import MODELS
from backend.errors import UserError
from backend.naming import file_name
from dashboard.data import ensembles as ensemble_queries
from dashboard.data import queries
from dashboard.data.ensembles import LEFT_OUT, UNSEEN, Plan
from dashboard.data.proxies import Source
from dashboard.links import NEW_SEARCH, page_link
from dashboard.server.session import bound
from dashboard.text import plain
from dashboard.views.ensemble.choices import link_plan
from dashboard.widgets.errors import kept_errors, show_kept_error
from dashboard.widgets.run_actions import writing
from dashboard.widgets.score_source import link_source
from dashboard.widgets.tables import csv_button
from dashboard.widgets.times import time_column

_NAME, _TABLE, _UPLOAD, _DONE = "ensemble_name", "saved_ensembles", "ensemble_upload", "ensemble_done"


def save_section(source: Source, plan: Plan) -> None:
    """A name and buttons to keep the ensemble in the study database and to take it away as a file."""
    with st.container(border=True, key="save_section"):
        st.markdown("**Keep this ensemble**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Name",
                key=_NAME,
                max_chars=100,
                placeholder=f"such as {plan.recipe.model} {source.dataset}",
                help="Up to 100 characters. It is the name under which a new search finds it.",
            )
            st.button(
                "Save",
                icon=":material/save:",
                key="ensemble_save",
                on_click=_save,
                args=(source, plan),
                **writing("Keeps recipe, labels and figures in the study database, to search by and compare."),
            )
            st.download_button(
                "Export JSON",
                bound(lambda: _file(ensemble_queries.to_save(source, plan, _export_name(source, plan)))),
                file_name=file_name(_export_name(source, plan)) + ".json",
                mime="application/json",
                icon=":material/download:",
                key="ensemble_export",
                on_click="ignore",
                help="All that the fit is made again from, as a file to send; `python -m backend import-ensemble` and "
                "the uploader below read it.",
            )
        show_kept_error()
        if words := st.session_state.pop(_DONE, None):
            st.success(plain(words), icon=":material/check_circle:")


def saved_section() -> None:
    """The saved ensembles side by side, with what can be done with one, and an uploader for more."""
    st.subheader("Saved ensembles", anchor="saved")
    found = queries.saved_ensembles()
    with st.container(border=True, key="saved_section"):
        if found:
            _list(found)
            page_link(
                NEW_SEARCH,
                "Search by a saved ensemble",
                ":material/add_circle:",
                "Choose it under Ensembles in the form: its prediction is an objective like any proxy.",
            )
        else:
            st.caption("None is saved yet. Saved ones can be compared here, and be the objective of a new search.")
        st.file_uploader(
            "Import from a JSON file",
            type="json",
            max_upload_size=64,
            key=_UPLOAD,
            on_change=_import,
            **writing(
                "A file that was exported here or with `python -m backend ensemble --export`. What is wrong with it "
                "is said, and changes nothing."
            ),
        )


def _list(found: list[SavedEnsemble]) -> None:
    table = pd.DataFrame([_row(saved) for saved in found])
    st.dataframe(
        table,
        key=_TABLE,
        hide_index=True,
        height="content",
        column_config={
            "name": TextColumn("Ensemble", pinned=True),
            "model": "Model",
            "proxies": ListColumn("Proxies"),
            "graph": st.column_config.CheckboxColumn("Graph", help="Whether graph features are used."),
            "cells": NumberColumn(
                "Fitted on (number)", format="localized", help="How many architectures it was fitted on."
            ),
            "dataset": "Data set",
            "study": TextColumn("Fitted on"),
            "within": NumberColumn(
                "Spearman, held out", format="%+.3f", help="Where it was fitted, cross-validated where labels are used."
            ),
            "unseen": NumberColumn("Spearman, unseen", format="%+.3f", help="On the unseen rest of the space."),
            "picked": NumberColumn("Picked", format="%.2f", help="True accuracy of what it ranks first, unseen."),
            "created": time_column("Saved"),
        },
        selection_mode="single-row",
        on_select="rerun",
        placeholder="–",
        alt="Saved ensembles",
    )
    csv_button(table, "ensembles", "download_ensembles")
    rows = st.session_state[_TABLE]["selection"]["rows"] if _TABLE in st.session_state else []
    if not rows or rows[0] >= len(found):
        st.caption("Choose a row to see, export or delete that ensemble.")
        return
    chosen = found[rows[0]]
    origin = ensemble_queries.source_of(chosen)
    with st.container(horizontal=True):
        st.button(
            f"Show {plain(chosen.name)}",
            icon=":material/visibility:",
            key="saved_show",
            disabled=origin is None,
            on_click=_show,
            args=(chosen, origin),
            help="The page with its data, model, proxies and features; of a table, labels are drawn at random again."
            if origin
            else f"What it was fitted on is not here: {plain(chosen.study)}.",
        )
        st.download_button(
            f"Export {plain(chosen.name)}",
            lambda: _file(chosen),
            file_name=file_name(chosen.name) + ".json",
            mime="application/json",
            icon=":material/download:",
            key="saved_export",
            on_click="ignore",
        )
        st.button(
            f"Delete {plain(chosen.name)}",
            icon=":material/delete:",
            key="saved_delete",
            on_click=_delete,
            args=(chosen.name,),
            **writing("Studies that were searched by it keep their own copy."),
        )


def _row(saved: SavedEnsemble) -> dict[str, object]:
    recipe = saved.ensemble.recipe
    unseen = saved.figures.get(UNSEEN, {})
    return {
        "name": saved.name,
        "model": MODELS[recipe.model].title,
        "proxies": list(recipe.proxies),
        "graph": recipe.graph,
        "cells": len(saved.ensemble.architectures),
        "dataset": f"{saved.dataset}, {saved.target.split(':')[0]} epochs" if saved.target else saved.dataset,
        "study": saved.study,
        "within": saved.figures.get(LEFT_OUT, {}).get("spearman"),
        "unseen": unseen.get("spearman"),
        "picked": unseen.get("picked"),
        "created": pd.Timestamp(saved.created),
    }


def _save(source: Source, plan: Plan) -> None:
    with kept_errors():
        name = st.session_state[_NAME].strip()
        if not name:
            raise UserError("ensemble: give it a name")
        save_ensemble(queries.database(), ensemble_queries.to_save(source, plan, name))
        st.session_state[_DONE] = f"Saved as {name}."


def _show(saved: SavedEnsemble, origin: tuple[str, str]) -> None:
    link_source(origin)
    link_plan(saved.ensemble.recipe, saved.target.split(":")[0], len(saved.ensemble.architectures))


def _delete(name: str) -> None:
    with kept_errors():
        delete_ensemble(queries.database(), name)
        st.session_state[_DONE] = f"Deleted {name}."


def _import() -> None:
    uploaded = st.session_state[_UPLOAD]
    if uploaded is None:
        return
    with kept_errors(), TemporaryDirectory() as folder:
        path = Path(folder) / "ensemble.json"
        path.write_bytes(uploaded.getvalue())
        try:
            saved = read_ensemble(path)
        except UserError as error:
            raise UserError(str(error).replace(str(path), uploaded.name)) from None
        save_ensemble(queries.database(), saved)
        st.session_state[_DONE] = f"Imported {saved.name}, fitted on {saved.study}."


def _export_name(source: Source, plan: Plan) -> str:
    return f"{source.name} {plan.recipe.model}"[:100]


def _file(saved: SavedEnsemble) -> str:
    return json.dumps(saved.to_json(), indent=1, allow_nan=False)
