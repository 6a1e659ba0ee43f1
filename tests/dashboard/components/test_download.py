"""Tables to take away: what a spreadsheet would compute is text."""

import io
from datetime import UTC, datetime

import pandas as pd
import pytest

from dashboard.widgets.tables import csv_text


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(1)"])
def test_a_formula_is_marked_as_text_in_cells_and_headings(text: str) -> None:
    read = pd.read_csv(io.StringIO(csv_text(pd.DataFrame({text: [text, "plain"]}))), keep_default_na=False)
    marked = f"'{text}".replace("\r", "\n")
    assert list(read) == [marked]
    assert list(read.iloc[:, 0]) == [marked, "plain"]


def test_numbers_and_everything_else_stay_as_they_are() -> None:
    table = pd.DataFrame(
        {
            "number": [-1.5, 2.0],
            "word": ["-1.5", "+3e4"],
            "mixed": [-1, None],
            "when": [datetime(2026, 1, 1, tzinfo=UTC)] * 2,
            "yes": [True, False],
            "kind": pd.Categorical(["a", "=b"]),
            "list": [["=x"], []],
        }
    )
    expected = table.assign(kind=["a", "'=b"]).to_csv(index=False)
    assert csv_text(table) == expected
    assert list(table["kind"]) == ["a", "=b"]


def test_columns_of_one_name_are_both_there() -> None:
    table = pd.DataFrame([["=1", "=2"]], columns=["a", "a"])
    assert csv_text(table).splitlines() == ["a,a", "'=1,'=2"]
