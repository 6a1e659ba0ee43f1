"""Measures one candidate: its scores, hardware metrics and true accuracies."""

import time
from dataclasses import dataclass

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
    """

    def __init__(self, config: SearchConfig, source: ScoreSource) -> None:
        self._config, self._source = config, source
        self._costs = Costs(config.dataset, config.hardware_metrics)

    def measure(self, candidate: Candidate) -> Measurement:
        """Score a connected candidate and look up its truth."""
        started = time.perf_counter()
        names = self._config.proxy_names
        scores = self._source.scores(candidate, names)
        return Measurement(
            software={name: scores.values[name] for name in names},
            hardware=self._costs.of(candidate.cell, candidate.channels, candidate.cells_per_stage),
            truth=truth_of(candidate.cell, self._config.dataset, candidate.channels, candidate.cells_per_stage),
            seconds=time.perf_counter() - started,
            computed=scores.computed,
        )
