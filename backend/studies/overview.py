"""What a study has found so far, for a list of studies: read from the few attributes that it takes, and only once.

A study of ten thousand trials holds megabytes of attributes. Of each completed trial only architecture and scores are
read, and only when it is new; true accuracies come from the benchmark's tables.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from optuna.trial import TrialState
from sqlalchemy import case, column, select, table

from backend.spaces.capabilities import HasTruth, capability
from backend.storage.database import Database
from backend.storage.optuna_internals.tables import TRIALS
from backend.storage.values import numbers_in, value_or_words
from backend.studies.summaries import StudySummary, TrialCounts
from backend.studies.trial_schema import numbers
from backend.studies.trials import INDEX, REPEAT_OF, SOFTWARE, TRUTH

FEWEST_CELLS = 10
"""Architectures below which a rank correlation is noise, and is not shown."""
_ATTRIBUTES = table("trial_user_attributes", column("trial_id"), column("key"), column("value_json"))


@dataclass(frozen=True)
class Overview:
    """What a study has found so far.

    Attributes:
        architectures: distinct architectures with a known accuracy.
        accuracy: the highest true test accuracy among them (%); NaN where none is known.
        index: official index of that architecture; None where none is known.
        proxy: whose values rank them best, in either direction; "" where there are too few.
        spearman: its rank correlation with the true accuracy; NaN where there are too few.
    """

    architectures: int = 0
    accuracy: float = np.nan
    index: int | None = None
    proxy: str = ""
    spearman: float = np.nan


@dataclass
class _Read:
    """What was read of one study.

    Attributes:
        created: of the study, which tells it from a later one of the same id.
        counts: of its trials when it was read.
        trials: ids of the completed trials that were read.
        scores: by architecture of the benchmark; one row a distinct architecture, one column a proxy.
        overview: made from them.
    """

    created: datetime | None
    counts: TrialCounts | None = None
    trials: set[int] = field(default_factory=set)
    scores: dict[int, dict[str, float | None]] = field(default_factory=dict)
    overview: Overview = field(default_factory=Overview)


class OverviewReader:
    """Reads overviews of a database's studies, and of each only what is new; safe with several threads."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, Lock()
        self._read: dict[int, _Read] = {}

    def read(self, summaries: Iterable[StudySummary], seconds: float | None = None) -> tuple[dict[int, Overview], int]:
        """Overviews by study id, and how many studies are still to be read or read again.

        Args:
            summaries: of the studies, as they stand now; those made elsewhere have no overview.
            seconds: after which no further study is read; one that has changed stands as it was. None reads all.
        """
        begun, pending = time.monotonic(), 0
        found = {}
        with self._lock:
            for item in summaries:
                truth = capability(item.space, HasTruth) if item.space else None
                if item.run is None or truth is None or item.trained_on not in truth.datasets:
                    continue
                known = self._read.get(item.study_id)
                if known is None or known.created != item.created:
                    known = _Read(item.created)
                if known.counts != item.counts:
                    if seconds is None or time.monotonic() - begun < seconds:
                        self._update(known, item, truth)
                        self._read[item.study_id] = known
                    else:
                        pending += known.counts is None
                if known.counts is not None:
                    found[item.study_id] = known.overview
        return found, pending

    def _update(self, known: _Read, item: StudySummary, truth: HasTruth) -> None:
        ids = self._completed(item.study_id)
        if new := ids - known.trials:
            for attributes in self._attributes(item.study_id, new if known.trials else None).values():
                index = attributes.get(INDEX)
                if type(index) is int and REPEAT_OF not in attributes and attributes.get(TRUTH):
                    known.scores[index] = numbers_in(attributes.get(SOFTWARE))
            known.trials |= new
            known.overview = overview(known.scores, truth.values(str(item.trained_on), _epochs(item, truth)))
        known.counts = item.counts

    def _completed(self, study_id: int) -> set[int]:
        query = select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id, TRIALS.c.state == TrialState.COMPLETE)
        with self._database.engine.connect() as connection:
            return set(connection.scalars(query).all())

    def _attributes(self, study_id: int, trials: set[int] | None) -> Mapping[int, dict[str, Any]]:
        """Attributes by trial, of some of a study's completed trials or of all of them."""
        keys = (INDEX, SOFTWARE, REPEAT_OF, TRUTH)
        key, text = _ATTRIBUTES.c.key, _ATTRIBUTES.c.value_json
        # Whether there is a truth is all that is asked of it.
        value = case((key != TRUTH, text), (text != "null", "true"), else_="null")
        query = select(_ATTRIBUTES.c.trial_id, key, value).where(key.in_(keys))
        own = select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id, TRIALS.c.state == TrialState.COMPLETE)
        query = query.where(_ATTRIBUTES.c.trial_id.in_(own))
        if trials is not None:
            # The newest trials are those of the highest ids, but for a few that took longer.
            query = query.where(_ATTRIBUTES.c.trial_id >= min(trials))
        found: dict[int, dict[str, Any]] = {}
        with self._database.engine.connect() as connection:
            for trial, name, content in connection.execute(query):
                found.setdefault(trial, {})[name] = value_or_words(content)
        return found if trials is None else {trial: found[trial] for trial in trials if trial in found}


def overview(scores: Mapping[int, Mapping[str, float | None]], truth: pd.Series[float]) -> Overview:
    """What scores say together with the truth.

    Args:
        scores: of distinct architectures, by index.
        truth: true accuracy (%) of all, by index.
    """
    if not scores:
        return Overview()
    rows = list(scores.values())
    columns = {
        name: numbers([row.get(name) for row in rows]).to_numpy() for name in dict.fromkeys(itertools.chain(*rows))
    }
    frame = pd.DataFrame(columns, index=list(scores))
    accuracy = truth.reindex(frame.index).dropna()
    if accuracy.empty:
        return Overview()
    best = int(accuracy.index[int(accuracy.argmax())])
    found = Overview(len(accuracy), float(accuracy[best]), best)
    if len(accuracy) < FEWEST_CELLS:
        return found
    shown = frame.loc[accuracy.index]
    ranked = {str(name): _spearman(column, accuracy) for name, column in shown.items()}
    known = {name: value for name, value in ranked.items() if not np.isnan(value)}
    if not known:
        return found
    proxy = max(known, key=lambda name: abs(known[name]))
    return Overview(found.architectures, found.accuracy, found.index, proxy, known[proxy])


def _spearman(scores: pd.Series[float], accuracy: pd.Series[float]) -> float:
    """Rank correlation over the architectures whose score is known; NaN where it is constant or there are too few."""
    known = scores.dropna()
    if len(known) < FEWEST_CELLS or known.min() == known.max():
        return np.nan
    return float(known.rank().corr(accuracy[known.index].rank()))


def _epochs(item: StudySummary, truth: HasTruth) -> int:
    return item.config.runner.nasbench_epochs if item.config else truth.epochs[-1]
