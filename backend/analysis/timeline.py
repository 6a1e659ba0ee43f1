"""When a search scored its distinct cells: by their number, by the time of scoring, and by the clock."""

from __future__ import annotations

import pandas as pd

_IDENTITY = ["arch", "C", "N"]


def timeline(frame: pd.DataFrame) -> pd.DataFrame:
    """The distinct scored cells of a study in the order in which they were done.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it; of a study made elsewhere every completed trial counts.

    Returns:
        The rows of these cells with three more columns: cells (1, 2, …), scoring_seconds (time spent scoring so far,
        that of repeated and failed trials included; the sum over parallel jobs) and clock_seconds (since the first
        trial began, pauses included).
    """
    done = frame.sort_values(["finished", "number"], na_position="last", ignore_index=True)
    begins = done["finished"] - pd.to_timedelta(done["seconds"].fillna(0), unit="s")
    done = done.assign(
        scoring_seconds=done["seconds"].fillna(0).cumsum(),
        clock_seconds=(done["finished"] - begins.min()).dt.total_seconds(),
    )
    cells = done[done["state"] == "complete"]
    if "arch" in cells:
        cells = cells.drop_duplicates(_IDENTITY)
    return cells.assign(cells=range(1, len(cells) + 1)).reset_index(drop=True)
