import numpy as np
import pandas as pd
import pytest
from scipy import stats

from backend.analysis.correlation import agreement


def scores() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    size, noise = rng.normal(size=60), rng.normal(size=60)
    return pd.DataFrame(
        {
            "size": size,
            "noise": noise,
            "size too": np.exp(size + rng.normal(0, 0.1, 60)),
            "noise turned": -noise + rng.normal(0, 0.1, 60),
            "flat": 1.0,
        }
    )


@pytest.mark.parametrize("unknown", [[], [3], [3, 10, 11]])
def test_each_entry_is_scipys_spearman_over_the_rows_known_in_both(unknown: list[int]) -> None:
    frame = scores()
    frame.loc[unknown, "size"] = np.nan
    frame.loc[59] = np.nan
    found = agreement(frame)
    assert set(found.index) == set(found.columns) == set(frame)
    for a in set(frame) - {"flat"}:
        for b in set(frame) - {"flat"}:
            both = frame[[a, b]].dropna() if a != b else frame[[a]].dropna().assign(b=lambda x: x.iloc[:, 0])
            assert found.loc[a, b] == pytest.approx(stats.spearmanr(both.iloc[:, 0], both.iloc[:, 1]).statistic)
    assert found["flat"].isna().all()


def test_columns_that_rank_alike_or_the_other_way_round_are_neighbours() -> None:
    order = agreement(scores()).columns.tolist()
    assert abs(order.index("size") - order.index("size too")) == 1
    assert abs(order.index("noise") - order.index("noise turned")) == 1


def test_one_and_two_columns_keep_their_order() -> None:
    assert agreement(scores()[["size", "noise"]]).columns.tolist() == ["size", "noise"]
    assert agreement(scores()[["size"]]).loc["size", "size"] == pytest.approx(1)
