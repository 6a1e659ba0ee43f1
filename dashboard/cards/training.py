"""The curves of the architectures that are trained here, as a card."""

from __future__ import annotations

from collections.abc import Sequence

from backend.spaces.base import Words
from backend.studies.trainings import Training
from dashboard.cards.base import Card
from dashboard.data import trainings as training_queries
from dashboard.figures.training_curves import training_curves


def curves_card(found: Sequence[Training], words: Words) -> Card:
    """Held-out accuracy by epoch of each architecture that has done one.

    Args:
        found: the trainings of a study.
        words: what its space calls architectures.
    """
    key, title = "training_curves", "Training curves"
    frame = training_queries.curves(found)
    if frame.empty:
        return Card.missing(key, title, "No epoch is done yet.")
    own = sorted({item.recipe.function for item in found if item.recipe and item.recipe.function})
    axis = f"What {', '.join(own)} reports" if own else "Held-out accuracy (%)"
    said = (
        f"{axis} by epoch, a line a trained {words.one}. What counts is the value after the last epoch, not the best "
        "one: to choose the best epoch would take the held-out images for training."
    )
    return Card(key, title, said, training_curves(frame, axis), frame)
