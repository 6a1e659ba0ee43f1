"""Scores every class of the space once, on any number of machines, in shards that a killed sweep leaves behind.

A shard is a Parquet file of ``class, proxy, version, value, seconds, failure`` rows in the sweep's folder, one row a
score. What is in a shard is never computed again: a sweep that was killed goes on, and one that asks for more proxies
computes those alone.
"""

from __future__ import annotations

import logging
import math
import os
import platform
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from distributed import Client, Future, LocalCluster, as_completed

from backend import proxies
from backend.errors import UserError
from backend.proxies.own import load_user_proxies
from backend.scoring.scorer import Scorer, setting_of
from backend.scoring.tables import Provenance, ScoreTable
from backend.settings import check_writable
from backend.spaces import registry
from backend.spaces.base import Label, SearchSpace
from backend.spaces.capabilities import known_costs, require_listing
from backend.spaces.own import load_user_spaces

_CONNECT_SECONDS = 20


@contextmanager
def open_cluster(scheduler: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """A client of the scheduler at an address, or of a local cluster that ends with it.

    Args:
        scheduler: such as "tcp://host:8786"; None starts a local cluster.
        workers: processes of the local cluster, one a core by default; the cores are shared out among them.

    Raises:
        UserError: no scheduler answers at the address.
    """
    logging.getLogger("distributed").setLevel(logging.ERROR)
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=_CONNECT_SECONDS)
        except (OSError, ValueError, TimeoutError) as error:
            raise UserError(f"scheduler: no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield client
        return
    cores = os.cpu_count() or 1
    processes = workers or cores
    with (
        LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.ERROR,
            env={"OMP_NUM_THREADS": str(max(1, cores // processes))},
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


ARCHITECTURES_A_SHARD = 8
_NO_SCORE = "the proxy failed or its score is not finite; the worker's log says which"


@dataclass(frozen=True)
class SweepSetting:
    """What a sweep scores; the arguments of :class:`backend.scoring.Scorer`."""

    dataset: str
    proxies: tuple[str, ...]
    batch_size: int = 64
    seed: int = 0
    device: str = "auto"
    image_source: str = "bundled"
    split: str = "val"
    space_name: str = registry.DEFAULT

    @property
    def space(self) -> SearchSpace:
        """The space that is swept.

        Raises:
            UserError: it is not installed here.
        """
        return registry.get(self.space_name)

    def scorer(self) -> Scorer:
        """The scorer of this setting."""
        return Scorer(
            self.dataset,
            self.proxies,
            batch_size=self.batch_size,
            seed=self.seed,
            device=self.device,
            image_source=self.image_source,
            split=self.split,
            space=self.space,
        )


@dataclass(frozen=True)
class Failure:
    """A score that could not be computed: of the class whose representative has this label."""

    label: Label
    proxy: str
    reason: str


class Sweep:
    """A sweep and its folder.

    Args:
        setting: what is scored.
        root: the folder of all sweeps; each batch and seed has a folder of its own in it.
        classes: labels of the representatives of the classes to score; None for all that can be scored.
        sample: how many of these to score, drawn at random, the same each time: a larger sample holds the smaller
            one; None for all.
        known: a table, such as the bundled one, whose scores are not computed again if batch and seed are the same.

    Attributes:
        folder: where its shards are.
        classes: the classes to score, in the order in which they are: what a killed sweep leaves is a random sample.

    Raises:
        UserError: the setting is not valid (see :class:`backend.scoring.Scorer`), or nothing may be written.
    """

    def __init__(
        self,
        setting: SweepSetting,
        root: Path,
        classes: Sequence[Label] | None = None,
        known: ScoreTable | None = None,
        sample: int | None = None,
    ) -> None:
        check_writable()
        self.setting = setting
        self._space = setting.space
        self._classes = require_listing(self._space, "sweep")
        self._scorer = setting.scorer()
        digest = setting_of(self._scorer.batch, setting.seed)
        self.folder = root / f"{self._prefix}{setting.dataset}-{digest[:16]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        whole = sorted(self._classes.dropna().unique().tolist() if classes is None else classes)
        order = np.random.default_rng(0).permutation(len(whole))[:sample]
        self.classes: list[Label] = [whole[at] for at in order]
        self._known = known if known and self._is_of_this_batch(known.provenance) else None

    @property
    def _prefix(self) -> str:
        """Before the names of the sweeps of a space; those of the first space have none."""
        return "" if self._space.name == registry.DEFAULT else f"{self._space.name}-"

    def run(self, client: Client, on_progress: Callable[[int, int], None]) -> None:
        """Score what is missing; each shard is on disk as soon as its worker has finished it.

        Args:
            client: of the Dask cluster that does the work.
            on_progress: called with (classes done, classes in all) at the start and after each shard.
        """
        todo = self._todo()
        total = len(self.classes)
        done = total - sum(len(classes) for classes, _ in todo)
        on_progress(done, total)
        futures = client.map(_score_classes, [self.setting] * len(todo), *zip(*todo, strict=True)) if todo else []
        work: Iterator[list[dict[str, Any]]] = _results_of(futures)
        for rows in work:
            self._write_shard(rows)
            done += len({row["class"] for row in rows})
            on_progress(done, total)

    def scores(self) -> pd.DataFrame:
        """Everything in the shards: class, proxy, version, value, seconds, failure; the newest of each score."""
        shards = sorted(self.folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        if not shards:
            return pd.DataFrame({name: [] for name in ("class", "proxy", "version", "value", "seconds", "failure")})
        frame = pd.concat([pd.read_parquet(shard) for shard in shards], ignore_index=True)
        return frame.drop_duplicates(["class", "proxy", "version"], keep="last")

    def failures(self) -> list[Failure]:
        """Scores of this setting's proxies that could not be computed."""
        frame = self._current()
        failed = frame[frame["failure"] != ""]
        return [
            Failure(row[0], row[1], row[2]) for row in failed[["class", "proxy", "failure"]].itertuples(index=False)
        ]

    def table(self) -> ScoreTable:
        """One row for each architecture of the space; no scores in those that are not of the sample.

        Raises:
            UserError: classes are missing; the sweep has to go on first.
        """
        if missing := sum(len(classes) for classes, _ in self._todo()):
            raise UserError(f"sweep: {missing} of {len(self.classes)} classes are not scored yet; run it to its end")
        frame = self._current()
        by_class = frame.pivot(index="class", columns="proxy", values="value")
        rows = by_class.reindex(pd.Index(self._classes))
        scores = rows.set_axis(self._classes.index.rename("index")).rename_axis(columns=None)
        for name in self.setting.proxies:
            if proxies.get(name).literal:
                scores[name] = self._literal_scores(name)
        return ScoreTable(scores[list(self.setting.proxies)], self._provenance(frame))

    def _current(self) -> pd.DataFrame:
        """The scores in the shards that are this setting's, by the present definitions."""
        frame = self.scores()
        if self._known:
            frame = pd.concat([_rows_of(self._known, self.classes), frame], ignore_index=True)
            frame = frame.drop_duplicates(["class", "proxy", "version"], keep="last")
        versions = frame["proxy"].map({name: proxies.get(name).version for name in self.setting.proxies})
        return frame[frame["version"] == versions]

    def _is_of_this_batch(self, provenance: Provenance) -> bool:
        setting = self.setting
        asked = (setting.space_name, setting.dataset, setting.batch_size, setting.seed, self._scorer.batch.description)
        return asked == (
            provenance.space,
            provenance.dataset,
            provenance.batch_size,
            provenance.seed,
            provenance.images,
        )

    def _todo(self) -> list[tuple[list[Label], tuple[str, ...]]]:
        """Shards to come: classes, and the proxies that they lack."""
        shared = [name for name in self.setting.proxies if not proxies.get(name).literal]
        there = self._current().groupby("class")["proxy"].agg(frozenset).to_dict()
        by_lack: dict[tuple[str, ...], list[Label]] = {}
        for label in self.classes:
            known = there.get(label, frozenset())
            if lack := tuple(name for name in shared if name not in known):
                by_lack.setdefault(lack, []).append(label)
        return [
            (classes[start : start + ARCHITECTURES_A_SHARD], lack)
            for lack, classes in by_lack.items()
            for start in range(0, len(classes), ARCHITECTURES_A_SHARD)
        ]

    def _write_shard(self, rows: list[dict[str, Any]]) -> None:
        name = f"{rows[0]['class']:0>5}-{uuid.uuid4().hex[:12]}"
        partial = self.folder / f"{name}.partial"
        pd.DataFrame(rows).to_parquet(partial, index=False)
        partial.rename(partial.with_suffix(".parquet"))

    def _literal_scores(self, name: str) -> list[float]:
        """A size of each literal architecture: it takes no pass, and no network either where the space knows it."""
        known = known_costs(self._space, self.setting.dataset)
        sizes = None if known is None else known.sizes(self._classes.index, self.setting.dataset)
        if sizes is not None and name in sizes:
            return [float(value) for value in sizes[name].where(self._classes.notna())]
        architectures = map(self._space.at, self._classes.index)
        return [
            math.nan if architecture.invalid else self._scorer.score(architecture, [name])[name]
            for architecture in architectures
        ]

    def _provenance(self, frame: pd.DataFrame) -> Provenance:
        before = self._known.provenance if self._known else None
        machine = _machine(self._scorer.device)
        if before:
            machine = before.machine if machine in before.machine else f"{before.machine}; {machine}"
        return Provenance(
            dataset=self.setting.dataset,
            batch_size=self.setting.batch_size,
            seed=self.setting.seed,
            images=self._scorer.batch.description,
            proxy_versions={name: proxies.get(name).version for name in self.setting.proxies},
            software={"torch": torch.__version__, "numpy": version("numpy"), "python": platform.python_version()},
            machine=machine,
            seconds=_seconds(frame) + (before.seconds if before else 0.0),
            space=self._space.name,
        )


def _rows_of(table: ScoreTable, classes: Sequence[Label]) -> pd.DataFrame:
    """The finite scores of a table in the form of a shard; their seconds are the table's, not theirs."""
    shared = [name for name in table.scores if not proxies.get(str(name)).literal]
    values = table.scores[shared].reindex(list(classes)).rename_axis("class").reset_index()
    rows = values.melt("class", var_name="proxy", value_name="value")
    rows = rows[rows["value"].abs() < math.inf]
    return rows.assign(version=rows["proxy"].map(table.provenance.proxy_versions), seconds=0.0, failure="")


def _seconds(rows: pd.DataFrame) -> float:
    """What the architectures took in all; one that was scored in several goes, once for each."""
    return float(rows.drop_duplicates(["class", "seconds"])["seconds"].sum())


def _results_of(futures: Sequence[Future[Any]]) -> Iterator[Any]:
    """Results as they come; none stays on the cluster."""
    for future, result in as_completed(futures, with_results=True):
        future.release()
        yield result


@cache
def _worker_scorer(setting: SweepSetting) -> Scorer:
    """One scorer a worker process: the images are read once, the user's own proxies too."""
    load_user_proxies()
    load_user_spaces()
    return setting.scorer()


def _score_classes(setting: SweepSetting, classes: Sequence[Label], names: Sequence[str]) -> list[dict[str, Any]]:
    """What a worker does: the rows of one shard."""
    scorer = _worker_scorer(setting)
    rows = []
    for label in classes:
        started = time.perf_counter()
        reason = _NO_SCORE
        try:
            scores = scorer.score(setting.space.at(label), names)
        except Exception as error:  # noqa: BLE001  one architecture that fails must not take the sweep with it
            scores, reason = dict.fromkeys(names, math.nan), f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - started
        rows += [
            {
                "class": label,
                "proxy": name,
                "version": proxies.get(name).version,
                "value": value,
                "seconds": seconds,
                "failure": "" if math.isfinite(value) else reason,
            }
            for name, value in scores.items()
        ]
    return rows


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"
