"""Measures one candidate: its scores, from networks or a table, hardware metrics and true accuracies."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd
import torch
from sqlalchemy import Engine

from backend import proxies
from backend.config.model import SearchConfig
from backend.costs.metrics import Costs
from backend.ensembles.fitting import Ensemble
from backend.errors import UserError
from backend.naming import local_path
from backend.scoring import Scorer
from backend.scoring.scorer import setting_of
from backend.scoring.tables import ScoreTable, bundled_table, read_table
from backend.search.score_store import ScoreStore
from backend.search.space import Candidate
from backend.storage.scores import NAS_BENCH_201
from backend.studies.trials import truth_of


@dataclass(frozen=True)
class Scores:
    """Scores of one candidate by proxy, NaN where one failed; ``computed`` tells whether a network was built."""

    values: dict[str, float]
    computed: bool


class ScoreSource(Protocol):
    """Gives scores of connected candidates; safe with several threads.

    Attributes:
        device: words for where scores are computed.
        images: one sentence that says which images they are computed on.
        instant: whether scores are looked up, so that nobody sees a trial run.
    """

    device: str
    images: str
    instant: bool

    def scores(self, candidate: Candidate, names: Sequence[str]) -> Scores:
        """Scores of a connected candidate."""


def open_scores(config: SearchConfig, engine: Engine) -> ScoreSource:
    """The source that a configuration names.

    Args:
        config: ``scores`` says which source; data set, images, seed and device are the engine's.
        engine: the study database's, where the score store is.

    Raises:
        UserError: there is no such table, or it lacks a proxy.
    """
    table = configured_table(config)
    return ComputedScores(config, engine) if table is None else TableScores(table)


def configured_table(config: SearchConfig) -> ScoreTable | None:
    """The score table that a configuration names, or None for one that computes its scores.

    Raises:
        UserError: there is no such table, it is of another data set or network size, or lacks a proxy.
    """
    name = config.runner.scores
    if name == "compute":
        return None
    table = bundled_table(config.dataset) if name == "table" else read_table(local_path(name))
    if table.provenance.dataset != config.dataset:
        raise UserError(f"the score table is of {table.provenance.dataset}, not of {config.dataset}")
    if (config.cells.C, config.cells.N) != ([16], [5]):
        raise UserError("score tables are of networks with C = 16 and N = 5; compute the scores of others")
    if lacking := [proxy for proxy in config.proxy_names if proxy not in table.scores]:
        raise UserError(f"the score table has no {', '.join(lacking)}; it has {', '.join(map(str, table.scores))}")
    return table


class ComputedScores:
    """Scores from the store, and from the engine where the store has none.

    Args:
        config: data set, proxies, images, seed and device.
        engine: the study database's.
    """

    instant = False

    def __init__(self, config: SearchConfig, engine: Engine) -> None:
        self._store = ScoreStore(engine)
        self._scorer = Scorer(
            config.dataset,
            config.proxy_names,
            batch_size=config.runner.num_samples,
            seed=config.setup.seed,
            device=config.runner.device,
            image_source=config.runner.images,
            split=config.split,
        )
        self._settings = {
            (width, depth): setting_of(self._scorer.batch, config.setup.seed, width, depth)
            for width in config.cells.C
            for depth in config.cells.N
        }
        self.device = describe_device(self._scorer.device)
        self.images = self._scorer.batch.description

    def scores(self, candidate: Candidate, names: Sequence[str]) -> Scores:
        """See :class:`ScoreSource`."""
        cell, width, depth = candidate.cell, candidate.channels, candidate.cells_per_stage
        setting = self._settings[width, depth]
        key = (*NAS_BENCH_201, str(cell.representative().index))
        known = self._store.get(setting, *key, names)
        missing = [name for name in names if name not in known]
        if missing:
            fresh = self._scorer.score(cell, channels=width, cells_per_stage=depth, proxies=missing)
            self._store.put(setting, *key, fresh)
            known |= fresh
        return Scores(known, computed=any(not proxies.get(name).literal for name in missing))


class TableScores:
    """Scores from a table of the whole space: no network is built."""

    instant = True

    def __init__(self, table: ScoreTable) -> None:
        self._columns = {str(name): table.scores[name].to_numpy() for name in table.scores}
        self.device = "none: scores come from a table"
        self.images = (
            f"{table.provenance.images} Seed {table.provenance.seed}; scored before, on {table.provenance.machine}."
        )

    def scores(self, candidate: Candidate, names: Sequence[str]) -> Scores:
        """See :class:`ScoreSource`."""
        row = candidate.cell.index
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

    ``truth`` is None off the benchmark.
    """

    software: dict[str, float]
    hardware: dict[str, float]
    truth: dict[str, dict[str, float | None]] | None
    seconds: float
    computed: bool

    @property
    def metrics(self) -> dict[str, float]:
        """Software and hardware metrics together."""
        return {**self.software, **self.hardware}


class Measurer:
    """Measures candidates as a configuration says.

    Args:
        config: which proxies and hardware metrics.
        source: where scores come from.
        ensembles: by metric, those that the configuration names.
    """

    def __init__(
        self, config: SearchConfig, source: ScoreSource, ensembles: Mapping[str, Ensemble] | None = None
    ) -> None:
        self._config, self._source, self._ensembles = config, source, ensembles or {}
        self._costs = Costs(config.dataset, config.hardware_metrics)

    def measure(self, candidate: Candidate) -> Measurement:
        """Score a connected candidate and look up its truth."""
        started = time.perf_counter()
        names = self._config.proxy_names
        scores = self._source.scores(candidate, names)
        values = {name: scores.values[name] for name in names}
        return Measurement(
            software=values | self._predictions(candidate, values),
            hardware=self._costs.of(candidate.cell, candidate.channels, candidate.cells_per_stage),
            truth=truth_of(candidate.cell, self._config.dataset, candidate.channels, candidate.cells_per_stage),
            seconds=time.perf_counter() - started,
            computed=scores.computed,
        )

    def _predictions(self, candidate: Candidate, scores: Mapping[str, float]) -> dict[str, float]:
        row = pd.DataFrame([scores], index=[candidate.cell.index])
        return {metric: float(ensemble.predict(row).iloc[0]) for metric, ensemble in self._ensembles.items()}
