import pandas as pd

from dashboard.figures.learning_curves import learning_curve


def test_medians_and_bands_by_size_with_references() -> None:
    curve = pd.DataFrame({"cells_labelled": [8, 8, 8, 16, 16, 16], "spearman": [0.1, 0.2, 0.6, 0.5, 0.7, 0.8]})
    figure = learning_curve(curve, "spearman", {"no labels": 0.4})
    line = figure.data[2]
    assert list(line.x) == [8, 16]
    assert list(line.y) == [0.2, 0.7]
    assert figure.layout.annotations[0].text == "no labels"


def test_no_size_yet_is_said() -> None:
    assert "No size" in learning_curve(pd.DataFrame(), "kendall").layout.annotations[0].text
