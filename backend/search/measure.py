"""Measures one candidate: its scores, hardware metrics and true accuracies."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from backend.analysis.ensembles import Ensemble
from backend.hardware import Costs
from backend.search.config import SearchConfig
from backend.search.score_source import ScoreSource
from backend.search.space import Candidate
from backend.studies.trials import truth_of


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
