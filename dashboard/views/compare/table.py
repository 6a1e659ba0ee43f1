"""The studies side by side: what each found, what it cost, and what differs between their configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from streamlit.column_config import ButtonColumn, NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.analysis.repetitions import settings_that_differ
from backend.spaces.base import Words
from backend.spaces.truth_tasks import TruthField
from dashboard.data import compare as compare_queries
from dashboard.data.compare import Compared, alike, words_of
from dashboard.links import open_study
from dashboard.views.compare.options import Options, to_reach
from dashboard.widgets.tables import csv_button, look


def settings_section(options: Options) -> None:
    """A row a setting in which some differ, a column a study or group of seeds."""
    configs = {name: members[0].summary.config for name, members in options.groups.items()}
    readable = {name: config for name, config in configs.items() if config}
    st.subheader("Settings that differ", anchor="settings")
    table = settings_that_differ(readable)
    if table.empty:
        st.caption("Nothing but the seed, or no second study whose configuration can be read here.")
        return
    st.caption("Keys of the search file, without `search.`; a dash where a study has no such setting.")
    shown = table.map(lambda value: None if value is None else str(value)).reset_index()
    st.dataframe(
        shown,
        key="settings",
        hide_index=True,
        height="content",
        placeholder="–",
        alt="Settings in which studies differ",
    )


_OPEN = "open_compared"
_OF_TRUTH = ("accuracy", "regret")
_NUMBERS = ("cells", "trials", "accuracy", "regret", "hypervolume", "scoring", "clock", "pace")


def comparison_tables(studies: Sequence[Compared], options: Options) -> None:
    """A row a study; with groups of seeds a second table with a row a group."""
    volumes = compare_queries.hypervolumes(alike(studies), ranked=options.ranked)
    rows = pd.DataFrame([_row(study, options, volumes.get(study.name)) for study in studies])
    columns = _columns(options, words_of(studies), compare_queries.field_of(studies))
    if not options.epochs:
        rows = rows.drop(columns=[*_OF_TRUTH])
    st.dataframe(
        rows,
        key="comparison",
        hide_index=True,
        height="content",
        column_config={
            **columns,
            "open": ButtonColumn("", key=_OPEN, width=80, pinned=True),
            "study": TextColumn("Study", pinned=True),
            "state": TextColumn("State", width=90),
            "dataset": TextColumn("Data set", width=110),
            "sampler": TextColumn("Sampler", width=80),
            "seed": NumberColumn("Seed", format="%d", width=60, help="Of the sampler, the weights and the images."),
        },
        placeholder="–",
        alt="The studies side by side",
    )
    csv_button(rows.drop(columns="open"), "comparison of studies", "download_comparison")
    if click := st.session_state.get(_OPEN):
        open_study(studies[click["row"]].name)
    several = {name: members for name, members in options.groups.items() if len(members) > 1}
    if several:
        _groups_table(rows.set_index("study"), several, columns)


def _row(study: Compared, options: Options, volume: pd.DataFrame | None) -> dict[str, object]:
    config, scored = study.summary.config, study.scored
    final = pd.Series(dtype=float)
    if not study.no_regret_after(options.epochs):
        curve = compare_queries.regret(study, options.epochs, options.chosen_by, to_reach(study, options))
        final = curve.iloc[-1] if len(curve) else final
    last = scored.iloc[-1] if len(scored) else pd.Series(dtype=float)
    return {
        "open": "Open",
        "study": study.name,
        "state": look(study.summary.run).word,
        "dataset": study.dataset,
        "sampler": config.setup.sampler if config else None,
        "seed": config.setup.seed if config else None,
        "cells": len(scored),
        "trials": study.summary.trials,
        "accuracy": final.get("best_accuracy"),
        "regret": final.get("regret"),
        "hypervolume": volume["hypervolume"].iloc[-1] if volume is not None else None,
        "scoring": last.get("scoring_seconds"),
        "clock": last.get("clock_seconds"),
        "pace": scored["seconds"].median() if len(scored) else None,
    }


def _columns(options: Options, words: Words, field: TruthField) -> dict[str, ColumnConfig]:
    which = f"best by {options.chosen_by}" if options.chosen_by else "most accurate"
    metric = "accuracy" if field.unit == "%" else field.said
    regret = f"Regret ({field.points})" if field.points else "Regret"
    best = f"of the {words.many} that the search allows" if options.reachable else "of the space"
    return {
        "cells": NumberColumn(f"Distinct {words.many}", format="localized", help="Scored, each network once."),
        "trials": NumberColumn(
            "Trials", format="localized", width=70, help=f"Repeats, and {words.many} that cannot be scored, included."
        ),
        "accuracy": NumberColumn(
            field.with_unit("Accuracy" if field.unit == "%" else field.label),
            format="%.2f",
            help=f"True {field.said} of the {which} {words.one} found, after {options.epochs} epochs.",
        ),
        "regret": NumberColumn(regret, format="%.2f", help=f"The best {metric} {best} less that of this {words.one}."),
        "hypervolume": NumberColumn(
            "Hypervolume",
            format="%.3f",
            help="Share of the box of objectives that its front dominates; where objectives are those of the first.",
        ),
        "scoring": NumberColumn(
            "Scoring (s)", format="%.1f", help="Time spent scoring up to the last one, summed over parallel jobs."
        ),
        "clock": NumberColumn(
            "Clock (s)",
            format="%.1f",
            help=f"From the start of the first trial to the last {words.one}; pauses included.",
        ),
        "pace": NumberColumn(f"s {words.a}", format="%.3g", help=f"Median time to score one distinct {words.one}."),
    }


def _groups_table(
    rows: pd.DataFrame, groups: Mapping[str, Sequence[Compared]], columns: Mapping[str, ColumnConfig]
) -> None:
    st.markdown("**Groups of seeds**", help="Medians over the seeds; the quartiles of regret stand beside its median.")
    shown = [name for name in _NUMBERS if name in rows]
    numbers = rows[shown].astype(float)
    records = []
    for name, members in groups.items():
        own = numbers.loc[[study.name for study in members]]
        records.append({"group": name, "seeds": len(members), **own.median().to_dict(), "quartiles": _quartiles(own)})
    after = [name for name in shown if name not in {"cells", "trials", *_OF_TRUTH}]
    before = [name for name in shown if name not in after]
    quartiles = ["quartiles"] if "regret" in shown else []
    table = pd.DataFrame(records)[["group", "seeds", *before, *quartiles, *after]]
    st.dataframe(
        table,
        key="groups_of_seeds",
        hide_index=True,
        height="content",
        column_config={
            **columns,
            "group": TextColumn("Group", pinned=True),
            "seeds": NumberColumn("Seeds", width=60),
            "quartiles": TextColumn("Regret, quartiles"),
        },
        placeholder="–",
        alt="Groups of seeds side by side",
    )
    csv_button(table, "groups of seeds", "download_groups")


def _quartiles(seeds: pd.DataFrame) -> str | None:
    """The quartiles of regret over some seeds; None where it is unknown."""
    if "regret" not in seeds or seeds["regret"].isna().all():
        return None
    low, high = seeds["regret"].quantile(0.25), seeds["regret"].quantile(0.75)
    return f"{low:.2f} … {high:.2f}"
