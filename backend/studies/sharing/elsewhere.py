"""A run and its trials as a copy of the study tells of them: no process has the copy in work."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from optuna.trial import TrialState

from backend.studies import runs
from backend.studies.tables import runs as runs_table

_OF_PROCESSES = ("host", "machine", "pid", "process_started")


def run_elsewhere(
    row: Mapping[str, Any], words: Callable[[str], str] = str, *, live: bool = True
) -> tuple[dict[str, Any], runs.Run]:
    """A row of the table of runs for a copy; one that is active here has stopped there.

    Args:
        row: as it is stored.
        words: what is done to its texts.
        live: whether its process can be looked for; in a file the row says all that is known.

    Returns:
        The row of the copy, and the run that it tells of.
    """
    all_columns = dict.fromkeys(runs_table.columns.keys())
    process = {} if live else dict.fromkeys(_OF_PROCESSES)
    run = runs.to_run({**all_columns, **row, **process})
    copied = {**row, **dict.fromkeys(_OF_PROCESSES), "state": run.state, "message": words(run.message)}
    if copied.get("images"):
        copied["images"] = words(copied["images"])
    if run.active:
        how = "waited for its turn" if run.state == "queued" else "was still running"
        copied["state"] = "stopped"
        copied["message"] = f"it {how} where it was copied from, with {run.done} of {run.asked} done"
        copied["ended"] = _now()
    return copied, runs.to_run({**all_columns, **copied})


def trial_elsewhere(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table of trials for a copy: one in work fails, since nobody would ever end it there."""
    if row["state"] != TrialState.RUNNING:
        return dict(row)
    return {**row, "state": TrialState.FAIL, "datetime_complete": _now()}


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
