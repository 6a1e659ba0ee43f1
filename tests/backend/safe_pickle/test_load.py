"""The unpickler: reads data of every pickle protocol, and runs nothing."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from backend import safe_pickle
from tests.backend.datasets.published import python2_pickle


def read(folder: Path, content: bytes) -> object:
    file = folder / "batch"
    file.write_bytes(content)
    return safe_pickle.load(file)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["uint8", "int64", ">i4"])
def test_arrays_of_every_protocol_come_back_equal(tmp_path: Path, protocol: int, dtype: str) -> None:
    array = np.arange(24).reshape(4, 6).astype(dtype)
    content = read(tmp_path, pickle.dumps({b"c": array, b"fortran": np.asfortranarray(array)}, protocol=protocol))
    for recorded in content.values():
        np.testing.assert_array_equal(recorded.numpy(), array)


def test_pickles_of_python_2_come_back_equal(tmp_path: Path) -> None:
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    written = {b"data": array, b"labels": [1, 2, 300], b"name": b"x" * 300}
    assert b"_codecs" not in python2_pickle(written)
    content = read(tmp_path, python2_pickle(written))
    np.testing.assert_array_equal(content.pop(b"data").numpy(), array)
    assert content == {b"labels": [1, 2, 300], b"name": b"x" * 300}


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_hostile_pickle_is_refused_and_runs_nothing(tmp_path: Path, protocol: int) -> None:
    victim = tmp_path / "victim"
    calls = [
        Call(os.mkdir, str(victim)),
        Call(eval, f"__import__('os').mkdir({str(victim)!r})"),
        Call(getattr, "", "join"),
        Call(np.fromfile, "/etc/passwd"),
        Call(bytearray, 10),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"batch is not a data file: it asks for .*, which was not run$"):
            read(tmp_path, pickle.dumps({b"data": call}, protocol=protocol))
    assert not victim.exists()


def test_a_refusal_is_one_line_whatever_the_file_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it asks for 'os\\nx\.a{70,80}', which was not run$") as refusal:
        read(tmp_path, b"\x80\x04\x8c\x04os\nx\x8c\xfa" + b"a" * 250 + b"\x93.")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [
        b"cnumpy\ndtype\n(V\nK\x00K\x01tR(K\x03(Nu}tb.",  # a state that is none
        b"cnumpy\ndtype\n}X\x01\x00\x00\x00aK\x01sb.",  # a state set on the recorder itself
        b"c_codecs\nencode\n}X\x01\x00\x00\x00aK\x01sb.",
        b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.",  # a codec that is not latin1
        b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93.",  # an attribute of an allowed name
        b"P1\n.",  # a persistent id
        b"\x82\x01.",  # a registered extension
        b"",
        b"not a pickle",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_forged_and_foreign_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as refusal:
        read(tmp_path, content)
    assert str(refusal.value).startswith(f"{tmp_path / 'batch'} is ")
    assert not hasattr(safe_pickle.PickledDtype, "a")


def test_an_array_made_without_its_content_is_refused(tmp_path: Path) -> None:
    recorded = read(tmp_path, b"\x80\x02cnumpy\nndarray\n)\x81.")
    with pytest.raises(safe_pickle.UnsafePickleError, match="an array is incomplete"):
        recorded.numpy()


def forged(shape: tuple[object, ...], dtype: str, content: bytes) -> bytes:
    """An array's pickle with any shape, type and bytes."""
    honest = pickle.dumps(np.zeros((2, 3), np.uint8), protocol=0)
    assert honest.count(b"(I2\nI3\ntp") == 1
    sizes = b"".join(pickle.dumps(size, protocol=0)[:-1] for size in shape)
    changed = honest.replace(b"(I2\nI3\nt", b"(" + sizes + b"t").replace(b"Vu1\n", f"V{dtype}\n".encode())
    return changed.replace(b"V\\u0000" + b"\\u0000" * 5, b"V" + b"\\u0000" * len(content))


@pytest.mark.parametrize(
    ("shape", "dtype", "size", "message"),
    [
        ((2, 3), "u1", 5, "longer or shorter than its shape"),
        ((2, 4), "u1", 6, "longer or shorter than its shape"),
        ((2, 3), "u8", 6, "longer or shorter than its shape"),
        ((2, 3), "O", 6, "values of type 'O' instead of integers"),
        ((2, 3), "f8", 48, "values of type 'f8' instead of integers"),
        ((-1, -6), "u1", 6, "neither a list nor a table"),
        ((0, 2**63), "u1", 0, "neither a list nor a table"),
        ((1, 2, 3), "u1", 6, "neither a list nor a table"),
        ((2.0, 3), "u1", 6, "neither a list nor a table"),
    ],
)
def test_a_forged_array_is_refused(
    tmp_path: Path, shape: tuple[object, ...], dtype: str, size: int, message: str
) -> None:
    recorded = read(tmp_path, forged(shape, dtype, bytes(size)))
    with pytest.raises(safe_pickle.UnsafePickleError, match=message):
        recorded.numpy()


def test_an_honest_array_passes_the_forger(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read(tmp_path, forged((3, 2), "u1", bytes(6))).numpy(), np.zeros((3, 2)))


def test_a_file_cut_short_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = python2_pickle({b"data": np.arange(12, dtype=np.uint8), b"labels": [1, 2, 3]})
    for size in range(len(whole)):
        with pytest.raises(ValueError, match=r"batch is damaged or not a pickle file; get it again$"):
            read(tmp_path, whole[:size])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere cannot be read: No such file"):
        safe_pickle.load(tmp_path / "nowhere")
