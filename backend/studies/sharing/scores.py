"""Stored scores that go with a study.

A study does not say under which setting its scores are stored. The store does: the study's setting is one under which
the very numbers that its trials record stand for their cells.
"""

from typing import Any

from sqlalchemy import Connection, select

from backend.cells import Cell
from backend.errors import UserError
from backend.studies.attributes import numbers_in, value_or_words
from backend.studies.sharing.source import Source, parts
from backend.studies.sharing.tables import TRIAL_USER, TRIALS
from backend.studies.trials import INDEX, SOFTWARE

_ROWS = 1_000


def copy_scores(source: Source, target: Connection, study_id: int) -> int:
    """Copy the stored scores of a study's cells; those that are there already stay.

    Args:
        source: where the study is.
        target: in a transaction.
        study_id: in the source.

    Returns:
        How many rows were copied or found.
    """
    # The score store loads PyTorch.
    from backend.scoring.store import insert_new, scores  # noqa: PLC0415

    recorded = _recorded(source, study_id)
    if not recorded:
        return 0
    stored = list(source.rows_of(scores, scores.c.cell_class, sorted(recorded)))
    settings = {
        row["setting"] for row in stored if recorded[row["cell_class"]].get(row["proxy"], object()) == row["value"]
    }
    rows = [{key: value for key, value in row.items() if key != "id"} for row in stored if row["setting"] in settings]
    for begin in range(0, len(rows), _ROWS):
        insert_new(target, rows[begin : begin + _ROWS])
    return len(rows)


def _recorded(source: Source, study_id: int) -> dict[int, dict[str, Any]]:
    """Scores that the study's trials record, by the class of their cell."""
    trials = source.connection.scalars(select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id)).all()
    attributes: dict[int, dict[str, Any]] = {}
    for part in parts(trials):
        wanted = TRIAL_USER.c.trial_id.in_(part), TRIAL_USER.c.key.in_((INDEX, SOFTWARE))
        for row in source.rows(TRIAL_USER, *wanted):
            attributes.setdefault(row["trial_id"], {})[row["key"]] = value_or_words(row["value_json"])
    recorded: dict[int, dict[str, Any]] = {}
    for found in attributes.values():
        try:
            cell = Cell.from_index(found.get(INDEX, -1))
        except UserError:
            continue  # an attribute of that name in a study made elsewhere
        recorded.setdefault(cell.representative().index, {}).update(numbers_in(found.get(SOFTWARE)))
    return recorded
