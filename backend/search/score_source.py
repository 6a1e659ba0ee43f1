"""Where a search takes its scores from: the engine and the score store, or a table of the whole space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from sqlalchemy import Engine

from backend import proxies
from backend.errors import UserError
from backend.paths import local_path
from backend.scoring import Scorer
from backend.scoring.store import ScoreStore, setting_of
from backend.scoring.tables import ScoreTable, bundled_table, read_table
from backend.search.config import SearchConfig
from backend.search.space import Candidate


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
        known = self._store.get(setting, cell, names)
        missing = [name for name in names if name not in known]
        if missing:
            fresh = self._scorer.score(cell, channels=width, cells_per_stage=depth, proxies=missing)
            self._store.put(setting, cell, fresh)
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
