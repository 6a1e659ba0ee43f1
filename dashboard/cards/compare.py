"""The charts of the page "Compare": how searches progress, a curve a study or group of seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from backend.analysis.repetitions import median_band
from backend.spaces.base import Words
from dashboard.cards.base import Card
from dashboard.data.compare import Compared
from dashboard.figures.search_curves import Curve, search_curves

_IDENTITY = ("architectures", "scoring_seconds", "clock_seconds", "number")
_OF_REGRET = ("index", "best_accuracy")
_UNITS = ((7200.0, 3600.0, "h"), (600.0, 60.0, "min"), (0.0, 1.0, "s"))


def curves_card(
    frames: Mapping[str, pd.DataFrame],
    groups: Mapping[str, Sequence[Compared]],
    *,
    x: str,
    column: str,
    axis: str,
    words: Words,
    baseline: Curve | None = None,
    log_floor: float | None = None,
) -> Card:
    """A step curve a study, or the median of a group of seeds with its quartiles.

    Args:
        frames: of each study, by name: a row a distinct architecture, with the columns ``x`` and ``column``.
        groups: name of each curve, and the studies in it.
        x: "architectures" (their number), "scoring_seconds" or "clock_seconds".
        column: "regret" or "hypervolume".
        axis: title of the vertical axis.
        words: what the architectures are called.
        baseline: such as random search.
        log_floor: makes the vertical axis logarithmic; what is lower stands at this value.
    """
    longest = max((float(frame[x].max()) for frame in frames.values() if len(frame)), default=0.0)
    divisor, x_title = _axis(x, longest, words)
    curves = []
    for name, members in groups.items():
        steps = [
            pd.Series(frame[column].to_numpy(), index=frame[x].to_numpy() / divisor)
            for study in members
            if len(frame := frames.get(study.name, pd.DataFrame()))
        ]
        if steps:
            curves.append(Curve(name, median_band(steps), len(steps)))
    return Card(
        f"{column}_chart",
        column.capitalize(),
        f"{axis} against {x_title.lower()}, a line a study or group of seeds",
        search_curves(curves, x_title, axis, baseline=baseline, log_floor=log_floor),
        _long(frames, groups, column),
    )


def _axis(x: str, longest: float, words: Words) -> tuple[float, str]:
    """What to divide the axis by, and its title."""
    if x == "architectures":
        return 1.0, f"Distinct {words.many} scored"
    divisor, unit = next((divisor, unit) for least, divisor, unit in _UNITS if longest >= least)
    return divisor, f"{'Time spent scoring' if x == 'scoring_seconds' else 'Time since the first trial began'} ({unit})"


def _long(frames: Mapping[str, pd.DataFrame], groups: Mapping[str, Sequence[Compared]], column: str) -> pd.DataFrame:
    """The curves' points, a row each."""
    group_of = {study.name: name for name, members in groups.items() for study in members}
    wanted = (*_IDENTITY, *(_OF_REGRET if column == "regret" else ()), column)
    parts = [
        frame[[name for name in wanted if name in frame]].assign(study=name, group=group_of[name])
        for name, frame in frames.items()
    ]
    return pd.concat(parts, ignore_index=True)
