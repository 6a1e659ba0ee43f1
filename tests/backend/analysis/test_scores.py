import pandas as pd
import pytest

from backend.analysis.scores import seconds_a_class, study_scores, table_scores, with_sizes
from backend.datasets.info import DATASETS
from backend.scoring import Scorer
from backend.scoring.tables import ScoreTable
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture, NasBench201
from tests.score_tables import cheap_table
from tests.toy_space import ToySpace

SPACE = NasBench201()


def trials() -> pd.DataFrame:
    """Cell 7 twice and once in another width; cell 9 without a score of l2_norm; cell 11 failed."""
    return pd.DataFrame(
        {
            "number": range(5),
            "state": ["complete", "repeat", "complete", "complete", "failed"],
            "architecture": ["a", "a", "a C=8 N=5", "b", "c"],
            "index": [7.0, 7.0, 7.0, 9.0, 11.0],
            "C": [16.0, 16.0, 8.0, 16.0, 16.0],
            "N": 5.0,
            "l2_norm": [1.0, 1.0, 5.0, None, 2.0],
            "params": [10.0, 10.0, 50.0, 30.0, 20.0],
            "average_bitwidth": 32.0,
            "zen": float("nan"),
            "seconds": [2.0, 0.0, 9.0, 4.0, 1.0],
        }
    )


def test_a_study_gives_its_distinct_cells_of_the_benchmarks_size() -> None:
    found = study_scores(trials(), SPACE)
    assert found.index.tolist() == [7, 9]
    assert found["params"].tolist() == [10.0, 30.0]
    assert list(found) == ["l2_norm", "params"]


@pytest.mark.parametrize("frame", [trials().iloc[:0], pd.DataFrame({"number": [0], "state": ["complete"]})])
def test_a_study_without_scored_cells_has_no_scores(frame: pd.DataFrame) -> None:
    assert study_scores(frame, SPACE).empty


def test_a_table_gives_the_cells_that_have_a_score_and_the_time_a_class() -> None:
    found = table_scores(cheap_table())
    assert len(found) == 15_625 - 341
    assert found["params"].notna().all()
    assert seconds_a_class(cheap_table()) == pytest.approx(0.5)


def test_a_table_of_sizes_alone_took_no_time_a_class() -> None:
    table = cheap_table()
    assert seconds_a_class(ScoreTable(table.scores[["params", "flops"]], table.provenance)) is None


def test_cells_of_one_class_share_it_and_disconnected_ones_have_none() -> None:
    classes = SPACE.classes()
    assert classes.isna().sum() == 341
    for index in (0, 5115, 9930):
        cell = Cell.from_index(index)
        assert classes[index] == cell.representative().index


@pytest.mark.parametrize("dataset", DATASETS)
def test_sizes_are_those_that_the_proxies_count(dataset: str) -> None:
    cells = [Cell.from_index(index) for index in (0, 5115, 9930)]
    scorer = Scorer(dataset, ["params", "flops"], batch_size=2, device="cpu")
    found = with_sizes(pd.DataFrame({"snip": 1.0}, index=[cell.index for cell in cells]), SPACE, dataset)
    assert list(found) == ["snip", "params", "flops"]
    for cell in cells:
        assert found.loc[cell.index, ["params", "flops"]].to_dict() == pytest.approx(
            scorer.score(CellArchitecture(cell)), rel=1e-6
        )


def test_recorded_sizes_are_kept() -> None:
    found = with_sizes(pd.DataFrame({"params": [1.0]}, index=[5115]), SPACE, "cifar10")
    assert found.loc[5115, "params"] == 1.0
    assert found.loc[5115, "flops"] > 100


def test_in_a_space_without_an_index_scores_go_by_key() -> None:
    found = study_scores(trials().drop(columns=["index", "C", "N"]), ToySpace())
    assert found.index.tolist() == ["a", "a C=8 N=5", "b"]
    assert found["params"].tolist() == [10.0, 50.0, 30.0]
    assert with_sizes(found[["l2_norm"]], ToySpace(), "cifar10").columns.tolist() == ["l2_norm"]
