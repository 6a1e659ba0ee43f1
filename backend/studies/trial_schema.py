"""The schema of a study's table of trials: what a column is called settles its dtype, whatever the rows are.

pandas takes the dtype of a column from its values: one without any becomes "object", one of times without any loses its
time zone, and what is put together from both is neither. So each column is made here, and each table checked.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pandas as pd

_LARGEST_INDEX: Final = 2**63
NUMBER: Final = "float64"
WORDS: Final = "str"
FIXED: Final[dict[str, str]] = {
    "number": "int64",
    "state": WORDS,
    "breaks": WORDS,
    "architecture": WORDS,
    "arch": WORDS,
    "index": "Int64",
    "finished": "datetime64[us, UTC]",
    "pareto": "bool",
}
"""The dtypes of the columns that mean the same in every study; the others hold numbers, or words."""


def is_number(value: object) -> bool:
    """Whether a value is a number; truth values are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_float(value: Any) -> float:
    """A number; NaN for what is none, or too large for a float."""
    try:
        return float(value) if is_number(value) else math.nan
    except OverflowError:
        return math.nan


def numbers(values: Sequence[Any]) -> "pd.Series[float]":
    """A column of numbers, each as :func:`as_float` gives it."""
    try:
        return pd.Series(np.array(values, dtype=NUMBER).reshape(len(values)))
    except (TypeError, ValueError, OverflowError):
        return pd.Series([as_float(value) for value in values], dtype=NUMBER)


def words(values: Iterable[Any]) -> "pd.Series[str]":
    """A column of words; None is unknown, and anything else stands as it is written."""
    return pd.Series(
        [value if value is None or isinstance(value, str) else str(value) for value in values], dtype=WORDS
    )


def table(columns: Mapping[str, Sequence[Any] | pd.Series]) -> pd.DataFrame:
    """A table of trials from columns by name; those that are not in `FIXED` are given as series."""
    return checked(pd.DataFrame({name: _column(name, values) for name, values in columns.items()}))


def joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Tables of trials of one study, one below the other."""
    return checked(pd.concat(list(parts), ignore_index=True))


def checked(frame: pd.DataFrame) -> pd.DataFrame:
    """The table itself.

    Raises:
        TypeError: a column has not the dtype that its name asks for.
    """
    for name, dtype in frame.dtypes.items():
        wanted = FIXED.get(str(name))
        if str(dtype) != wanted and (wanted or str(dtype) not in {NUMBER, WORDS}):
            raise TypeError(f"table of trials: column {name!r} is of dtype {dtype}, not {wanted or 'float64 or str'}")
    return frame


def _column(name: str, values: Sequence[Any] | pd.Series) -> pd.Series:
    match FIXED.get(name):
        case "str":
            return words(values)
        case "Int64":
            return pd.Series([value if _is_index(value) else None for value in values], dtype="Int64")
        case "datetime64[us, UTC]":
            return _moments(values)
        case None:
            return pd.Series(values)
        case dtype:
            return pd.Series(values, dtype=dtype)


def _moments(values: Iterable[datetime | None]) -> pd.Series:
    """Times in UTC; one that names no zone is of this machine's, as Optuna gives them."""
    known = [pd.NaT if moment is None else moment.astimezone(UTC) for moment in values]
    return pd.Series(pd.DatetimeIndex(known, dtype=FIXED["finished"]))


def _is_index(value: object) -> bool:
    """Whether a value can be an index; a number that JSON calls 5.0 is one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value in range(_LARGEST_INDEX)
