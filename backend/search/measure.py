"""Measures one candidate: scores from the store or the engine, hardware metrics, true accuracies."""

import time
from dataclasses import dataclass

from sqlalchemy import Engine

from backend.scoring import Scorer
from backend.scoring.store import ScoreStore, setting_of
from backend.search.config import SearchConfig
from backend.search.space import Candidate
from backend.studies.trials import truth_of

UNQUANTISED_BITS = 32.0


@dataclass(frozen=True)
class Measurement:
    """What is known of a candidate: metrics are NaN where a proxy failed; ``truth`` is None off the benchmark."""

    software: dict[str, float]
    hardware: dict[str, float]
    truth: dict[str, dict[str, float | None]] | None
    seconds: float
    from_store: bool

    @property
    def metrics(self) -> dict[str, float]:
        """Software and hardware metrics together."""
        return {**self.software, **self.hardware}


class Measurer:
    """Measures candidates as a configuration says, never scoring one twice.

    Args:
        config: data set, proxies, images, device.
        engine: the study database's engine, where the score store is.
    """

    def __init__(self, config: SearchConfig, engine: Engine) -> None:
        runner = config.runner
        self._config = config
        self._store = ScoreStore(engine)
        self.scorer = Scorer(
            config.dataset,
            config.proxy_names,
            batch_size=runner.num_samples,
            seed=config.setup.seed,
            device=runner.device,
            image_source=runner.images,
            split=config.split,
        )
        self._settings = {
            (width, depth): setting_of(self.scorer.batch, config.setup.seed, width, depth)
            for width in config.cells.C
            for depth in config.cells.N
        }

    def measure(self, candidate: Candidate) -> Measurement:
        """Score a connected candidate and look up its truth."""
        started = time.perf_counter()
        cell, width, depth = candidate.cell, candidate.channels, candidate.cells_per_stage
        setting, names = self._settings[width, depth], self._config.proxy_names
        known = self._store.get(setting, cell, names)
        missing = [name for name in names if name not in known]
        if missing:
            fresh = self.scorer.score(cell, channels=width, cells_per_stage=depth, proxies=missing)
            self._store.put(setting, cell, fresh)
            known |= fresh
        return Measurement(
            software={name: known[name] for name in names},
            hardware=dict.fromkeys(self._config.hardware_metrics, UNQUANTISED_BITS),
            truth=truth_of(cell, self._config.dataset, width, depth),
            seconds=time.perf_counter() - started,
            from_store=not missing,
        )
