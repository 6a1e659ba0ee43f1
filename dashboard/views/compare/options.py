"""How studies are compared; every choice stands in the page's link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from backend import proxies
from backend.analysis.repetitions import group_name, seed_groups
from backend.spaces.base import Words
from dashboard.data.compare import Compared, Labels, reachable, words_of
from dashboard.text import plain
from dashboard.widgets.linked import LinkedChoice

MOST_ACCURATE: Final = "accuracy"
LEAST_REGRET: Final = 0.01
"""Percentage points: one of CIFAR-10's 10,000 test images."""

_SEEDS: Final = LinkedChoice("seeds", {"together": "Aggregate", "apart": "Individual"})
_SCALE: Final = LinkedChoice("scale", {"log": "Logarithmic", "linear": "Linear"})
_BEST: Final = LinkedChoice("from", {"space": "The space's best", "allowed": "The best allowed"})
_VOLUME: Final = LinkedChoice("volume", {"ranks": "Ranks", "values": "Values"})
_COLUMNS: Final = {"cells": "architectures", "scoring": "scoring_seconds", "clock": "clock_seconds"}


@dataclass(frozen=True)
class Options:
    """How to compare.

    Attributes:
        epochs: length of the training behind true accuracies; 0 where none is known.
        chosen_by: the proxy that chooses among the architectures found; None takes the most accurate.
        x: column of the horizontal axis: architectures (their number), scoring_seconds or clock_seconds.
        log_regret: whether regret is drawn on a logarithmic axis.
        reachable: whether regret is measured from the best that the search allows, not from that of the space.
        ranked: whether ranks stand for the objectives' values in the hypervolume.
        groups: name of each curve, and the studies in it.
    """

    epochs: int
    chosen_by: str | None
    x: str
    log_regret: bool
    reachable: bool
    ranked: bool
    groups: dict[str, list[Compared]]


def options(studies: Sequence[Compared]) -> Options:
    """The controls above the charts; those of regret only where a study has true accuracies."""
    words = words_of(studies)
    x_axis = LinkedChoice("x", {"cells": f"Distinct {words.many}", "scoring": "Scoring time", "clock": "Clock time"})
    lengths = sorted({epochs for study in studies for epochs in study.epochs}, reverse=True)
    trained = LinkedChoice("epochs", {str(epochs): f"{epochs} epochs" for epochs in lengths}) if lengths else None
    chosen_by = LinkedChoice("chosen", _choosers(studies))
    of_regret = [trained, _SCALE, _BEST, chosen_by] if trained else []
    for choice in (x_axis, _SEEDS, _VOLUME, *of_regret):
        if choice and choice.problem:
            st.warning(plain(choice.problem), icon=":material/link_off:")
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_options"):
        x = x_axis.segments(
            "Against",
            f"What the searches are measured by. Scoring time is the time spent scoring {words.many}, summed over "
            "parallel jobs; clock time runs from the first trial on, pauses of a stopped search included.",
        )
        epochs = trained.segments("Trained for", "Length of the training behind the true accuracies.") if trained else 0
        seeds = _SEEDS.segments(
            "Seeds",
            "Studies of one configuration but the seed: as one curve, the median with quartiles, or each alone.",
        )
        if trained:
            _regret_controls(words)
        volume = _VOLUME.segments(
            "Hypervolume of",
            f"Ranks over the {words.many} of all studies here, or the objectives' own values. A proxy tells which "
            f"{words.one} is better, not by how much, and with values a few outliers can span the whole box.",
        )
        if trained:
            with st.container(width=280):
                chosen_by.dropdown(
                    "Incumbent",
                    f"Of the {words.many} found so far: the most accurate, as if all were trained; or the one that a "
                    "proxy would choose, which is what one gets without training.",
                )
    return Options(
        int(epochs),
        None if chosen_by.value == MOST_ACCURATE else chosen_by.value,
        _COLUMNS[x],
        _SCALE.value == "log",
        _BEST.value == "allowed",
        volume == "ranks",
        _grouped(studies, together=seeds == "together"),
    )


def _regret_controls(words: Words) -> None:
    _SCALE.segments(
        "Regret axis",
        f"A logarithmic axis shows small differences; a regret below {LEAST_REGRET} is drawn at that value.",
    )
    _BEST.segments(
        "Regret from",
        f"The most accurate {words.one} of the whole space, or of the {words.many} that the search itself allows: "
        "where some choices are left out or bounds are kept, the first cannot be reached.",
    )


def to_reach(study: Compared, options: Options) -> Labels:
    """The architectures whose best the regret of a study is measured from; None: those of the whole space."""
    return reachable(study) if options.reachable else None


def _choosers(studies: Sequence[Compared]) -> dict[str, str]:
    """What may choose an architecture: proxies that all studies with a regret recorded."""
    able = [study for study in studies if not study.no_regret]
    shared = [name for name in proxies.available() if able and all(name in study.scored for study in able)]
    return {MOST_ACCURATE: "Most accurate found", **{name: f"Best by {name}" for name in shared}}


def _grouped(studies: Sequence[Compared], *, together: bool) -> dict[str, list[Compared]]:
    by_name = {study.name: study for study in studies}
    configs = {study.name: study.summary.config for study in studies if study.summary.config}
    readable = {name: config for name, config in configs.items() if config}
    groups = seed_groups(readable) if together else [[name] for name in readable]
    named = {group_name(group, groups, readable): [by_name[name] for name in group] for group in groups}
    return named | {study.name: [study] for study in studies if study.name not in readable}
