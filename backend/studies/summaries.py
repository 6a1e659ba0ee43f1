"""The list of studies: what each is and how its run stands, without reading a trial.

A list has to be quick, so this module and what it imports leave PyTorch alone until a configuration is asked for. Of
the attributes of the studies it reads those few that it shows, and whatever stands in them spoils one row at most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy import Connection, case, func, or_, select

from backend.config.headline import Headline, read_headline
from backend.config.model import SearchConfig
from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.storage.database import Database
from backend.storage.optuna_internals.tables import STUDIES, STUDY_DIRECTIONS, STUDY_SYSTEM, STUDY_USER, TRIALS, in_utc
from backend.storage.values import metric_names_in, value_or_words
from backend.studies import runs
from backend.studies.notes import NOTE_PREFIX, note_in

CONFIG = "proxyscope:config"
"""The study's user attribute that holds the search file that it was made with."""
KEPT = "proxyscope:ensembles"
"""The study's system attribute that holds the ensembles that it is searched by."""
METRIC_NAMES = "study:metric_names"
"""The study's system attribute that holds the names of its objectives, as Optuna calls it."""
NOT_VALID: Final = "its search file is not valid"
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
        config_text: the search file that it was made with; None for a study made elsewhere.
        run: None for a study that was made elsewhere.
        note: what somebody wrote about it, here or in optuna-dashboard.
        created: None while there is neither run nor trial.
    """

    name: str
    study_id: int
    objectives: list[str]
    directions: list[str]
    counts: TrialCounts
    config_text: str | None = field(repr=False)
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
    def file_problem(self) -> str:
        """Why the search file is not valid, in one line; "" where it is, and for a study made elsewhere.

        Whether its proxies are known here is not asked, so that this loads no PyTorch.
        """
        if self.config_text is None and self.run is not None:
            return "it has no search file"
        return f"{NOT_VALID}: {self._headline.problem}" if self._headline.problem else ""

    @property
    def space(self) -> SearchSpace | None:
        """What is searched; None for an external study, and where the space is not installed here."""
        return registry.find(self._headline.space)

    @property
    def space_name(self) -> str | None:
        """Name of what is searched, installed or not; None for an external study."""
        return self._headline.space

    @property
    def dataset(self) -> str | None:
        """Of the search, whether or not its configuration can be read here; None for a study made elsewhere."""
        return self._headline.dataset

    @property
    def trained_on(self) -> str | None:
        """What the truth beside the scores is of: that data set, or a task that the file chooses."""
        return self._headline.trained_on

    @property
    def sampler(self) -> str | None:
        """As :attr:`dataset`."""
        return self._headline.sampler

    @property
    def seed(self) -> int | None:
        """As :attr:`dataset`."""
        return self._headline.seed

    @property
    def constraints(self) -> list[str]:
        """Bounds on hardware metrics, as the search file says them."""
        return list(self._headline.constraints)

    @cached_property
    def _read(self) -> tuple[SearchConfig | None, str]:
        """The configuration, or why this installation cannot read it (a user's proxy that is not loaded, say)."""
        if self.config_text is None or self.file_problem:
            return None, self.file_problem
        try:
            return _parsed(self.config_text), ""
        except UserError as error:
            return None, str(error)

    @property
    def _headline(self) -> Headline:
        return Headline() if self.config_text is None else read_headline(self.config_text)


def list_studies(database: Database) -> list[StudySummary]:
    """All studies, the newest first."""
    all_runs, counts = runs.read_runs(database), trial_counts(database)
    with database.engine.connect() as connection:
        names = connection.execute(select(STUDIES.c.study_id, STUDIES.c.study_name)).all()
        directions = _directions(connection)
        user, system = _shown_attributes(connection)
    summaries = [
        summary_of(
            study_id,
            name,
            directions[study_id],
            user[study_id],
            system[study_id],
            counts.get(study_id),
            all_runs.get(study_id),
        )
        for study_id, name in names
    ]
    return sorted(summaries, key=lambda item: (item.created is not None, item.created, item.study_id), reverse=True)


def trial_counts(database: Database) -> dict[int, TrialCounts]:
    """The number of trials by study id, counted by the database; a study without trials is left out."""
    ended = func.sum(case((TRIALS.c.state.in_(_ENDED), 1), else_=0))
    query = select(TRIALS.c.study_id, func.count(), ended, func.min(TRIALS.c.datetime_start))
    with database.engine.connect() as connection:
        rows = connection.execute(query.group_by(TRIALS.c.study_id)).all()
    return {study_id: TrialCounts(total, int(ended), in_utc(started)) for study_id, total, ended, started in rows}


def summary_of(
    study_id: int,
    name: str,
    directions: Sequence[StudyDirection],
    user: Mapping[str, Any],
    system: Mapping[str, Any],
    counts: TrialCounts | None,
    run: runs.Run | None,
) -> StudySummary:
    """A study of a list from what is stored of it.

    Args:
        study_id: Optuna's.
        name: of the study.
        directions: of its objectives.
        user: user attributes, :data:`CONFIG` among them where it has one; of any kind.
        system: system attributes, those of names and note among them; of any kind.
        counts: of its trials; None where it has none.
        run: None for a study that was made elsewhere.
    """
    counts = counts or TrialCounts()
    numbered = [f"objective {position}" for position in range(len(directions))]
    return StudySummary(
        name=name,
        study_id=study_id,
        objectives=metric_names_in(system.get(METRIC_NAMES), len(directions)) or numbered,
        directions=["maximize" if direction == StudyDirection.MAXIMIZE else "minimize" for direction in directions],
        counts=counts,
        config_text=search_file_in(user),
        run=run,
        note=note_in(system),
        created=run.created if run else counts.started,
    )


def search_file_in(user: Mapping[str, Any]) -> str | None:
    """The search file in a study's user attributes; "", which is none, for what is no text; None without any."""
    if CONFIG not in user:
        return None
    return user[CONFIG] if isinstance(user[CONFIG], str) else ""


def _directions(connection: Connection) -> Mapping[int, list[StudyDirection]]:
    found = defaultdict[int, list[StudyDirection]](list)
    for row in connection.execute(select(STUDY_DIRECTIONS).order_by(STUDY_DIRECTIONS.c.objective)):
        found[row.study_id].append(row.direction)
    return found


def _shown_attributes(connection: Connection) -> Sequence[Mapping[int, dict[str, Any]]]:
    """User and system attributes that a list shows, by study."""
    is_note = STUDY_SYSTEM.c.key.startswith(NOTE_PREFIX, autoescape=True)
    wanted = {STUDY_USER: STUDY_USER.c.key == CONFIG, STUDY_SYSTEM: or_(STUDY_SYSTEM.c.key == METRIC_NAMES, is_note)}
    both = []
    for table, condition in wanted.items():
        found = defaultdict[int, dict[str, Any]](dict)
        for row in connection.execute(select(table).where(condition)):
            found[row.study_id][row.key] = value_or_words(row.value_json)
        both.append(found)
    return both


@lru_cache(maxsize=1_000)
def _parsed(text: str) -> SearchConfig:
    return SearchConfig.from_toml(text)
