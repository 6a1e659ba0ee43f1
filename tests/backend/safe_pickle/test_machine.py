"""The machine behind the unpickler: what Python's own unpickler gives, in a stream, in little memory."""

import io
import pickle
import tracemalloc
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.safe_pickle.errors import UnsafePickleError
from backend.safe_pickle.machine import Machine
from backend.safe_pickle.records import NUMBERS
from backend.safe_pickle.source import Source

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def read(content: bytes, **settings: Any) -> object:
    return Machine(Source(io.BytesIO(content)), NUMBERS, **settings).load()


KEYS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary())
LEAVES = KEYS | st.sets(KEYS, max_size=3)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS | st.tuples(KEYS, KEYS), inner) | st.tuples(inner, inner),
)


@settings(deadline=None, max_examples=60)
@given(VALUES)
def test_data_come_back_equal_in_every_protocol(value: object) -> None:
    for protocol in PROTOCOLS:
        assert read(pickle.dumps(value, protocol=protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpys_numbers_and_ordered_dicts_come_back_as_pythons(protocol: int) -> None:
    written = {"a": np.float64(0.1), "b": np.int64(-7), "c": np.float32(0.5), "d": np.bool_(True)}
    value = [written, OrderedDict(written), {1, 2}]
    assert read(pickle.dumps(value, protocol=protocol)) == [written, written, {1, 2}]
    assert type(read(pickle.dumps(np.float64(0.1), protocol=protocol))) is float


@pytest.mark.parametrize("size", [1 << 18, (1 << 18) - 3, 1 << 20])
def test_values_across_the_windows_edge_come_back_equal(size: int) -> None:
    """The window is moved every 256 KB; each kind of instruction is met at its edge somewhere."""
    value = ["a" * size, *range(300), "ä" * 300, *(f"{number}@x" for number in range(90_000)), 0.5, b"b" * 70_000]
    for protocol in (2, 4, 5):
        assert read(pickle.dumps(value, protocol=protocol)) == value


def test_one_pickle_after_another_is_read() -> None:
    machine = Machine(Source(io.BytesIO(pickle.dumps([1]) + pickle.dumps("two", 2) + pickle.dumps({3: 3}))), NUMBERS)
    assert (machine.load(), machine.load(), machine.load()) == ([1], "two", {3: 3})


def shared(count: int) -> tuple[bytes, list[object]]:
    """A pickle with so many marked texts that the memo packs them up, each used again at the end."""
    texts = [f"train@{number % 1000}-{number // 1000}" for number in range(count)]
    texts[count // 2 :] = ["".join(["a", str(number % 7)]) for number in range(count // 2)]
    value = [*texts, *texts[::-1]]
    return pickle.dumps(value, protocol=2), value


@pytest.mark.parametrize("count", [65_535, 65_536, 140_000])
def test_texts_are_found_again_however_far_back_they_are(count: int) -> None:
    content, value = shared(count)
    assert read(content) == value


def test_a_dict_is_replaced_when_it_is_complete() -> None:
    value = {"a": {"x": 1, "y": [2]}, "b": {"x": 3, "y": []}}
    seen: list[object] = []

    def on_dict(found: dict[object, object]) -> object:
        seen.append(dict(found))
        return found.get("x", found)

    assert read(pickle.dumps(value), on_dict=on_dict) == {"a": 1, "b": 3}
    assert seen == [{"x": 1, "y": [2]}, {"x": 3, "y": []}, {"a": 1, "b": 3}]


def records(count: int) -> bytes:
    """Many dicts of a thousand numbers, under one name of their own."""
    shared_name = "".join(["shared", "name"])
    value = [{"epochs": {f"e@{e}": n + e / 7 for e in range(1000)}, shared_name: n} for n in range(count)]
    return pickle.dumps(value, protocol=2)


@pytest.mark.slow
def test_memory_does_not_grow_with_what_is_given_up() -> None:
    def peak(count: int) -> int:
        content = records(count)
        tracemalloc.start()
        values = read(content, on_dict=lambda found: found.get("sharedname", found))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert values == list(range(count))
        return top

    few, many = peak(70), peak(210)
    assert many < few + (1 << 20)


def test_what_is_given_up_is_not_handed_out_again() -> None:
    inner = [1, 2]
    outer = {"x": inner, "y": 3}
    for again in (inner, outer):
        content = pickle.dumps([outer, again])
        assert read(content) == [outer, again]
        with pytest.raises(UnsafePickleError, match="refers to a value that it does not hold"):
            read(content, on_dict=lambda _: None)


def test_numbers_outlive_what_they_were_in() -> None:
    """The official files share numpy's numbers between the runs of an architecture."""
    number = np.float64(0.25)
    content = pickle.dumps([{"x": number, "n": 1}, {"x": number, "n": 2}], protocol=2)
    assert read(content, on_dict=lambda found: found["x"]) == [0.25, 0.25]


def test_the_budget_is_for_what_is_held() -> None:
    content = records(60)
    held = Source(io.BytesIO(content), budget=1 << 18)
    values = Machine(held, NUMBERS, on_dict=lambda found: found.get("sharedname", found)).load()
    assert values == list(range(60))
    with pytest.raises(UnsafePickleError, match="it holds more than 0 MB"):
        Machine(Source(io.BytesIO(content), budget=1 << 18), NUMBERS).load()


def test_long_bytes_are_passed_over() -> None:
    content = pickle.dumps([b"short", b"l" * 5_000_000, "end"], protocol=4)
    source = Source(io.BytesIO(content), budget=1 << 18)
    assert Machine(source, NUMBERS, longest_bytes=4096).load() == [b"short", None, "end"]


def test_an_instruction_that_is_not_data_is_named() -> None:
    with pytest.raises(UnsafePickleError, match="it has the instruction BINPERSID, which does not stand for data"):
        read(b"\x80\x02K\x01Q.")
