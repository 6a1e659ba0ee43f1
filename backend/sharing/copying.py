"""Copies one study from a source into a database, whole, with numbers of its own there."""

import json
import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, insert, select

from backend.sharing.contents import SharedStudy, run_elsewhere, training_elsewhere, trial_elsewhere
from backend.sharing.extras import copy_ensembles, copy_scores
from backend.sharing.source import (
    STUDIES,
    STUDY_DIRECTIONS,
    STUDY_SYSTEM,
    STUDY_USER,
    TRIAL_PARTS,
    TRIALS,
    Source,
    own_id,
    parts,
)
from backend.storage import schema as tables
from backend.storage.values import value_or_words
from backend.studies.identity import IDENTITY
from backend.studies.summaries import KEPT

_TRIAL_NOTE: Final = re.compile(r"dashboard:(\d+):(note_(?:ver|str).*)")
_PARENTS: Final = re.compile(r"\w+:parent:\d+")


class Copied(NamedTuple):
    """What was copied of a study.

    Attributes:
        name: where it is now.
        trials: how many.
        ensembles: how many saved ensembles, those that were there before not counted.
        scores: how many stored scores go with it.
        trainings: how many trainings of its architectures.
    """

    name: str
    trials: int
    ensembles: int
    scores: int
    trainings: int = 0


def copy_study(
    source: Source,
    target: Connection,
    study: SharedStudy,
    name: str,
    words: Callable[[str], str] = str,
    *,
    with_scores: bool = True,
    without: Container[str] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Copied:
    """Copy a study with all that belongs to it.

    Args:
        source: where it is.
        target: in a transaction, which is the caller's to end.
        study: as the source's contents list it.
        name: free in the target.
        words: what is done to texts that say where things are.
        with_scores: whether the stored scores of its architectures come too.
        without: names of saved ensembles that stay behind.
        progress: called now and then with how many trials more have been copied.
    """
    old = study.summary.study_id
    new: int = target.scalars(insert(STUDIES).values(study_name=name).returning(STUDIES.c.study_id)).one()
    ids = _copy_trials(source, target, old, new, progress)
    for table in (STUDY_DIRECTIONS, STUDY_USER):
        rows = source.rows(table, table.c.study_id == old)
        _insert(target, table, [_without_id(table, row) | {"study_id": new} for row in rows])
    system = {row["key"]: row["value_json"] for row in source.rows(STUDY_SYSTEM, STUDY_SYSTEM.c.study_id == old)}
    texts = _renumbered(system, ids) | {IDENTITY: json.dumps(study.identity)}
    if KEPT in texts:
        texts[KEPT] = words(texts[KEPT])
    rows_of_system = [{"study_id": new, "key": key, "value_json": text} for key, text in texts.items()]
    _insert(target, STUDY_SYSTEM, rows_of_system)
    _copy_run(source, target, old, new, words)
    trained = _copy_trainings(source, target, old, new, words)
    kept = value_or_words(system[KEPT]) if KEPT in system else {}
    fitted = copy_ensembles(source, target, study.name, name, _tables_in(kept), words, without)
    stored = copy_scores(source, target, old) if with_scores else 0
    return Copied(name, len(ids), fitted, stored, trained)


def _copy_trials(
    source: Source, target: Connection, old: int, new: int, progress: Callable[[int], None]
) -> dict[int, int]:
    """Copy all trials of a study; returns their new ids by the old ones."""
    trials = source.connection.scalars(
        select(TRIALS.c.trial_id).where(TRIALS.c.study_id == old).order_by(TRIALS.c.trial_id)
    ).all()
    ids: dict[int, int] = {}
    for part in parts(trials):
        heads = source.rows(TRIALS, TRIALS.c.trial_id.in_(part))
        rows = [_without_id(TRIALS, trial_elsewhere(head)) | {"study_id": new} for head in heads]
        query = insert(TRIALS).returning(TRIALS.c.trial_id, sort_by_parameter_order=True)
        ids |= zip((head["trial_id"] for head in heads), target.scalars(query, rows).all(), strict=True)
        for table in TRIAL_PARTS:
            found = source.rows(table, table.c.trial_id.in_(part))
            _insert(target, table, [_without_id(table, row) | {"trial_id": ids[row["trial_id"]]} for row in found])
        progress(len(part))
    return ids


def _copy_run(source: Source, target: Connection, old: int, new: int, words: Callable[[str], str]) -> None:
    for row in source.rows(tables.runs, tables.runs.c.study_id == old):
        _insert(target, tables.runs, [run_elsewhere(row, words, live=source.live)[0] | {"study_id": new}])
        lines = source.rows(tables.run_log, tables.run_log.c.study_id == old)
        changed = ({"study_id": new, "message": words(line["message"])} for line in lines)
        rows = [_without_id(tables.run_log, line) | change for line, change in zip(lines, changed, strict=True)]
        _insert(target, tables.run_log, rows)


def _copy_trainings(source: Source, target: Connection, old: int, new: int, words: Callable[[str], str]) -> int:
    """Copy what was trained of a study's architectures; returns how many trainings."""
    found = source.rows(tables.trainings, tables.trainings.c.study_id == old)
    changed = [training_elsewhere(row, words) | {"study_id": new} for row in found]
    _insert(target, tables.trainings, [_without_id(tables.trainings, row) for row in changed])
    return len(found)


def _renumbered(system: Mapping[str, str], ids: Mapping[int, int]) -> dict[str, str]:
    """System attributes that name trials by id: optuna-dashboard's notes on trials, and parents of generations."""
    changed = {}
    for key, text in system.items():
        if note := _TRIAL_NOTE.fullmatch(key):
            # A note on a trial that is not there belongs to nothing.
            if int(note[1]) in ids:
                changed[f"dashboard:{ids[int(note[1])]}:{note[2]}"] = text
        elif _PARENTS.fullmatch(key) and isinstance(parents := value_or_words(text), list):
            changed[key] = json.dumps([ids.get(item, item) if type(item) is int else item for item in parents])
        else:
            changed[key] = text
    return changed


def _tables_in(value: Any) -> dict[str, dict[str, Any]]:
    """Those of a stored value's entries that are tables."""
    found = value if isinstance(value, dict) else {}
    return {name: item for name, item in found.items() if isinstance(item, dict)}


def _without_id(table: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != own_id(table).name}


def _insert(target: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        target.execute(insert(table), list(rows))
