"""Ensembles on other data sets: from sizes, graphs, scores at home, and a study there."""

import numpy as np
import pandas as pd
import pytest

from backend import truth as benchmark
from backend.ensembles.evaluation import figures
from backend.ensembles.fitting import Recipe
from backend.ensembles.study import StudyEnsemble
from backend.ensembles.transfer import cell_sizes, home_scores, target_scores, transferred
from backend.errors import UserError
from backend.scoring.tables import bundled_table
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import NasBench201
from tests.score_tables import cheap_table

SPACE = NasBench201()

TARGET = "200:test-accuracy"


def fitted(recipe: Recipe, scores: pd.DataFrame, labels: int = 128) -> StudyEnsemble:
    accuracy = benchmark.test_accuracy("cifar10", 200)
    return StudyEnsemble.of_space(scores, accuracy, recipe, TARGET, labels)


def spearman(ensemble: StudyEnsemble, dataset: str, at_home: pd.DataFrame | None) -> float:
    names = ensemble.ensemble.recipe.proxies
    there = target_scores(names, dataset, "cifar10", at_home, SPACE)
    cells = transferred(ensemble, there, benchmark.test_accuracy(dataset, 200), at_home)
    return figures(cells["predicted"], cells["accuracy"], resamples=0)["spearman"]


def test_a_model_of_graphs_alone_carries_over_to_every_data_set() -> None:
    ensemble = fitted(Recipe("ridge", (), graph=True), cell_sizes(SPACE, "cifar10"))
    for dataset in ("cifar100", "ImageNet16-120"):
        assert spearman(ensemble, dataset, cell_sizes(SPACE, "cifar10")) > 0.75


def test_scores_at_home_rank_cells_elsewhere_too() -> None:
    at_home = home_scores("cifar10", ("jacob_cov", "zen"), SPACE)
    ensemble = fitted(Recipe("ridge", ("jacob_cov", "zen", "params")), at_home)
    assert spearman(ensemble, "ImageNet16-120", at_home) > 0.7


def test_sizes_there_are_brought_to_the_scale_of_the_fit() -> None:
    at_home = cell_sizes(SPACE, "cifar10")
    ensemble = fitted(Recipe("extra_trees", ("flops",)), at_home)
    there = target_scores(("flops",), "ImageNet16-120", "cifar10", at_home, SPACE)
    assert there.scores["flops"].max() < at_home["flops"].max() / 2
    carried = transferred(ensemble, there, benchmark.test_accuracy("ImageNet16-120", 200), at_home)
    stayed = ensemble.ensemble.predict(at_home.loc[carried.index])
    assert np.corrcoef(carried["predicted"], stayed)[0, 1] > 0.99


def test_twins_of_fitted_cells_do_not_count() -> None:
    ensemble = fitted(Recipe("ridge", ("params",)), cell_sizes(SPACE, "cifar10"))
    there = target_scores(("params",), "cifar100", "cifar10", None, SPACE)
    cells = transferred(ensemble, there, benchmark.test_accuracy("cifar100", 200), None)
    assert not set(ensemble.labelled.index) & set(cells.index)
    assert len(cells) < len(there.scores) - 128


def test_a_study_there_gives_its_scores() -> None:
    table = cheap_table().scores.dropna().iloc[:40]
    trials = table.reset_index().assign(state="complete", C=16, N=5)
    trials["architecture"] = trials["index"].map(lambda index: str(Cell.from_index(index)))
    found = target_scores(("l2_norm",), "cifar100", "cifar10", None, SPACE, trials)
    assert found.matched
    assert len(found.scores) == 40
    with pytest.raises(UserError, match="zen: not recorded in the study on cifar100"):
        target_scores(("zen",), "cifar100", "cifar10", None, SPACE, trials)


def test_where_there_are_no_scores_it_says_what_would_give_some() -> None:
    with pytest.raises(UserError, match="no scores of zen for cifar10-valid; a study that records them there"):
        target_scores(("zen",), "cifar10-valid", "cifar10", None, SPACE)
    with pytest.raises(UserError, match="no table of the whole space on cifar10-valid with zen"):
        home_scores("cifar10-valid", ("zen", "params"), SPACE)
    with pytest.raises(UserError, match="the table has no my_proxy"):
        home_scores("cifar10", ("my_proxy",), SPACE, bundled_table("cifar10").scores)
