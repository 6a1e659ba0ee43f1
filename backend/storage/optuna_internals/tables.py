"""Those of Optuna's tables that ProxyScope reads past Optuna's objects and types, and Optuna's times.

They are declared here again: Optuna's own declarations load SQLAlchemy's ORM, which a list of studies need not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy import ColumnElement, DateTime, Enum, String, column, table, type_coerce


@cache
def table_revisions() -> tuple[str, ...]:
    """The revisions of Optuna's tables that the Optuna installed here knows, the oldest first.

    They are the names of its migrations' files: to ask Optuna for them loads Alembic and all of them.
    """
    folder = files("optuna.storages._rdb.alembic") / "versions"
    found = [file.name.removesuffix(".py").rstrip("_") for file in folder.iterdir() if file.name.endswith(".py")]
    return tuple(sorted(found, key=lambda revision: [*map(int, re.findall(r"\d+", revision)), revision[-1]]))


def in_utc(moment: datetime | str | None) -> datetime | None:
    """A stored time, aware and in UTC.

    Args:
        moment: as Optuna stores it, in UTC without saying so; SQLite gives an aggregate of such as text.
    """
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.replace(tzinfo=UTC) if moment else None


def times_as_text(columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """Columns whose times are read as SQLite stores them, for rows in which one is no time."""
    return [type_coerce(c, String).label(c.key) if isinstance(c.type, DateTime) else c for c in columns]


STUDIES = table("studies", column("study_id"), column("study_name"))

STUDY_DIRECTIONS = table(
    "study_directions", column("study_id"), column("objective"), column("direction", Enum(StudyDirection))
)
STUDY_USER, STUDY_SYSTEM = (
    table(f"study_{kind}_attributes", column("study_id"), column("key"), column("value_json"))
    for kind in ("user", "system")
)

TRIALS = table(
    "trials",
    column("trial_id"),
    column("number"),
    column("study_id"),
    column("state", Enum(TrialState)),
    column("datetime_start", DateTime),
    column("datetime_complete", DateTime),
)
"""PostgreSQL compares a state with values of its own type alone, so that the type has to be said."""

INTERMEDIATE_VALUES = table("trial_intermediate_values", column("trial_id"))
