"""Which studies a source holds, and how far each has come; no trial is read for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy import case, func, select

from backend.errors import UserError
from backend.sharing.source import STUDIES, STUDY_DIRECTIONS, STUDY_SYSTEM, STUDY_USER, TRIALS, Source
from backend.storage import schema as tables
from backend.storage.optuna_internals.tables import in_utc
from backend.storage.schema import runs as runs_table
from backend.storage.values import value_or_words
from backend.studies import runs
from backend.studies.catalog import fit_name
from backend.studies.identity import Progress, identity_of
from backend.studies.summaries import StudySummary, TrialCounts, summary_of

_OF_PROCESSES = ("host", "machine", "pid", "process_started")


def run_elsewhere(
    row: Mapping[str, Any], words: Callable[[str], str] = str, *, live: bool = True
) -> tuple[dict[str, Any], runs.Run]:
    """A row of the table of runs for a copy; one that is active here has stopped there.

    Args:
        row: as it is stored.
        words: what is done to its texts.
        live: whether its process can be looked for; in a file the row says all that is known.

    Returns:
        The row of the copy, and the run that it tells of.
    """
    all_columns = dict.fromkeys(runs_table.columns.keys())
    process = {} if live else dict.fromkeys(_OF_PROCESSES)
    run = runs.to_run({**all_columns, **row, **process})
    copied = {**row, **dict.fromkeys(_OF_PROCESSES), "state": run.state, "message": words(run.message)}
    if copied.get("images"):
        copied["images"] = words(copied["images"])
    if run.active:
        how = "waited for its turn" if run.state == "queued" else "was still running"
        copied["state"] = "stopped"
        copied["message"] = f"it {how} where it was copied from, with {run.done} of {run.asked} done"
        copied["ended"] = _now()
    return copied, runs.to_run({**all_columns, **copied})


def trial_elsewhere(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table of trials for a copy: a running one fails, since nobody would ever end it there."""
    if row["state"] != TrialState.RUNNING:
        return dict(row)
    return {**row, "state": TrialState.FAIL, "datetime_complete": _now()}


def training_elsewhere(row: Mapping[str, Any], words: Callable[[str], str] = str) -> dict[str, Any]:
    """A row of the table of trainings for a copy: one that waits or runs has stopped there, with its curve.

    Args:
        row: as it is stored.
        words: what is done to its texts.
    """
    copied = {**row, **dict.fromkeys(_OF_PROCESSES)}
    for name in ("message", "split", "recipe"):
        copied[name] = words(row[name])
    if row["state"] in runs.ACTIVE:
        how = "waited for its turn" if row["state"] == "queued" else "was still running"
        stopped = {"state": "stopped", "message": f"it {how} where it was copied from", "ended": _now()}
        copied |= stopped
    return copied


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


_TOLD = (TrialState.COMPLETE, TrialState.PRUNED)
_ENDED = (*_TOLD, TrialState.FAIL)


@dataclass(frozen=True)
class SharedStudy:
    """A study that can be copied.

    Attributes:
        summary: what it is; its run is as a copy would tell of it.
        wanted: what it is to be called where it is copied: its name, made fit where it comes from a file.
        identity: what tells it from all others, whatever it is called.
        progress: how far it has come.
    """

    summary: StudySummary
    wanted: str
    identity: str
    progress: Progress

    @property
    def name(self) -> str:
        """What it is called where it is."""
        return self.summary.name


def read_contents(source: Source) -> list[SharedStudy]:
    """All studies of a source, the newest first."""
    counts, progress = _counts(source)
    for study_id, trained in _trained(source).items():
        progress[study_id] = progress.get(study_id, Progress())._replace(trained=trained)
    directions = defaultdict[int, list[StudyDirection]](list)
    for row in sorted(source.rows(STUDY_DIRECTIONS), key=lambda row: row["objective"]):
        directions[row["study_id"]].append(row["direction"])
    user, system = _attributes(source, STUDY_USER), _attributes(source, STUDY_SYSTEM)
    all_runs = {row["study_id"]: run_elsewhere(row, live=source.live)[1] for row in source.rows(tables.runs)}
    found = []
    for row in source.rows(STUDIES):
        number = row["study_id"]
        summary = summary_of(
            number,
            row["study_name"],
            directions[number],
            user[number],
            system[number],
            counts.get(number),
            all_runs.get(number),
        )
        wanted = summary.name if source.live else fit_name(summary.name)
        identity = identity_of(system[number], summary.name, summary.directions, summary.counts.started)
        found.append(SharedStudy(summary, wanted, identity, progress.get(number, Progress())))
    return sorted(found, key=_age, reverse=True)


def find(contents: list[SharedStudy], name: str) -> SharedStudy:
    """The study of a name.

    Raises:
        UserError: there is none; the message lists some that there are.
    """
    for item in contents:
        if item.name == name:
            return item
    there = f"there are: {', '.join(sorted(item.name for item in contents)[:10])}" if contents else "there is none"
    raise UserError(f"study: no study {name!r}; {there}")


def _age(item: SharedStudy) -> tuple[bool, Any, int]:
    created = item.summary.created
    return created is not None, created, item.summary.study_id


def _counts(source: Source) -> tuple[dict[int, TrialCounts], dict[int, Progress]]:
    ended, told = TRIALS.c.state.in_(_ENDED), TRIALS.c.state.in_(_TOLD)
    query = select(
        TRIALS.c.study_id,
        func.count(),
        func.sum(case((ended, 1), else_=0)),
        func.min(TRIALS.c.datetime_start),
        func.sum(case((told, 1), else_=0)),
        func.max(case((told, TRIALS.c.datetime_complete))),
    )
    counts, progress = {}, {}
    for study_id, total, over, started, known, last in source.connection.execute(query.group_by(TRIALS.c.study_id)):
        counts[study_id] = TrialCounts(total, int(over), in_utc(started))
        progress[study_id] = Progress(int(known), in_utc(last))
    return counts, progress


def _trained(source: Source) -> dict[int, int]:
    """How many accuracies were measured, by study."""
    found = defaultdict[int, int](int)
    for row in source.rows(tables.trainings, tables.trainings.c.state == "finished"):
        found[row["study_id"]] += 1
    return found


def _attributes(source: Source, table: Any) -> Mapping[int, dict[str, Any]]:
    found = defaultdict[int, dict[str, Any]](dict)
    for row in source.rows(table):
        found[row["study_id"]][row["key"]] = value_or_words(row["value_json"])
    return found
