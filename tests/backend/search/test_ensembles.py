"""Saved ensembles as objectives: found, kept with the study, and better than one proxy."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend import truth as benchmark
from backend.config.model import SearchConfig
from backend.ensembles.evaluation import draw_cells
from backend.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.ensembles.kept import SavedEnsemble, delete_ensemble, save_ensemble
from backend.errors import ConfigError, UserError
from backend.runs.execute import execute_run
from backend.runs.launch import check, prepare, requeue
from backend.scoring.tables import bundled_table
from backend.search.ensembles import kept_ensembles
from backend.search.results import recommendation_rule
from backend.spaces import registry
from backend.storage.database import Database
from backend.studies import load_study, runs, trials_frame
from tests.conftest import cheap_config
from tests.score_tables import write_sweep_table

PROXIES = ("jacob_cov", "naswot", "synflow", "params")
MINE = "ensemble:mine"


def save(database: Database, name: str = "mine", proxies: Sequence[str] = PROXIES, **changes: Any) -> SavedEnsemble:
    """An ensemble fitted on 96 cells of the bundled table."""
    scores = bundled_table("cifar10").scores
    cells = draw_cells(scores[list(PROXIES)], 96, 0, registry.get())
    labelled = scores.loc[cells].assign(**{ACCURACY: benchmark.test_accuracy("cifar10", 200)})
    if unknown := set(proxies) - set(labelled):
        labelled = labelled.assign(**dict.fromkeys(unknown, labelled["params"]))
    values = {"study": "a study", "dataset": "cifar10", "target": "200:test-accuracy", "figures": {}} | changes
    ensemble = Ensemble(Recipe("ridge", tuple(proxies), graph=True), labelled)
    saved = SavedEnsemble(name=name, created=datetime.now(UTC), ensemble=ensemble, **values)
    save_ensemble(database, saved)
    return saved


def searching(
    metrics: dict[str, dict[str, object]], setup: dict[str, object] | None = None, scores: str = "table", **changes: Any
) -> SearchConfig:
    setup = {"n_trials": 20, "sampler": "random", **(setup or {})}
    return cheap_config(runner={"metrics": [], "scores": scores}, metrics=metrics, setup=setup, **changes)


def by_ensemble(**setup: object) -> SearchConfig:
    return searching({MINE: {"scale": 1.0}}, setup)


def test_the_recommendation_owns_up_to_an_ensemble_that_the_search_went_by(database: Database) -> None:
    save(database)
    frame = trials_frame(load_study(database, prepare(database, by_ensemble())))
    assert f"No accuracy is used, but the search for these cells optimised {MINE}." in recommendation_rule(
        frame, by_ensemble()
    )
    recorded = searching({MINE: {"scale": 0.0}, "naswot": {"scale": 1.0}})
    assert "No accuracy is used." in recommendation_rule(frame, recorded)


def test_each_cell_has_the_prediction_and_the_proxies_that_it_is_made_of(database: Database) -> None:
    saved = save(database)
    name = prepare(database, by_ensemble())
    execute_run(database, name)
    done = trials_frame(load_study(database, name)).query("state == 'complete'")
    assert len(done) == 20
    assert set(PROXIES) <= set(done)
    expected = saved.ensemble.predict(bundled_table("cifar10").scores)[done["index"].astype(int)]
    assert done[MINE].to_numpy() == pytest.approx(expected.to_numpy())


def test_computed_scores_feed_it_as_well_as_those_of_a_table(database: Database) -> None:
    save(database, proxies=("params", "flops"))
    config = cheap_config(metrics={MINE: {"scale": 1.0}}, runner={"metrics": ["l2_norm"]}, setup={"n_trials": 3})
    name = prepare(database, config)
    execute_run(database, name)
    done = trials_frame(load_study(database, name)).query("state == 'complete'")
    assert done[[MINE, "params", "flops", "l2_norm"]].notna().all(axis=None)


@pytest.mark.slow
def test_it_stands_beside_hardware_goals_or_is_only_recorded(database: Database) -> None:
    save(database)
    goals = {MINE: {"scale": 1.0}, "params": {"scale": 1.0, "direction": "minimize"}}
    name = prepare(database, searching({**goals, "latency:raspi4": {"scale": 1.0}}))
    execute_run(database, name)
    study = load_study(database, name)
    assert study.metric_names == [MINE, "params", "latency:raspi4"]
    recorded = prepare(database, searching({MINE: {"scale": 0.0}, "params": {"scale": 1.0}}))
    execute_run(database, recorded)
    study = load_study(database, recorded)
    assert study.metric_names == ["params"]
    assert trials_frame(study)[MINE].notna().any()


def test_a_study_goes_on_with_the_ensemble_that_it_was_made_with(database: Database) -> None:
    saved = save(database)
    name = prepare(database, by_ensemble(n_trials=10))
    execute_run(database, name)
    delete_ensemble(database, "mine")
    save(database, proxies=("params", "flops"))
    requeue(database, name, 20)
    execute_run(database, name)
    study = load_study(database, name)
    assert kept_ensembles(database, study)[MINE].ensemble.recipe == saved.ensemble.recipe
    done = trials_frame(study).query("state == 'complete'")
    assert len(done) == 20
    expected = saved.ensemble.predict(bundled_table("cifar10").scores)[done["index"].astype(int)]
    assert done[MINE].to_numpy() == pytest.approx(expected.to_numpy())


def test_what_it_lacks_is_said_before_anything_is_made(home: Path, database: Database) -> None:
    key = "search.strategy.metrics.ensemble:mine: "
    with pytest.raises(ConfigError, match=f"{key}no ensemble 'mine'; none is saved yet"):
        prepare(database, by_ensemble())
    save(database, dataset="cifar100")
    with pytest.raises(ConfigError, match=f"{key}'mine' was fitted on cifar100, this search is of cifar10"):
        check(database, by_ensemble())
    save(database, "unknown", proxies=("params", "my_proxy"))
    with pytest.raises(ConfigError, match="'unknown' needs my_proxy, which is not known here"):
        check(database, searching({"ensemble:unknown": {"scale": 1.0}}))
    save(database, "ntk", proxies=("params", "ntk_cond"))
    with pytest.raises(ConfigError, match="the score table has no ntk_cond"):
        check(database, searching({"ensemble:ntk": {"scale": 1.0}}, scores=str(write_sweep_table(home))))
    with pytest.raises(UserError, match="no study"):
        load_study(database, "any")


def test_other_images_than_those_of_the_fit_are_warned_of(database: Database) -> None:
    save(database, scores=f"{bundled_table('cifar10').provenance.images} Seed 0, scored on a laptop.")
    save(database, "noise", scores="64 images of Gaussian noise.")
    name = prepare(database, searching({MINE: {"scale": 1.0}, "ensemble:noise": {"scale": 1.0}}, {"n_trials": 1}))
    execute_run(database, name)
    lines = runs.read_log(database, load_study(database, name)._study_id)
    warned = [line.message for line in lines if "other images" in line.message]
    assert warned == ["ensemble:noise was fitted on scores of other images: 64 images of Gaussian noise."]


def test_networks_of_another_size_than_the_fitted_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"config.C: ensemble:mine: ensembles are fitted .* give C = \[16\]"):
        searching({MINE: {"scale": 1.0}}, cells={"C": [8]})
    with pytest.raises(ConfigError, match=r"ensembles stand in search.strategy.metrics"):
        cheap_config(runner={"metrics": [MINE]})


def test_the_file_says_it_and_is_read_again() -> None:
    config = by_ensemble()
    assert SearchConfig.from_toml(config.to_toml()) == config
    assert config.ensemble_metrics == [MINE]
    assert config.proxy_names == []
    assert config.strategy.metrics[MINE].direction == "maximize"


@pytest.mark.slow
def test_it_finds_better_cells_than_one_of_its_proxies(database: Database) -> None:
    save(database)
    accuracy = benchmark.test_accuracy("cifar10", 200)

    def best_cells(metric: str) -> float:
        found = []
        for seed in range(2):
            config = searching({metric: {"scale": 1.0}}, {"n_trials": 40, "seed": seed, "sampler": "tpe"})
            name = prepare(database, config, f"{metric.replace(':', ' ')} {seed}")
            execute_run(database, name)
            done = trials_frame(load_study(database, name)).query("state == 'complete'")
            found.append(accuracy[done["index"].astype(int)].iloc[done[metric].argmax()])
        return float(np.mean(found))

    assert best_cells(MINE) > max(best_cells(name) for name in ("naswot", "jacob_cov")) + 0.1
