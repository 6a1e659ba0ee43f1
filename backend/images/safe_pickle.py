"""Read a pickle of numpy arrays, dicts, lists, bytes and integers, and construct nothing else.

Nothing that a file names is imported or called: the few names that numpy writes stand for inert recorders, and an
array is made only when ``PickledArray.numpy`` has checked the record. So a hostile file cannot run code, nor hand a
forged dtype to numpy; it can still ask for more memory than there is.
"""

import math
import pickle
import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from backend.errors import UserError


class UnsafePickleError(pickle.UnpicklingError):
    """The pickle asks for something that is not data."""


class PickledArray:
    """The record of an integer array of one or two dimensions in a pickle."""

    _state: tuple[Any, ...] = ()

    def __init__(self, *_: object) -> None:
        """Take numpy's placeholder arguments; the content comes with ``__setstate__``."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._state = state

    def numpy(self) -> NDArray[np.integer[Any]]:
        """The array, read-only.

        Raises:
            UnsafePickleError: the record does not describe an integer array, or its bytes don't fill it.
        """
        match self._state:
            case (_, tuple(shape), PickledDtype() as recorded, fortran, bytes() | bytearray() as content):
                dtype = recorded.numpy()
            case _:
                raise UnsafePickleError("an array is incomplete")
        if len(shape) > 2 or not all(isinstance(size, int) and 0 <= size < 2**31 for size in shape):
            raise UnsafePickleError("an array is neither a list nor a table")
        if math.prod(shape) * dtype.itemsize != len(content):
            raise UnsafePickleError("an array is longer or shorter than its shape")
        return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


class _BufferArray(PickledArray):
    """The record of an array as pickle protocol 5 writes it, all in one call."""

    def __init__(self, content: object, dtype: object, shape: object, order: object = "C") -> None:
        self._state = (1, shape, dtype, order == "F", content)


class PickledDtype:
    """The record of a numpy dtype in a pickle."""

    _name: object = None
    _byteorder: object = "="

    def __init__(self, name: object, *_: object) -> None:
        self._name = name

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._byteorder = state[1]

    def numpy(self) -> np.dtype[np.integer[Any]]:
        """The dtype.

        Raises:
            UnsafePickleError: it is not a plain integer type.
        """
        name, byteorder = _text(self._name), _text(self._byteorder)
        if not re.fullmatch(r"[iu][1248]", name) or byteorder not in ("<", ">", "=", "|"):
            raise UnsafePickleError(f"an array has values of type {name!r} instead of integers")
        return np.dtype(byteorder + name)


class _Latin1Bytes(bytes):
    """Bytes as Python 3 writes them in pickle protocol 2: a call of ``_codecs.encode``."""

    def __new__(cls, text: str, encoding: str) -> bytes:  # type: ignore[misc]
        if encoding not in ("latin1", b"latin1"):
            raise UnsafePickleError("bytes have an encoding other than latin1")
        return text.encode("latin1")

    def __setstate__(self, state: object) -> None:
        raise UnsafePickleError("bytes have a state")


def _text(value: object) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


class _Unpickler(pickle.Unpickler):
    _RECORDERS: ClassVar[dict[tuple[str, str], type]] = {
        ("numpy", "ndarray"): PickledArray,
        ("numpy", "dtype"): PickledDtype,
        ("numpy.core.multiarray", "_reconstruct"): PickledArray,
        ("numpy._core.multiarray", "_reconstruct"): PickledArray,
        ("numpy.core.numeric", "_frombuffer"): _BufferArray,
        ("numpy._core.numeric", "_frombuffer"): _BufferArray,
        ("_codecs", "encode"): _Latin1Bytes,
    }

    def find_class(self, module_name: str, global_name: str, /) -> type:
        try:
            return self._RECORDERS[module_name, global_name]
        except KeyError:
            name = f"{module_name}.{global_name}"[:80]
            raise UnsafePickleError(f"it asks for {name!r}, which was not run") from None


def load(path: Path) -> object:
    """Read a pickle file; the strings of Python 2 become bytes, arrays become ``PickledArray``.

    Raises:
        UserError: the file cannot be read, is no pickle, is cut short, or holds anything but data.
    """
    try:
        with path.open("rb") as file:
            return _Unpickler(file, encoding="bytes").load()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnsafePickleError as error:
        raise UserError(f"{path} is not a data file: {error}") from error
    except Exception as error:  # a damaged pickle raises nearly any exception
        raise UserError(f"{path} is damaged or not a pickle file; get it again") from error
