"""Makes tables that are missing, also where several processes open an empty database at the same moment."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

_ATTEMPTS = 5
_Made = TypeVar("_Made")


def made_together(make: Callable[[], _Made]) -> _Made:
    """Call what makes missing tables; again where another process has made one of them at the same moment."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return make()
        except SQLAlchemyError as error:
            if "already exists" not in str(error):
                raise
    return make()
