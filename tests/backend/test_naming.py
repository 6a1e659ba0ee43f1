"""Names from data: shown without acting, and made files of without leading anywhere."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.naming import file_name, is_visible, visible
from tests.hostile_names import ACTING, ANY, MARKUP, PATHS, SPOKEN

NAMES = st.text(st.characters(), max_size=300) | st.sampled_from(ANY)


@pytest.mark.parametrize("name", [*SPOKEN, *MARKUP, *PATHS])
def test_what_can_be_seen_is_shown_as_it_is(name: str) -> None:
    assert visible(name) == name


@pytest.mark.parametrize("name", ACTING)
def test_what_acts_is_shown_escaped(name: str) -> None:
    assert not is_visible(name)
    assert visible(name).encode().decode("unicode_escape") == name


@given(NAMES)
def test_nothing_shown_acts(name: str) -> None:
    shown = visible(name)
    kinds = {unicodedata.category(character) for character in shown} - {"Cf"}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}
    assert {character for character in shown if unicodedata.category(character) == "Cf"} <= {"\u200c", "\u200d"}
    assert visible(shown) == shown


@given(NAMES)
@example("")
@example("a" * 300)
@example("搜" * 300)
@example("NUL")
@example("x.")
def test_a_file_name_is_one_component_that_every_system_takes(name: str) -> None:
    made = file_name(name)
    assert Path(made).name == made
    assert made not in {"", ".", ".."}
    assert not set(made) & set('/\\:*?"<>|')
    assert is_visible(made)
    assert made[0] not in ".- "
    assert made[-1] not in ". "
    assert made.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
    assert len(made.encode()) <= 200
    assert unicodedata.is_normalized("NFC", made)


@given(NAMES, NAMES)
@example("a/b", "a_b")
@example("a/b", file_name("a/b"))
@example("é", "e\u0301")
@example("x" * 200, "x" * 201)
def test_two_names_never_share_a_file(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)


@pytest.mark.parametrize(
    "name", ["搜索-零成本-1", "Größe", "cifar10 tpe 2026-01-01 10.00.00", "exp[1]", "latency [ms]"]
)
def test_a_name_that_can_be_a_file_stays(name: str) -> None:
    assert file_name(name) == name
