"""The pace of a search, and the time that is left."""

from datetime import UTC, datetime

import pandas as pd

from backend.studies.runs import Run

_RECENT = 20


def elapsed(run: Run, now: datetime | None = None) -> float | None:
    """Seconds since the run began, up to its end; None before it began."""
    if run.started is None:
        return None
    until = run.ended if run.ended and not run.active else now or datetime.now(UTC)
    return max(0.0, (until - run.started).total_seconds())


def seconds_left(run: Run, frame: pd.DataFrame, timeout: float | None, now: datetime | None = None) -> float | None:
    """Seconds until an active run is done, by the pace of its last distinct architectures; None while that is unknown.

    Args:
        run: its present state.
        frame: the study's trials.
        timeout: the run's time limit in seconds, which caps the answer.
        now: the present, if not the clock's.
    """
    if not run.active or run.started is None:
        return None
    pace = _seconds_each(frame)
    if pace is None:
        return None
    left = pace * max(0, run.asked - run.done)
    spent = elapsed(run, now) or 0.0
    return left if timeout is None else max(0.0, min(left, timeout - spent))


def _seconds_each(frame: pd.DataFrame) -> float | None:
    """Wall time between the ends of the last distinct architectures: repeats and parallel jobs are accounted for."""
    ends = frame.loc[frame["state"] == "complete", "finished"].dropna().sort_values().tail(_RECENT + 1)
    if len(ends) < 2:
        return None
    return float((ends.iloc[-1] - ends.iloc[0]).total_seconds() / (len(ends) - 1))
