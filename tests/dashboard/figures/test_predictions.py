import pandas as pd

from backend.spaces import registry
from dashboard.figures.predictions import predictions

WORDS = registry.get().words

CELLS = pd.DataFrame({"predicted": [90.0, 92.0, None], "accuracy": [91.0, 93.0, 94.0]}, index=[5, 7, 9])


def test_markers_carry_their_cells_and_the_chosen_one_is_ringed() -> None:
    figure = predictions({"seen": CELLS, "apart": CELLS}, is_accuracy=True, target="True (%)", selected=7)
    assert [trace.name for trace in figure.data[:2]] == ["seen", "apart"]
    assert figure.data[1].customdata.tolist() == [[5], [7]]
    assert figure.data[2].x[0] == 92.0
    assert len(figure.layout.shapes) == 1


def test_sums_of_ranks_have_no_line_of_equality() -> None:
    figure = predictions({"cells": CELLS}, is_accuracy=False, target="True (%)")
    assert not figure.layout.shapes
    assert "log ranks" in figure.layout.xaxis.title.text


def test_nothing_known_is_said() -> None:
    figure = predictions({"cells": CELLS.iloc[2:]}, is_accuracy=True, target="True (%)", words=WORDS)
    assert "No cell" in figure.layout.annotations[0].text
