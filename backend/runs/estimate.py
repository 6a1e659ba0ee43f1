"""How long a search will take: seconds a trial, from searches of this machine or from a short measurement."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import torch
from optuna.trial import TrialState
from sqlalchemy import column, select, table

from backend import proxies
from backend.config.model import SearchConfig
from backend.datasets.info import is_own
from backend.scoring import Scorer
from backend.scoring.side_by_side import jobs_on
from backend.search.problem import SearchProblem
from backend.spaces.building import SpaceFailedError, draw
from backend.storage.database import Database
from backend.storage.optuna_internals.tables import TRIALS
from backend.storage.values import number_in, value_or_words
from backend.studies.summaries import StudySummary
from backend.studies.trials import KNOWN, SECONDS

_NEWEST = 200
_MEASURED, _DRAWS = 4, 200
_LONGEST_MEASUREMENT = 20.0
_TABLE_SECONDS = 0.03
"""A trial on a table of scores: asking the sampler and writing the trial is nearly all of it."""
_ATTRIBUTES = table("trial_user_attributes", column("trial_id"), column("key"), column("value_json"))


@dataclass(frozen=True)
class Pace:
    """Seconds that one distinct architecture takes while nothing else is scored.

    Attributes:
        seconds: for one.
        scored: how many it is the median of; 0 for a rule of thumb.
        source: words for where it is from.
    """

    seconds: float
    scored: int
    source: str

    def total(self, problem: SearchProblem) -> float:
        """Seconds that a whole search takes; its time limit caps them. Parallel jobs share the machine."""
        seconds = self.seconds * problem.asked
        return min(seconds, problem.config.setup.timeout or seconds)


def known_pace(database: Database, config: SearchConfig, summaries: Iterable[StudySummary]) -> Pace | None:
    """The pace of a configuration, from the searches that this machine has done with the same settings.

    Searches that differ in the number of images alone count where there is no other: time grows with the images.

    Args:
        database: with the trials.
        config: of the search to come.
        summaries: the database's studies, the newest first.
    """
    if config.runner.scores != "compute":
        return Pace(_TABLE_SECONDS, 0, "scores come from a table: no network is built")
    alike = [(item.study_id, other) for item in summaries if (other := _searched_here(item)) and _alike(config, other)]
    images, device = config.runner.num_samples, torch.device("cuda" if _on_gpu(config) else "cpu")
    same = [(study_id, other) for study_id, other in alike if other.runner.num_samples == images]
    values = [
        seconds / jobs_on(other.setup.n_jobs, device) * images / other.runner.num_samples
        for study_id, other in same or alike
        for seconds in _seconds(database, study_id)
    ][:_NEWEST]
    if not values:
        return None
    drawn_out = "" if same else f", extrapolated to {images} images"
    return Pace(
        median(values),
        len(values),
        f"median of {config.space.words.count(len(values))} scored on this machine{drawn_out}",
    )


def measure_pace(config: SearchConfig) -> Pace:
    """Score a few architectures of the space and take their time: seconds, up to some twenty.

    Raises:
        UserError: images or device are not there, or no network of the space can be scored.
    """
    space = config.space
    scorer = Scorer(
        config.dataset,
        config.proxy_names,
        batch_size=config.runner.num_samples,
        device=config.runner.device,
        image_source=config.runner.images,
        split=config.split,
        space=space,
    )
    begun, taken = time.perf_counter(), []
    failure: Exception | None = None
    for architecture in draw(space, _DRAWS):
        start = time.perf_counter()
        try:
            scorer.score(architecture)
        except Exception as error:  # noqa: BLE001 - a user's space may fail for some, and a search passes over these
            failure = error
        else:
            taken.append(time.perf_counter() - start)
        if len(taken) == _MEASURED or time.perf_counter() - begun > _LONGEST_MEASUREMENT:
            break
    if failure and not taken:
        raise SpaceFailedError(space, failure)
    # The first one also warms the libraries up.
    counted = taken[1:] or taken
    return Pace(median(counted), len(counted), f"measured on {space.words.count(len(counted))}")


def _searched_here(item: StudySummary) -> SearchConfig | None:
    here = item.run is not None and item.run.host == socket.gethostname()
    return item.config if here else None


def _alike(config: SearchConfig, other: SearchConfig) -> bool:
    return other.runner.scores == "compute" and _cost(config) == _cost(other)


def _cost(config: SearchConfig) -> tuple[object, ...]:
    """What the time of one trial depends on, beside the number of images."""
    own = config.runner.images if is_own(config.runner.images) else ""
    small = config.dataset.startswith("ImageNet")
    names = frozenset(name for name in config.proxy_names if not proxies.get(name).literal)
    return own, small, names, config.search_space.scale(), _on_gpu(config)


def _on_gpu(config: SearchConfig) -> bool:
    return config.runner.device != "cpu" and torch.cuda.is_available()


def _seconds(database: Database, study_id: int) -> list[float]:
    """How long each of a study's newest completed trials took whose scores were not known before."""
    done = select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id, TRIALS.c.state == TrialState.COMPLETE)
    done = done.order_by(TRIALS.c.trial_id.desc()).limit(_NEWEST)
    query = select(_ATTRIBUTES.c.trial_id, _ATTRIBUTES.c.key, _ATTRIBUTES.c.value_json)
    query = query.where(_ATTRIBUTES.c.trial_id.in_(done), _ATTRIBUTES.c.key.in_((SECONDS, KNOWN)))
    with database.engine.connect() as connection:
        rows = connection.execute(query).all()
    known = {trial for trial, key, _ in rows if key == KNOWN}
    recorded = [number_in(value_or_words(text)) for trial, key, text in rows if key == SECONDS and trial not in known]
    return [seconds for seconds in recorded if seconds is not None and 0 <= seconds < math.inf]
