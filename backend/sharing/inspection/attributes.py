"""The attributes in a file: JSON that can be read, and of those that Optuna and its dashboard know, the right kinds."""

import json
import re
import sqlite3
from collections import defaultdict
from typing import Any, Final

from backend.sharing.inspection.file import BadFileError
from backend.storage.values import UnreadableValueError, read_value

_LONE: Final = re.compile(r"\\ud[89a-f]", re.IGNORECASE)
_NOTE: Final = re.compile(r"dashboard:(?:(\d+):)?note_(ver|str:(\d+))")
_CONSTRAINTS: Final = "constraints"


def read_json(text: str) -> Any:
    """A JSON text as Python's own ``json`` reads it, numbers that are not finite included.

    Raises:
        BadFileError: it is none, nested too deeply, or has text in it that cannot be written down.
    """
    try:
        value = read_value(text)
        if _LONE.search(text):
            json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnreadableValueError as error:
        raise BadFileError(f"it has an attribute that is {error}: {text[:40]!r}") from None
    except ValueError:
        raise BadFileError(f"it has an attribute with half of a character: {text[:40]!r}") from None
    return value


def check_attributes(connection: sqlite3.Connection) -> None:
    """Check the attributes of all studies and trials.

    Raises:
        BadFileError: one cannot be read, or what Optuna or its dashboard would read of it is of another kind.
    """
    for table in ("study_user_attributes", "trial_user_attributes"):
        for (text,) in connection.execute(f"SELECT value_json FROM {table}"):
            read_json(text)
    for key, text in connection.execute("SELECT key, value_json FROM trial_system_attributes"):
        value = read_json(text)
        if key == _CONSTRAINTS:
            _require(isinstance(value, list) and all(map(_is_number, value)), key)
        elif key.startswith(f"{_CONSTRAINTS}:"):
            _require(_is_number(value), key)
    _check_study_attributes(connection)


def _check_study_attributes(connection: sqlite3.Connection) -> None:
    objectives = dict(connection.execute("SELECT study_id, count(*) FROM study_directions GROUP BY study_id"))
    notes = defaultdict[tuple[int, str], set[int]](set)
    noted = set[tuple[int, str]]()
    query = "SELECT study_id, key, value_json FROM study_system_attributes"
    for study, key, text in connection.execute(query):
        value = read_json(text)
        if key == "study:metric_names":
            names = value if isinstance(value, list) else []
            _require(len(names) == objectives.get(study, 0) and all(isinstance(name, str) for name in names), key)
        elif note := _NOTE.fullmatch(key):
            place = (study, note[1] or "")
            if note[2] == "ver":
                _require(type(value) is int, key)
                noted.add(place)
            else:
                _require(isinstance(value, str) and str(int(note[3])) == note[3], key)
                notes[place].add(int(note[3]))
        elif re.match(r"dashboard:(?:\d+:)?note_str:", key):
            raise BadFileError(f"its attribute {key[:50]!r} is no part of a note")
    for place in noted:
        if notes[place] != set(range(len(notes[place]))):
            raise BadFileError("a note in it has parts missing")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _require(condition: bool, key: str) -> None:
    if not condition:
        raise BadFileError(f"its attribute {key[:50]!r} is not what Optuna keeps there")
