"""A study as a page shows it: a snapshot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from backend.studies import StudySummary
from backend.studies.runs import Run
from dashboard.data import queries
from dashboard.data.axes import Axes, axes_of
from dashboard.data.cache import Made, kept


@dataclass(frozen=True)
class Shown:
    """A study as a page shows it.

    Attributes:
        summary: of the study.
        run: its state; None for an external study.
        key: of the trials.
        frame: its trials.
        axes: what charts can show.
    """

    summary: StudySummary
    run: Run | None
    key: queries.Key
    frame: pd.DataFrame
    axes: Axes

    @property
    def active(self) -> bool:
        """Whether trials are still to come."""
        return bool(self.run and self.run.active)

    def kept(self, what: str, choices: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        """What is made of these trials, as ``dashboard.data.cache.kept`` keeps it."""
        return kept(self.key, what, choices, make)


def shown_now(summary: StudySummary, run: Run | None) -> Shown:
    """The study with the trials that it has now."""
    key, frame = queries.reading(summary)
    return Shown(summary, run, key, frame, kept(key, "axes", (), lambda: axes_of(summary, frame)))
