"""What the names in a pickle stand for: inert recorders of arrays, and plain values. Nothing else can be named."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backend.safe_pickle.errors import UnsafePickleError


@dataclass(frozen=True, eq=False, slots=True)
class Maker:
    """What a name in a pickle stands for.

    Attributes:
        make: makes the value from the arguments in the pickle.
    """

    make: Callable[..., object]


AllowList: TypeAlias = Mapping[tuple[str, str], Maker]


class Record:
    """A value whose content follows in a state of its own."""

    def set_state(self, state: Any) -> None:
        """Take the state."""
        raise NotImplementedError


class PickledArray(Record):
    """The record of an integer array of one or two dimensions in a pickle."""

    _state: tuple[Any, ...] = ()

    def __init__(self, *_: object) -> None:
        """Take numpy's placeholder arguments; the content comes with the state."""

    def set_state(self, state: Any) -> None:
        """Take what numpy writes of an array."""
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


class PickledDtype(Record):
    """The record of a numpy dtype in a pickle."""

    _byteorder: object = "="

    def __init__(self, name: object, *_: object) -> None:
        self._name = name

    def set_state(self, state: Any) -> None:
        """Take what numpy writes of a dtype, the byte order among it."""
        self._byteorder = state[1]

    def numpy(self, kinds: str = "iu") -> np.dtype[Any]:
        """The dtype.

        Args:
            kinds: numpy's letters of the kinds of number that are allowed; integers if not given.

        Raises:
            UnsafePickleError: it is of no such kind.
        """
        name, byteorder = _text(self._name), _text(self._byteorder)
        if not re.fullmatch(rf"[{kinds}][1248]", name) or byteorder not in ("<", ">", "=", "|"):
            wanted = "integers" if kinds == "iu" else "plain numbers"
            raise UnsafePickleError(f"an array has values of type {name!r} instead of {wanted}")
        return np.dtype(byteorder + name)


def _buffer_array(content: object, dtype: object, shape: object, order: object = "C") -> PickledArray:
    """An array as pickle protocol 5 writes it, all in one call."""
    array = PickledArray()
    array.set_state((1, shape, dtype, order == "F", content))
    return array


def _latin1_bytes(text: str, encoding: str) -> bytes:
    """Bytes as Python 3 writes them in pickle protocol 2: a call of ``_codecs.encode``."""
    if encoding not in ("latin1", b"latin1"):
        raise UnsafePickleError("bytes have an encoding other than latin1")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """No bytes, as protocol 2 writes them: ``bytes()``. With an argument it would make as many as that says."""
    return b""


def _scalar(dtype: PickledDtype, content: bytes) -> object:
    """A numpy scalar, as Python's own number."""
    return np.frombuffer(content, dtype.numpy("iufb"), count=1)[0].item()


def _ordered_dict(pairs: Iterable[Iterable[object]] = ()) -> dict[object, object]:
    if pairs:
        raise UnsafePickleError("an ordered dict is written in a way that no release uses")
    return {}


def _nothing(*_: object) -> None:
    """The place of a network's weights, which are not wanted."""


def _text(value: object) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


_BYTES: Final = {
    ("_codecs", "encode"): Maker(_latin1_bytes),
    ("__builtin__", "bytes"): Maker(_no_bytes),
    ("builtins", "bytes"): Maker(_no_bytes),
}
_DTYPE: Final = {("numpy", "dtype"): Maker(PickledDtype)}

ARRAYS: Final[AllowList] = {
    **_BYTES,
    **_DTYPE,
    ("numpy", "ndarray"): Maker(PickledArray),
    ("numpy.core.multiarray", "_reconstruct"): Maker(PickledArray),
    ("numpy._core.multiarray", "_reconstruct"): Maker(PickledArray),
    ("numpy.core.numeric", "_frombuffer"): Maker(_buffer_array),
    ("numpy._core.numeric", "_frombuffer"): Maker(_buffer_array),
}
"""Arrays of integers, as ``PickledArray``."""

NUMBERS: Final[AllowList] = {
    **_BYTES,
    **_DTYPE,
    ("numpy.core.multiarray", "scalar"): Maker(_scalar),
    ("numpy._core.multiarray", "scalar"): Maker(_scalar),
    ("collections", "OrderedDict"): Maker(_ordered_dict),
    ("builtins", "set"): Maker(set),
    ("__builtin__", "set"): Maker(set),
}
"""Numpy's numbers as Python's, ordered dicts as dicts, and sets."""

WITHOUT_WEIGHTS: Final[AllowList] = {
    **NUMBERS,
    ("torch._utils", "_rebuild_tensor_v2"): Maker(_nothing),
    ("torch._utils", "_rebuild_parameter"): Maker(_nothing),
    ("torch.storage", "_load_from_bytes"): Maker(_nothing),
}
"""The same, and None in place of every tensor."""
