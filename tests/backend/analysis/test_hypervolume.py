"""The hypervolume against counting the cubes of a grid."""

import itertools

import numpy as np
import pandas as pd
import pytest

from backend.analysis.hypervolume import EXACT_OBJECTIVES, as_ranks, hypervolume_curve, objective_box, ranks_within

SIDE = 6


def grid_study(objectives: int, cells: int = 12, seed: int = 0) -> pd.DataFrame:
    """Values on a grid, the even objectives better when higher, the odd ones when lower."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, SIDE + 1, (cells, objectives)).astype(float)
    values[0], values[1] = 0, SIDE
    return pd.DataFrame(values, columns=[f"o{number}" for number in range(objectives)])


def directions(objectives: int) -> dict[str, str]:
    return {f"o{number}": "minimize" if number % 2 else "maximize" for number in range(objectives)}


def share_of_cubes(points: np.ndarray) -> float:
    """Share of the grid's cubes below any of the points, each from 0 (worst) to SIDE (best)."""
    cubes = itertools.product(range(SIDE), repeat=points.shape[1])
    return sum(bool((points > cube).all(axis=1).any()) for cube in map(np.array, cubes)) / SIDE ** points.shape[1]


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_the_curve_is_the_share_of_the_box_below_the_cells_so_far(objectives: int) -> None:
    study, ways = grid_study(objectives), directions(objectives)
    study.iloc[3, 0] = np.nan
    study.iloc[4, -1] = np.inf
    box = objective_box([study], ways)
    turned = study.copy()
    for name, way in ways.items():
        assert box.loc[name].tolist() == ([0, SIDE] if way == "maximize" else [SIDE, 0])
        if way == "minimize":
            turned[name] = SIDE - turned[name]
    known, turned = turned.notna().all(axis=1), turned.clip(0, SIDE)
    curve = hypervolume_curve(study, box)
    assert len(curve) == len(study)
    for row, volume in enumerate(curve["hypervolume"]):
        assert volume == pytest.approx(share_of_cubes(turned[: row + 1][known[: row + 1]].to_numpy()))


def test_the_box_spans_all_studies() -> None:
    few, many = grid_study(2).iloc[2:].clip(1, SIDE - 1), grid_study(2, seed=1)
    box = objective_box([few, many], directions(2))
    assert box.loc["o0"].tolist() == [0, SIDE]
    own = objective_box([few], directions(2))
    ahead = hypervolume_curve(few, own)["hypervolume"].iloc[-1]
    assert ahead != pytest.approx(hypervolume_curve(few, box)["hypervolume"].iloc[-1])


def test_many_objectives_are_approximated_at_some_numbers_of_cells() -> None:
    objectives = EXACT_OBJECTIVES + 1
    study, ways = grid_study(objectives, cells=150, seed=2).iloc[2:], directions(objectives)
    curve = hypervolume_curve(study, objective_box([grid_study(objectives)], ways))
    assert len(curve) == 60
    assert curve.index[-1] == study.index[-1]
    assert curve["hypervolume"].is_monotonic_increasing
    turned = study.assign(**{name: SIDE - study[name] for name, way in ways.items() if way == "minimize"})
    assert curve["hypervolume"].iloc[-1] == pytest.approx(share_of_cubes(turned.to_numpy()), rel=0.02)


def test_an_objective_without_spread_counts_as_reached() -> None:
    study = grid_study(2).assign(o0=3.0)
    curve = hypervolume_curve(study, objective_box([study], directions(2)))
    assert curve["hypervolume"].iloc[-1] == pytest.approx(1.0)


def test_a_study_without_cells_has_an_empty_curve() -> None:
    study = grid_study(2)
    assert hypervolume_curve(study.iloc[:0], objective_box([study], directions(2))).empty
    many = grid_study(6)
    assert hypervolume_curve(many.iloc[:0], objective_box([many], directions(6))).empty


def test_ranks_are_over_all_studies_and_see_no_outlier() -> None:
    a = pd.DataFrame({"o0": [1.0, 2.0, np.inf], "o1": [5.0, np.nan, 5.0], "number": [0, 1, 2]})
    b = pd.DataFrame({"o0": [-1e9, 3.0], "o1": [4.0, 6.0], "number": [0, 1]})
    found = as_ranks({"a": a, "b": b, "none": a.iloc[:0]}, ["o0", "o1"])
    assert found["a"]["o0"].tolist() == pytest.approx([1 / 4, 2 / 4, 1])
    assert found["b"]["o0"].tolist() == pytest.approx([0, 3 / 4])
    assert found["a"]["o1"].tolist() == pytest.approx([0.5, np.nan, 0.5], nan_ok=True)
    assert found["a"]["number"].tolist() == [0, 1, 2]
    assert found["none"].empty
    squeezed = as_ranks({"a": a, "b": b.clip(lower=0)}, ["o0", "o1"])
    assert squeezed["b"]["o0"].tolist() == found["b"]["o0"].tolist()


def test_ranks_within_a_space_are_those_of_all_its_cells() -> None:
    space = grid_study(3, cells=40)
    whole = as_ranks({"space": space}, space.columns)["space"]
    some = ranks_within(space.iloc[5:9], space)
    pd.testing.assert_frame_equal(some, whole.iloc[5:9])
    unknown = ranks_within(space.iloc[:1].assign(o1=np.nan), space)
    assert unknown["o1"].isna().all()
    for beyond, rank in ((100, 1.0), (np.inf, 1.0), (-np.inf, 0.0)):
        assert ranks_within(space.iloc[:1] + beyond, space).to_numpy().tolist() == [[rank] * 3]


def test_an_infinite_value_counts_as_the_edge_of_the_box() -> None:
    study, ways = grid_study(2), directions(2)
    box = objective_box([study], ways)
    best = hypervolume_curve(study.iloc[2:3].assign(o0=np.inf, o1=SIDE / 2), box)["hypervolume"].tolist()
    assert best == pytest.approx([0.5])
    worst = hypervolume_curve(study.iloc[2:3].assign(o0=-np.inf, o1=0.0), box)["hypervolume"].tolist()
    assert worst == [0.0]


def test_an_unknown_value_adds_nothing_where_an_objective_has_no_spread() -> None:
    study = grid_study(2).assign(o0=3.0)
    box = objective_box([study], directions(2))
    assert hypervolume_curve(study.iloc[1:2].assign(o0=np.nan, o1=0.0), box)["hypervolume"].tolist() == [0.0]
