"""The curves: regret and hypervolume of each study, or of each group of seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from backend.analysis.hypervolume import EXACT_OBJECTIVES
from backend.analysis.random_hypervolume import searches
from backend.spaces.truth_tasks import TruthField
from dashboard.cards.compare import curves_card
from dashboard.data import compare as compare_queries
from dashboard.data.compare import Compared, Space, alike, words_of
from dashboard.data.quantities import label
from dashboard.figures.numbers import readable
from dashboard.figures.search_curves import Curve
from dashboard.text import plain
from dashboard.views.compare.options import LEAST_REGRET, Options, to_reach
from dashboard.widgets.charts import show

_RANDOM = "random search"


def regret_section(studies: Sequence[Compared], options: Options) -> None:
    """How far the incumbent is from the best of the space."""
    st.subheader("Regret", anchor="regret")
    reasons = {study.name: study.no_regret_after(options.epochs) for study in studies}
    _left_out([(name, why) for name, why in reasons.items() if why])
    able = [study for study in studies if not reasons[study.name]]
    if not able:
        return
    frames = {
        study.name: compare_queries.regret(study, options.epochs, options.chosen_by, to_reach(study, options))
        for study in able
    }
    st.caption(_regret_words(able, options))
    _show(
        frames,
        options,
        "regret",
        _regret_axis(compare_queries.field_of(able)),
        baseline=_baseline(able, frames, options),
    )


def hypervolume_section(studies: Sequence[Compared], options: Options) -> None:
    """How much of the space of the objectives the front of each study dominates."""
    st.subheader("Hypervolume", anchor="hypervolume")
    drawn = alike(studies)
    _left_out([(study.name, _no_volume(study, drawn)) for study in studies if study not in drawn])
    if not drawn:
        return
    space = compare_queries.space_of(drawn)
    st.caption(_hypervolume_words(drawn[0], space, options))
    volumes = compare_queries.hypervolumes(drawn, ranked=options.ranked)
    most = max((int(frame["architectures"].max()) for frame in volumes.values() if len(frame)), default=0)
    random = None
    if space.values is not None and options.x == "architectures" and most:
        random = Curve(_RANDOM, compare_queries.random_hypervolumes(drawn, most, ranked=options.ranked), 2)
    _show(volumes, options, "hypervolume", "Hypervolume (share of the box)", baseline=random)


def _show(
    frames: Mapping[str, pd.DataFrame], options: Options, column: str, axis: str, *, baseline: Curve | None = None
) -> None:
    compared = [study for members in options.groups.values() for study in members]
    card = curves_card(
        frames,
        options.groups,
        x=options.x,
        column=column,
        axis=axis,
        words=words_of(compared),
        baseline=baseline,
        log_floor=LEAST_REGRET if options.log_regret and column == "regret" else None,
    )
    show(card, f"{column} of {len(frames)} studies")


def _baseline(able: Sequence[Compared], frames: Mapping[str, pd.DataFrame], options: Options) -> Curve | None:
    """Random search, where it can be compared: by number of architectures, in one space and on one data set."""
    aims = {(study.space, study.trained_on, to_reach(study, options)) for study in able}
    ((space, dataset, within), *more) = aims
    if options.x != "architectures" or options.chosen_by or more or dataset is None or space is None:
        return None
    most = max((int(frame["architectures"].max()) for frame in frames.values() if len(frame)), default=0)
    if not most:
        return None
    return Curve(_RANDOM, compare_queries.random_regret(space, dataset, options.epochs, most, within), 2)


def _left_out(reasons: Sequence[tuple[str, str]]) -> None:
    """Say which studies are not drawn, and why; those with one reason together."""
    if not reasons:
        return
    by_reason: dict[str, list[str]] = {}
    for name, why in reasons:
        by_reason.setdefault(why, []).append(f"**{plain(name)}**")
    lines = [f"- {', '.join(names)}{':' if len(names) > 1 else ''} {plain(why)}." for why, names in by_reason.items()]
    st.info("Not drawn here:\n" + "\n".join(lines), icon=":material/info:")


def _regret_words(able: Sequence[Compared], options: Options) -> str:
    which = f"best by {plain(options.chosen_by)}" if options.chosen_by else "most accurate"
    words, field = words_of(able), compare_queries.field_of(able)
    aims = dict.fromkeys((study.space, study.trained_on, to_reach(study, options)) for study in able)
    bests = [
        f"{readable(compare_queries.optimum(space, name, options.epochs, within), field.unit)} on {name}"
        for space, name, within in aims
        if space and name
    ]
    where = f"the {words.many} that each search allows" if options.reachable else "the space"
    text = (
        f"The best true {field.said} of {where} after {options.epochs} epochs ({' and '.join(sorted(set(bests)))}) "
        f"less that of the {which} {words.one} found so far. Lower is better. Bands are quartiles."
    )
    if len(aims) > 1:
        text += f" The studies {_differ(able, options)}: each is measured by the best of its own."
    elif options.x == "architectures" and not options.chosen_by:
        drawn = f"these {words.many}" if options.reachable else "the whole space"
        text += f" Random search over {drawn} is exact, not simulated."
    return text


def _regret_axis(field: TruthField) -> str:
    """The title of the axis of regrets."""
    unit = "percentage points" if field.unit == "%" else field.unit
    return f"Regret ({unit})" if unit else f"Regret ({field.label})"


def _differ(able: Sequence[Compared], options: Options) -> str:
    if len({study.summary.space_name for study in able}) > 1:
        return "search several spaces"
    return "differ in the data set or in what they allow" if options.reachable else "are on several data sets"


def _hypervolume_words(study: Compared, space: Space, options: Options) -> str:
    goals = ", ".join(
        f"{'higher' if way == 'maximize' else 'lower'} {label(name)}" for name, way in study.objectives.items()
    )
    kind = "rank" if options.ranked else "value"
    over = (
        "studies drawn here"
        if space.values is None
        else f"{study.words.count(len(space.values))} that the searches allow"
    )
    text = (
        f"Objectives: {plain(goals)}. The box lies between the worst and the best {kind} of each objective over the "
        f"{over}; its share that a study's front dominates is its hypervolume. Higher is better."
    )
    if len(study.objectives) > EXACT_OBJECTIVES:
        text += f" Approximated: with more than {EXACT_OBJECTIVES} objectives the exact volume takes minutes."
    if space.values is None:
        return f"{text} No band of random search ({plain(space.why_not)})."
    if options.x == "architectures":
        text += f" Random search: the median and the quartiles of {searches(len(study.objectives))} simulated ones."
    return text


def _no_volume(study: Compared, drawn: Sequence[Compared]) -> str:
    """Why a study's hypervolume is not among those drawn."""
    if study.no_volume:
        return study.no_volume
    first = drawn[0]
    if set(study.objectives.items()) != set(first.objectives.items()):
        return f"optimises other quantities ({_goals(study)}) than {first.name} ({_goals(first)})"
    if study.summary.space_name != first.summary.space_name:
        return f"searches {_searched(study)}, {first.name} {_searched(first)}"
    if study.dataset != first.dataset:
        return f"is on {study.dataset or 'an unknown data set'}, {first.name} on {first.dataset or 'an unknown one'}"
    return f"adds its metrics with other weights than {first.name}"


def _searched(study: Compared) -> str:
    return study.space.title if study.space else study.summary.space_name or "no search space"


def _goals(study: Compared) -> str:
    return ", ".join(f"{way} {label(name)}" for name, way in study.objectives.items())
