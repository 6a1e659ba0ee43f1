"""What pages read of the architectures that are trained here."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from backend.spaces.base import SearchSpace
from backend.studies import StudySummary
from backend.studies import trainings as records
from backend.studies.trainings import Training
from backend.training.measured import measured_space
from dashboard.server import session


def trainings(summary: StudySummary) -> list[Training]:
    """The trainings of a study, as they are now, in the order in which they were asked for."""
    return records.read_trainings(session.database(), summary.study_id)


def space_measured_here(summary: StudySummary) -> SearchSpace | None:
    """The study's space with what was measured here as its truth; None where nothing was, or it is not installed."""
    return measured_space(summary.space, trainings(summary)) if summary.space else None


def table(found: Sequence[Training]) -> pd.DataFrame:
    """Trainings, one a row.

    Returns:
        Columns architecture, state, progress (epochs done), accuracy (%), seconds, seed, recipe, device and message.
    """
    return pd.DataFrame(
        {
            "architecture": [item.architecture for item in found],
            "state": [item.state for item in found],
            "progress": [f"{item.done:,} of {item.epochs:,}" for item in found],
            "accuracy": [item.value for item in found],
            "seconds": [item.seconds for item in found],
            "seed": [item.seed for item in found],
            "recipe": [item.recipe.words if item.recipe else "" for item in found],
            "device": [item.device or "" for item in found],
            "message": [item.message for item in found],
        }
    )


def curves(found: Sequence[Training]) -> pd.DataFrame:
    """The curves of trainings, one row an epoch.

    Returns:
        Columns training (what its line is called: the architecture and, where there are several, seed and epochs),
        epoch (from 1), accuracy (%), loss and seconds.
    """
    several = len({(item.seed, item.digest) for item in found}) > 1
    rows = []
    for item in found:
        name = f"{item.architecture}, seed {item.seed}, {item.epochs} epochs" if several else item.architecture
        for number, epoch in enumerate(item.curve, start=1):
            rows.append((name, number, epoch.accuracy, epoch.loss, epoch.seconds))
    return pd.DataFrame(rows, columns=["training", "epoch", "accuracy", "loss", "seconds"])
