"""Finished trainings of a study, recorded as a process records them."""

from collections.abc import Mapping

from backend.storage.database import Database
from backend.studies import load_study, trainings
from backend.studies.recipes import Epoch, Recipe

RECIPE = Recipe(dataset="cifar10", epochs=2)


def record(
    database: Database, study: str, accuracies: Mapping[str, float], class_keys: Mapping[str, str], seed: int = 0
) -> None:
    """Record accuracies (%) by key, after two epochs each.

    Args:
        database: where the study is.
        study: its name.
        accuracies: by key of the architecture.
        class_keys: likewise.
        seed: of the trainings.
    """
    study_id = load_study(database, study)._study_id
    trainings.add(database, study_id, RECIPE, seed, {key: class_keys[key] for key in accuracies})
    while training := trainings.claim(database, study_id):
        value = accuracies[training.architecture]
        trainings.describe(database, training.id, device="cpu", split="8 examples trained on, 2 held out: some.")
        trainings.record_curve(database, training.id, [Epoch(2.0, value - 5, 1.5), Epoch(1.0, value, 1.5)])
        trainings.finish(database, training.id, value, 3.0)
