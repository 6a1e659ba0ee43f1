"""Queues the training of a study's recommended architectures, here or in a process of its own, and stops it."""

from __future__ import annotations

from dataclasses import dataclass

import optuna
from pydantic import ValidationError

from backend.config.model import SearchConfig
from backend.datasets.batch import available_images
from backend.ensembles.recommendation import LENGTH
from backend.errors import UserError
from backend.runs import queue, queueing
from backend.search.results import study_recommendation
from backend.storage import audit
from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies import trainings
from backend.studies.catalog import load_study, study_config
from backend.studies.recipes import Recipe, first_problem
from backend.studies.trials import trials_frame
from backend.training.own import own_training

MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Request:
    """What is to be trained, and how.

    Attributes:
        top: how many of the recommended architectures, the first ones.
        epochs: of each.
        seed: of weights, order and augmentation.
        batch_size: examples of a mini-batch; None takes the recipe's default.
        learning_rate: at the beginning; None takes the recipe's default.
        images: to train on; None takes the study's.
        augment: whether images are shifted and mirrored.
        default: take the default recipe, also where a training function of the user's own is named.
    """

    top: int = 5
    epochs: int = 20
    seed: int = 0
    batch_size: int | None = None
    learning_rate: float | None = None
    images: str | None = None
    augment: bool = True
    default: bool = False


def queue_trainings(database: Database, name: str, request: Request) -> list[int]:
    """Check all that can be checked, then queue the trainings; those that are finished stay as they are.

    Returns:
        Their ids, the first to be trained first.

    Raises:
        UserError: no such study, its space or data are not here, nothing is recommended, or the request is not valid.
    """
    study = load_study(database, name)
    config = _config_of(study)
    recipe = recipe_of(config, request)
    if request.top < 1:
        raise UserError(f"--top: {request.top} is not valid; give 1 or more")
    if not 0 <= request.seed <= MOST_SEED:
        raise UserError(f"--seed: {request.seed} is not valid; give 0 to {MOST_SEED}")
    _check_images(recipe)
    space = config.space
    listed = study_recommendation(trials_frame(study), config, max(request.top, LENGTH))
    if listed.empty:
        raise UserError(f"training: {name!r} has no {space.words.one} with known scores yet, so none is recommended")
    chosen = [space.at(label) for label in listed.index[: request.top]]
    ids = trainings.add(
        database, study_id_of(study), recipe, request.seed, {item.key: item.class_key for item in chosen}
    )
    audit.record(database, "train", name, f"{len(ids)} {space.words.many}, {recipe.words}, seed {request.seed}")
    return ids


def recipe_of(config: SearchConfig, request: Request) -> Recipe:
    """The recipe of a request: the default one, or that of the training function that the user names.

    Raises:
        UserError: a value is not valid, or the function does not load.
    """
    own = None if request.default else own_training()
    values = {
        "dataset": config.dataset,
        "images": request.images or config.runner.images,
        "epochs": request.epochs,
        "augment": request.augment,
        **{
            key: value
            for key, value in (("batch_size", request.batch_size), ("learning_rate", request.learning_rate))
            if value is not None
        },
        **({"function": own.name, "code": own.code} if own else {}),
    }
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise UserError(f"training: {first_problem(error)}") from None


def launch(database: Database, name: str, request: Request) -> list[int]:
    """Queue trainings on this machine, and see that a process does them in their turn; it outlives this one.

    Raises:
        UserError: as :func:`queue_trainings`; then nothing was queued.
    """
    ids = queue_trainings(database, name, request)
    queue.add(database, study_id_of(load_study(database, name)), "training")
    queueing.start_worker(database)
    return ids


def stop(database: Database, name: str) -> str:
    """Stop the trainings of a study: those that wait at once, one that runs after its mini-batch.

    Returns:
        What becomes of them, in words.

    Raises:
        UserError: no such study, or nothing of it is trained.
    """
    study_id = study_id_of(load_study(database, name))
    count = trainings.request_stop(database, study_id)
    if not count:
        raise UserError(f"study: {name!r} has no training to stop")
    queue.leave(database, study_id, "training")
    audit.record(database, "stop", name, "training")
    return f"stopping {count} training{'' if count == 1 else 's'}; each goes on from its last checkpoint"


def _config_of(study: optuna.Study) -> SearchConfig:
    config = study_config(study)
    if config is None:
        said = "was made elsewhere: it names no architectures that could be trained"
        raise UserError(f"study: {study.study_name!r} {said}")
    return config


def _check_images(recipe: Recipe) -> None:
    """Raise UserError where this machine has no images of a recipe."""
    if recipe.images == "random":
        raise UserError(
            "training: the study scores noise (images = 'random'), which has no labels to learn; name images"
        )
    available_images(recipe.dataset, recipe.images, "train")
