"""A pickle file as a whole."""

from pathlib import Path

from backend.errors import UserError
from backend.safe_pickle.errors import UnsafePickleError
from backend.safe_pickle.machine import Machine
from backend.safe_pickle.records import ARRAYS
from backend.safe_pickle.source import Source


def load(path: Path) -> object:
    """Read a pickle of arrays, dicts, lists, texts and integers; the strings of Python 2 become bytes.

    Returns:
        The content, its arrays as ``PickledArray``.

    Raises:
        UserError: the file cannot be read, is no pickle, is cut short, or holds anything but data.
    """
    try:
        with path.open("rb") as file:
            return Machine(Source(file), ARRAYS).load()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnsafePickleError as error:
        raise UserError(f"{path} is not a data file: {error}") from error
    except Exception as error:  # a damaged pickle raises nearly any exception
        raise UserError(f"{path} is damaged or not a pickle file; get it again") from error
