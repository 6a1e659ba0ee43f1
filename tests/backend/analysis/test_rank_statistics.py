"""Weighted rank statistics against scipy's on the draws written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from backend.analysis.rank_statistics import RankedPairs, interval


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Values with and without ties, and of very different sizes."""
    size = draw(st.integers(3, 40))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    x = rng.integers(0, draw(st.integers(1, 50)), size) * 1.0
    y = 10 ** rng.normal(0, 20, size) if draw(st.booleans()) else rng.integers(0, 5, size) * 1.0
    return x, y


@settings(max_examples=200, deadline=None)
@given(pairs(), st.integers(0, 1000))
def test_statistics_of_a_resample_are_scipys_on_the_draws(sample: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    x, y = sample
    ranked = RankedPairs(x, y)
    for counts in (ranked.once(), *ranked.resamples(2, seed)):
        order = np.lexsort((stats.rankdata(x), stats.rankdata(y)))
        drawn = np.repeat(order, counts)
        constant = np.ptp(x[drawn]) == 0 or np.ptp(y[drawn]) == 0
        rho, tau = (np.nan, np.nan) if constant else (stats.spearmanr(x[drawn], y[drawn])[0], None)
        assert ranked.spearman(counts) == pytest.approx(rho, nan_ok=True)
        tau = np.nan if constant else stats.kendalltau(x[drawn], y[drawn])[0]
        assert ranked.kendall(counts) == pytest.approx(tau, nan_ok=True)


def test_a_resample_has_as_many_draws_as_pairs_and_follows_its_seed() -> None:
    ranked = RankedPairs(np.arange(50.0), np.arange(50.0))
    first, again, other = (ranked.resamples(3, seed) for seed in (0, 0, 1))
    assert [counts.sum() for counts in first] == [50] * 3
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not all((a == b).all() for a, b in zip(first, other, strict=True))


def test_the_top_is_the_share_of_draws_with_the_highest_y_and_its_ties() -> None:
    y = np.array([5.0, 1.0, 4.0, 4.0, 3.0, 2.0, 0.0, 0.5, 0.1, 0.2])
    ranked = RankedPairs(np.arange(10.0), y)
    ordered = np.sort(y)
    assert ordered[ranked.top(ranked.once(), 0.1) > 0].tolist() == [5.0]
    assert ordered[ranked.top(ranked.once(), 0.11) > 0].tolist() == [4.0, 4.0, 5.0]
    counts = np.where(ordered == 5.0, 0, 1)
    assert ordered[ranked.top(counts, 0.1) > 0].tolist() == [4.0, 4.0]


def test_too_few_and_constant_pairs_have_no_correlation() -> None:
    two, flat = RankedPairs([1.0, 2.0], [1.0, 2.0]), RankedPairs([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])
    for ranked in (two, flat, RankedPairs([], [])):
        assert np.isnan(ranked.spearman(ranked.once()))
        assert np.isnan(ranked.kendall(ranked.once()))


def test_the_interval_is_the_middle_of_the_resampled_values() -> None:
    ranked = RankedPairs(np.arange(400.0), np.arange(400.0))
    draws = ranked.resamples(200, 0)
    means = sorted(float((counts * np.arange(400)).sum()) / 400 for counts in draws)
    low, high = interval(lambda counts: float((counts * np.arange(400)).sum()) / 400, draws)
    assert means[4] <= low <= means[5]
    assert means[194] <= high <= means[195]
    assert np.isnan(interval(lambda counts: np.nan, draws)).all()
