"""What people write about a study: optuna-dashboard's notes, so that both show, and let edit, the same text."""

from collections.abc import Mapping
from typing import Any

import optuna

from backend.errors import UserError, WriteError
from backend.storage.optuna_internals.notes import note_body
from backend.storage.optuna_internals.objects import storage_of, study_id_of

LONGEST_NOTE = 10_000
NOTE_PREFIX = "dashboard:note_"
"""Of the study's system attributes that hold its note."""
_VERSION = f"{NOTE_PREFIX}ver"


def note_in(system_attributes: Mapping[str, Any]) -> str:
    """The note (Markdown) in a study's system attributes; "" where there is none, or something else in its place."""
    if _VERSION not in system_attributes:
        return ""
    try:
        return str(note_body(system_attributes))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return ""


def save_note(study: optuna.Study, text: str) -> None:
    """Write a study's note (Markdown), also while it is searched; what was there is replaced.

    Args:
        study: in a database that is ready to be written.
        text: of which the first :data:`LONGEST_NOTE` characters are kept.

    Raises:
        UserError: the study was deleted.
        WriteError: another process wrote a note at the same moment.
    """
    # optuna-dashboard takes longer to load than a list of studies to read.
    from optuna_dashboard import save_note as save  # noqa: PLC0415

    kept = text[:LONGEST_NOTE]
    storage, number = storage_of(study), study_id_of(study)
    try:
        if type(storage.get_study_system_attrs(number).get(_VERSION, 0)) is not int:
            storage.set_study_system_attr(number, _VERSION, 0)
        save(study, kept)
        # Optuna says nothing of an attribute that it could not write.
        stored = note_in(storage.get_study_system_attrs(number))
    except KeyError:
        raise UserError(f"study: no study {study.study_name!r} any more; it was deleted at this moment") from None
    if stored != kept:
        raise WriteError(f"note: that of {study.study_name!r} is not stored; save it again")
