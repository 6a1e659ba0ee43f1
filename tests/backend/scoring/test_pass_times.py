"""The time of any set of proxies, from that of the passes that were measured."""

import pytest

from backend.scoring.pass_times import PassTimes

A, B, C = (frozenset({name}) for name in "abc")
TIMES = PassTimes(
    reads={"one": {0: A}, "two": {0: B}, "three": {0: C}, "apart": {1: A}, "free": {}},
    values={"one": 0.0, "two": 0.0, "three": 0.0, "apart": 0.5, "free": 0.25},
    passes=((0, A, 2.0), (0, A | B, 3.0), (0, A | C, 6.0), (1, A, 4.0)),
)


def test_what_one_adds_depends_on_what_shares_its_pass() -> None:
    assert TIMES.added("two", ["one"]) == 1.0
    assert TIMES.added("two", ["one", "two"]) == 1.0  # what leaving it out saves
    assert TIMES.added("apart", ["one", "two"]) == 4.5
    assert TIMES.added("free", []) == 0.25


def test_a_set_that_was_not_measured_is_put_together_from_its_parts() -> None:
    assert TIMES.total(["one", "two", "three"]) == pytest.approx(2.0 + 1.0 + 4.0)


def test_what_was_not_measured_has_no_price_and_counts_for_nothing_beside_others() -> None:
    assert TIMES.total(["one", "absent"]) is None
    assert TIMES.added("absent", ["one"]) is None
    assert TIMES.added("two", ["one", "absent"]) == 1.0
    assert TIMES.total(["two"]) is None  # only measured together


def test_newer_measurements_count_and_older_ones_stay() -> None:
    newer = PassTimes(reads={"one": {0: A}}, values={"one": 1.0}, passes=((0, A, 7.0),))
    assert TIMES.updated(newer).total(["one"]) == 8.0
    assert TIMES.updated(newer).total(["apart"]) == 4.5


def test_scaling_scales_all_and_a_damaged_record_is_refused() -> None:
    assert TIMES.scaled(0.5).total(["one", "apart"]) == TIMES.total(["one", "apart"]) / 2  # type: ignore[operator]
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        PassTimes.model_validate_json(TIMES.model_dump_json().replace("0.25", "-1"))
