"""The list of studies: what each is and how its run stands, without reading a trial.

A list has to be quick, so this module and what it imports leave PyTorch alone until a configuration is asked for.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy import case, func, select

from backend.errors import UserError
from backend.studies import runs
from backend.studies.database import Database
from backend.studies.moments import in_utc
from backend.studies.notes import note_in
from backend.studies.optuna_tables import TRIALS

if TYPE_CHECKING:
    from optuna.study._frozen import FrozenStudy

    from backend.search.config import SearchConfig

CONFIG = "proxyscope:config"
"""The study's user attribute that holds the search file that it was made with."""
KEPT = "proxyscope:ensembles"
"""The study's system attribute that holds the ensembles that it is searched by."""
_ENDED = tuple(state for state in TrialState if state.is_finished())


@dataclass(frozen=True)
class TrialCounts:
    """How many trials a study has.

    Attributes:
        total: all of them.
        ended: those in no process's work any more.
        started: when the first began (UTC); None before.
    """

    total: int = 0
    ended: int = 0
    started: datetime | None = None


@dataclass(frozen=True)
class StudySummary:
    """A study in a list.

    Attributes:
        name: of the study.
        study_id: Optuna's.
        objectives: names of the objective values.
        directions: which way each is better.
        counts: of its trials.
        config_text: the search file that it was made with; "" for a study made elsewhere.
        run: None for a study that was made elsewhere.
        note: what somebody wrote about it, here or in optuna-dashboard.
        created: None while there is neither run nor trial.
    """

    name: str
    study_id: int
    objectives: list[str]
    directions: list[str]
    counts: TrialCounts
    config_text: str = field(repr=False)
    run: runs.Run | None
    note: str
    created: datetime | None

    @property
    def trials(self) -> int:
        """How many there are."""
        return self.counts.total

    @property
    def config(self) -> SearchConfig | None:
        """What it was made with; None for one made elsewhere and for one that this installation cannot read."""
        return self._read[0]

    @property
    def config_problem(self) -> str:
        """Why the configuration cannot be read; "" when it can, or there is none."""
        return self._read[1]

    @property
    def dataset(self) -> str | None:
        """Of the search, whether or not its configuration can be read here; None for a study made elsewhere."""
        named = _at(self._tables, "search_space", "nas_zero_cost", "config").get("dataset")
        return str(named[0]) if isinstance(named, list) and named else None

    @property
    def sampler(self) -> str | None:
        """As :attr:`dataset`."""
        return _at(self._tables, "strategy", "setup").get("sampler")

    @property
    def seed(self) -> int | None:
        """As :attr:`dataset`."""
        return _at(self._tables, "strategy", "setup").get("seed")

    @property
    def constraints(self) -> list[str]:
        """Bounds on hardware metrics, as the search file says them."""
        return list(_at(self._tables, "strategy", "setup").get("constraints", []))

    @cached_property
    def _read(self) -> tuple[SearchConfig | None, str]:
        """The configuration, or why this installation cannot read it (a user's proxy that is not loaded, say)."""
        try:
            return (_parsed(self.config_text) if self.config_text else None), ""
        except UserError as error:
            return None, str(error)

    @property
    def _tables(self) -> dict[str, Any]:
        return _tables(self.config_text)


def list_studies(database: Database) -> list[StudySummary]:
    """All studies, the newest first."""
    all_runs, counts = runs.read_runs(database), trial_counts(database)
    studies = database.storage.get_all_studies()
    summaries = [
        _summary(item, all_runs.get(item._study_id), counts.get(item._study_id, TrialCounts())) for item in studies
    ]
    return sorted(summaries, key=lambda item: (item.created is not None, item.created, item.study_id), reverse=True)


def trial_counts(database: Database) -> dict[int, TrialCounts]:
    """The number of trials by study id, counted by the database; a study without trials is left out."""
    ended = func.sum(case((TRIALS.c.state.in_(_ENDED), 1), else_=0))
    query = select(TRIALS.c.study_id, func.count(), ended, func.min(TRIALS.c.datetime_start))
    with database.engine.connect() as connection:
        rows = connection.execute(query.group_by(TRIALS.c.study_id)).all()
    return {study_id: TrialCounts(total, int(ended), in_utc(started)) for study_id, total, ended, started in rows}


def _summary(item: FrozenStudy, run: runs.Run | None, counts: TrialCounts) -> StudySummary:
    names = item.system_attrs.get("study:metric_names")
    return StudySummary(
        name=item.study_name,
        study_id=item._study_id,
        objectives=list(names or (f"objective {position}" for position in range(len(item.directions)))),
        directions=["maximize" if d == StudyDirection.MAXIMIZE else "minimize" for d in item.directions],
        counts=counts,
        config_text=item.user_attrs.get(CONFIG) or "",
        run=run,
        note=note_in(item.system_attrs),
        created=run.created if run else counts.started,
    )


@lru_cache(maxsize=1_000)
def _parsed(text: str) -> SearchConfig:
    from backend.search.config import SearchConfig  # noqa: PLC0415

    return SearchConfig.from_toml(text)


@lru_cache(maxsize=1_000)
def _tables(text: str) -> dict[str, Any]:
    try:
        return _at(tomllib.loads(text), "search")
    except tomllib.TOMLDecodeError:
        return {}


def _at(tables: Any, *path: str) -> dict[str, Any]:
    """The table at a path; an empty one where there is none."""
    for name in path:
        tables = tables.get(name) if isinstance(tables, dict) else None
    return tables if isinstance(tables, dict) else {}
