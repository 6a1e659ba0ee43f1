"""How long a search will take: seconds a trial, from searches of this machine or from a short measurement."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import torch
from optuna.trial import TrialState
from sqlalchemy import column, select, table

from backend import proxies
from backend.config.model import SearchConfig
from backend.datasets.info import is_own
from backend.runs.measured import Measurement, measure
from backend.scoring.side_by_side import jobs_on
from backend.search.problem import SearchProblem
from backend.storage.database import Database
from backend.storage.optuna_internals.tables import TRIALS
from backend.storage.values import number_in, value_or_words
from backend.studies.summaries import StudySummary
from backend.studies.trials import KNOWN, SECONDS

_NEWEST = 200
_TABLE_SECONDS = 0.03
"""A trial on a table of scores: asking the sampler and writing the trial is nearly all of it."""
_ATTRIBUTES = table("trial_user_attributes", column("trial_id"), column("key"), column("value_json"))


@dataclass(frozen=True)
class Pace:
    """Seconds that one distinct architecture takes while nothing else is scored but what its search scores beside it.

    Attributes:
        seconds: of the search for one: the time that each takes, by the number of those scored at once.
        scored: how many it is the median of; 0 for a rule of thumb.
        source: words for where it is from.
        jobs: how many are scored at once.
        is_same: whether it is of the same settings, not worked out from others.
    """

    seconds: float
    scored: int
    source: str
    jobs: int = 1
    is_same: bool = True

    def total(self, problem: SearchProblem) -> float:
        """Seconds that a whole search takes; its time limit caps them. The last ones take as long as any."""
        seconds = self.seconds * max(problem.asked, self.jobs)
        return min(seconds, problem.config.setup.timeout or seconds)


def known_pace(database: Database, config: SearchConfig, summaries: Iterable[StudySummary]) -> Pace | None:
    """The pace of a configuration, from the searches that this machine has done with the same settings.

    Searches that scored another number at once count where there is no other, and so do those that differ in the number
    of images alone: time grows with the images.

    Args:
        database: with the trials.
        config: of the search to come.
        summaries: the database's studies, the newest first.
    """
    if config.runner.scores != "compute":
        return Pace(_TABLE_SECONDS, 0, "scores come from a table: no network is built")
    alike = [(item.study_id, other) for item in summaries if (other := _searched_here(item)) and _alike(config, other)]
    images, device = config.runner.num_samples, torch.device("cuda" if _on_gpu(config) else "cpu")
    jobs = jobs_on(config.setup.n_jobs, device)
    settings = [(other.runner.num_samples, jobs_on(other.setup.n_jobs, device)) for _, other in alike]
    # Of each kind of settings the newest; those with as many images first, then those with as many at once.
    for count, at_once in sorted(dict.fromkeys(settings), key=lambda found: (found[0] != images, found[1] != jobs)):
        studies = [study for (study, _), setting in zip(alike, settings, strict=True) if setting == (count, at_once)]
        values = [seconds for study in studies for seconds in _seconds(database, study)][:_NEWEST]
        if values:
            many, drawn_out = config.space.words.count(len(values)), f", extrapolated to {images} images"
            return Pace(
                median(values) / at_once * images / count,
                len(values),
                f"median of {many} scored on this machine{_at_once(at_once)}"
                f"{f' (this search: {jobs})' if at_once != jobs else ''}{drawn_out if count != images else ''}",
                jobs,
                (count, at_once) == (images, jobs),
            )
    return None


def measured_pace(config: SearchConfig, found: Measurement) -> Pace | None:
    """The pace that was measured, or that follows for the proxies of a configuration from what each adds.

    Args:
        config: of the search to come.
        found: of the same settings, whatever its proxies.

    Returns:
        None where a proxy of the configuration was not measured.
    """
    seconds = found.seconds_of(config.proxy_names)
    if seconds is None:
        return None
    is_same = set(config.proxy_names) == set(found.proxies)
    many, worked_out = config.space.words.count(found.scored), "" if is_same else ", with other proxies"
    gain = f", {found.gain:.1f} times as fast as one at a time" if found.jobs > 1 else ""
    source = f"measured on {many}{worked_out}{_at_once(found.jobs)}{gain}"
    return Pace(seconds, found.scored, source, found.jobs, is_same)


def measure_pace(config: SearchConfig) -> Pace:
    """Measure the pace of a configuration, and keep it: seconds, up to some forty.

    Raises:
        UserError: images or device are not there, or no network of the space can be scored.
        StorageError: nothing can be written to the storage folder.
    """
    pace = measured_pace(config, measure(config))
    assert pace is not None, "measured with these proxies"
    return pace


def _at_once(jobs: int) -> str:
    return f", {jobs} at once" if jobs > 1 else ""


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
