import pandas as pd
import pytest

from backend.analysis.regret import placed
from backend.spaces import registry
from backend.truth import measures
from dashboard.figures import study_percentiles
from dashboard.figures.space_scatter import RECOMMENDED, TRIALS

WORDS = registry.get().words

SHOWN = [measures.accuracy(dataset, 200) for dataset in ("cifar10", "cifar100")]


@pytest.fixture
def cells() -> pd.DataFrame:
    return pd.DataFrame({"number": [0, 4], "index": [0, 6111], "recommended": [False, True]})


def test_each_dataset_has_a_row_with_every_cell_at_its_percentile(cells: pd.DataFrame) -> None:
    figure = study_percentiles({measure: placed(cells, measures.values(measure)) for measure in SHOWN})
    by_name = {trace.name: trace for trace in figure.data}
    assert by_name[TRIALS].customdata[:, 0].tolist() == [0, 0]
    assert by_name[RECOMMENDED].customdata[:, 0].tolist() == [6111, 6111]
    assert by_name[RECOMMENDED].x[0] == 100
    assert by_name[TRIALS].x[0] == pytest.approx(16.4864, abs=1e-3)
    assert [round(height) for height in by_name[TRIALS].y] == [0, 1]
    assert list(figure.layout.yaxis.ticktext) == ["cifar10", "cifar100"]
    assert "NATS-Bench tss v1_0" in figure.layout.xaxis.title.text
    _, trial, accuracy, rank = by_name[RECOMMENDED].customdata[0].tolist()
    assert (trial, accuracy, rank) == (4, pytest.approx(94.37, abs=0.01), 1)


def test_two_releases_are_told_apart(cells: pd.DataFrame) -> None:
    shown = [measures.accuracy(dataset, 200, "valid") for dataset in ("cifar10-valid", "cifar100")]
    figure = study_percentiles({measure: placed(cells, measures.values(measure)) for measure in shown})
    words = figure.layout.xaxis.title.text
    assert "cifar10-valid [NATS-Bench tss v1_0]; cifar100 [NAS-Bench-201-v1_1-096897]" in words


@pytest.mark.parametrize("shown", [SHOWN, []])
def test_a_study_without_cells_is_said(cells: pd.DataFrame, shown: list[measures.Measure]) -> None:
    figure = study_percentiles({measure: placed(cells[:0], measures.values(measure)) for measure in shown}, WORDS)
    assert len(figure.data) == 0
    assert "no scored cell" in figure.layout.annotations[0].text
