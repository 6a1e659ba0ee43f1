"""Optuna's times, as the database holds them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, String, type_coerce


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
