"""Measures one candidate: its scores, from networks or a table, hardware metrics and true accuracies."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pandas as pd
import torch
from sqlalchemy import Engine

from backend import proxies
from backend.scoring import Scorer
from backend.scoring.scorer import setting_of
from backend.scoring.side_by_side import jobs_on
from backend.scoring.tables import ScoreTable
from backend.search.problem import SearchProblem, configured_table
from backend.search.score_store import ScoreStore
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import HasTruth, capability

if TYPE_CHECKING:
    from backend.ensembles.fitting import Ensemble


@dataclass(frozen=True)
class Scores:
    """Scores of one candidate by proxy, NaN where one failed; ``computed`` tells whether a network was built."""

    values: dict[str, float]
    computed: bool


class ScoreSource(Protocol):
    """Gives scores of architectures; safe with several threads.

    Attributes:
        device: words for where scores are computed.
        images: one sentence that says which images they are computed on.
        digest: of these images, the seed and the classes; "" of a table.
        instant: whether scores are looked up, so that nobody sees a trial run.
        jobs: how many architectures it is asked for at once.
    """

    device: str
    images: str
    digest: str
    instant: bool
    jobs: int

    def scores(self, architecture: Architecture, names: Sequence[str]) -> Scores:
        """Scores of an architecture that can be scored."""


def open_scores(problem: SearchProblem, engine: Engine) -> ScoreSource:
    """The source that a search names.

    Args:
        problem: its ``scores`` says which source; data set, images, seed and device are the engine's.
        engine: the study database's, where the score store is.

    Raises:
        UserError: there is no such table, or it lacks a proxy.
    """
    table = configured_table(problem.config)
    return ComputedScores(problem, engine) if table is None else TableScores(table, problem.space)


class ComputedScores:
    """Scores from the store, and from the engine where the store has none.

    Args:
        problem: space, data set, proxies, images, seed and device.
        engine: the study database's.
    """

    instant = False

    def __init__(self, problem: SearchProblem, engine: Engine) -> None:
        config = problem.config
        self._store, self._space = ScoreStore(engine), problem.space
        self._scorer = Scorer(
            config.dataset,
            config.proxy_names,
            batch_size=config.runner.num_samples,
            seed=config.setup.seed,
            device=config.runner.device,
            image_source=config.runner.images,
            split=config.split,
            space=problem.space,
        )
        self.jobs = jobs_on(config.setup.n_jobs, self._scorer.device)
        self._setting = setting_of(self._scorer.batch, config.setup.seed)
        self.device = describe_device(self._scorer.device)
        self.images, self.digest = self._scorer.batch.description, self._setting

    def scores(self, architecture: Architecture, names: Sequence[str]) -> Scores:
        """See :class:`ScoreSource`."""
        key = self._setting, self._space.name, self._space.version, architecture.class_key
        known = self._store.get(*key, names)
        missing = [name for name in names if name not in known]
        if missing:
            fresh = self._scorer.score(architecture, missing)
            self._store.put(*key, fresh)
            known |= fresh
        return Scores(known, computed=any(not proxies.get(name).literal for name in missing))


class TableScores:
    """Scores from a table of the whole space: no network is built."""

    instant, digest, jobs = True, "", 1

    def __init__(self, table: ScoreTable, space: SearchSpace) -> None:
        self._space = space
        self._columns = {str(name): table.scores[name].to_numpy() for name in table.scores}
        self.device = "none: scores come from a table"
        self.images = (
            f"{table.provenance.images} Seed {table.provenance.seed}; scored before, on {table.provenance.machine}."
        )

    def scores(self, architecture: Architecture, names: Sequence[str]) -> Scores:
        """See :class:`ScoreSource`."""
        row = int(self._space.label(architecture))
        return Scores({name: float(self._columns[name][row]) for name in names}, computed=False)


def describe_device(device: torch.device) -> str:
    """Words for a device: its name, and the threads of a CPU."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu ({threads} thread{'' if threads == 1 else 's'})"
    return str(device)


@dataclass(frozen=True)
class Measurement:
    """What is known of a candidate: metrics are NaN where a proxy failed or a device was not measured.

    ``truth`` is None of what was not trained.
    """

    software: dict[str, float]
    hardware: dict[str, float]
    truth: Mapping[str, Mapping[str, float | None]] | None
    seconds: float
    computed: bool

    @property
    def metrics(self) -> dict[str, float]:
        """Software and hardware metrics together."""
        return {**self.software, **self.hardware}


class Measurer:
    """Measures candidates as a search says.

    Args:
        problem: which proxies and hardware metrics.
        source: where scores come from.
        ensembles: by metric, those that the search names.
    """

    def __init__(
        self, problem: SearchProblem, source: ScoreSource, ensembles: Mapping[str, Ensemble] | None = None
    ) -> None:
        self._problem, self._source, self._ensembles = problem, source, ensembles or {}
        self._truth = capability(problem.space, HasTruth)

    @property
    def jobs(self) -> int:
        """How many candidates are measured at once."""
        return self._source.jobs

    def measure(self, architecture: Architecture) -> Measurement:
        """Score an architecture and look up its truth."""
        started = time.perf_counter()
        config = self._problem.config
        names = config.proxy_names
        scores = self._source.scores(architecture, names)
        values = {name: scores.values[name] for name in names}
        costs = self._problem.costs(architecture)
        return Measurement(
            software=values | self._predictions(architecture, values),
            hardware={name: costs[name] for name in config.hardware_metrics},
            truth=self.truth(architecture),
            seconds=time.perf_counter() - started,
            computed=scores.computed,
        )

    def truth(self, architecture: Architecture) -> Mapping[str, Mapping[str, float | None]] | None:
        """What is known of the architecture's training, by number of epochs; None where nothing is."""
        trained_on = self._problem.config.trained_on
        if self._truth is None or trained_on not in self._truth.datasets:
            return None
        return self._truth.truth(architecture, trained_on)

    def _predictions(self, architecture: Architecture, scores: Mapping[str, float]) -> dict[str, float]:
        if not self._ensembles:
            return {}
        row = pd.DataFrame([scores], index=[self._problem.space.label(architecture)])
        return {metric: float(ensemble.predict(row).iloc[0]) for metric, ensemble in self._ensembles.items()}
