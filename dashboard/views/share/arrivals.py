"""A table of studies that could be copied, with what would come of each, and a choice among them."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd
import streamlit as st
from streamlit.column_config import ListColumn, NumberColumn, TextColumn

from backend.sharing.contents import SharedStudy
from backend.sharing.preview import Arrival
from dashboard.text import plain
from dashboard.widgets.tables import look

Where = Literal["here", "there"]


def choose_arrivals(found: Sequence[Arrival], key: str, where: Where) -> list[SharedStudy]:
    """Show the studies; those that are new are chosen at first. Returns the choice, without those that are there.

    Args:
        found: of the source.
        key: of the table; another one for another source.
        where: what the database that they would come into is to those who look.
    """
    new = [row for row, item in enumerate(found) if item.status == "new"]
    event = st.dataframe(
        pd.DataFrame([_row(item, where) for item in found]),
        # A choice is a row's position, and what is new changes with each copy.
        key=f"{key}_{hash(tuple((item.study.name, item.status) for item in found))}",
        hide_index=True,
        column_config={
            "name": TextColumn("Study", pinned=True, width=220),
            "comes": TextColumn("What would come of it", width=330),
            "state": TextColumn("State", width=120, help="As a copy has it: a running search is stopped there."),
            "trials": NumberColumn("Trials", format="localized", width=70),
            "dataset": TextColumn("Data set", width=120),
            "objectives": ListColumn("Objectives", help="What is optimised."),
            "note": TextColumn("Note", width=200),
        },
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": new, "columns": [], "cells": []}},
        placeholder="–",
        alt="Studies that could be copied",
    )
    rows = [row for row in event["selection"]["rows"] if row < len(found)]
    return [found[row].study for row in rows if found[row].status != "here"]


def say_left_out(behind: Mapping[str, str]) -> None:
    """Say which saved ensembles cannot be used here, and why."""
    for name, why in behind.items():
        st.warning(f"Its ensemble {plain(repr(name))} stays behind: {plain(why)}.", icon=":material/join_inner:")


def said(found: Sequence[Arrival], where: Where) -> str:
    """How many there are, and how many of them are new."""
    new, here = (sum(item.status == status for item in found) for status in ("new", "here"))
    parts = {
        "new": new,
        f"already {where} as they are": here,
        f"{where} with other trials: choose one to have it beside the one that is {where}": len(found) - new - here,
    }
    words = "; ".join(f"{number:,} {what}" for what, number in parts.items() if number)
    return f"{len(found):,} {'study' if len(found) == 1 else 'studies'}: {words}."


def _row(item: Arrival, where: Where) -> dict[str, object]:
    summary = item.study.summary
    words = " ".join(summary.note.split())
    return {
        "name": summary.name,
        "comes": item.words_from(where),
        "state": look(summary.run).word,
        "trials": summary.trials,
        "dataset": summary.dataset,
        "objectives": summary.objectives,
        "note": words[:80] or None,
    }
