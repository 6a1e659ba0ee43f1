import pandas as pd
import pytest

from backend.analysis.cell_scores import study_scores, table_scores
from tests.score_tables import cheap_table


def trials() -> pd.DataFrame:
    """Cell 7 twice and once in another width; cell 9 without a score of l2_norm; cell 11 failed."""
    return pd.DataFrame(
        {
            "number": range(5),
            "state": ["complete", "repeat", "complete", "complete", "failed"],
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
    found = study_scores(trials())
    assert found.scores.index.tolist() == [7, 9]
    assert found.scores["params"].tolist() == [10.0, 30.0]
    assert list(found.scores) == ["l2_norm", "params"]
    assert found.seconds == pytest.approx(3.0)


@pytest.mark.parametrize("frame", [trials().iloc[:0], pd.DataFrame({"number": [0], "state": ["complete"]})])
def test_a_study_without_scored_cells_has_no_scores(frame: pd.DataFrame) -> None:
    found = study_scores(frame)
    assert found.scores.empty
    assert found.seconds is None


def test_a_table_gives_the_cells_that_have_a_score_and_the_time_a_class() -> None:
    found = table_scores(cheap_table())
    assert len(found.scores) == 15_625 - 341
    assert found.scores["params"].notna().all()
    assert found.seconds == pytest.approx(0.5)
