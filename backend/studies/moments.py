"""Optuna's times, as the database holds them."""

from datetime import UTC, datetime


def in_utc(moment: datetime | str | None) -> datetime | None:
    """A stored time, aware and in UTC.

    Args:
        moment: as Optuna stores it, in UTC without saying so; SQLite gives an aggregate of such as text.
    """
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.replace(tzinfo=UTC) if moment else None
