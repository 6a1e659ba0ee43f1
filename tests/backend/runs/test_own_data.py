"""Searches, scores and sweeps on a user's own images, and images that change meanwhile."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from backend.config.model import SearchConfig
from backend.errors import ConfigError, UserError
from backend.runs import launch
from backend.runs.execute import IMAGES, execute_run, join_run
from backend.scoring.sweep import Sweep, SweepSetting, _score_classes
from backend.search.problem import SearchProblem
from backend.search.results import study_recommendation
from backend.spaces import registry
from backend.spaces.base import Architecture
from backend.spaces.building import build_seeded, count_size
from backend.spaces.capabilities import lacks_truth
from backend.spaces.parameters import ParameterArchitecture
from backend.spaces.task import Task
from backend.storage.database import Database
from backend.studies import load_study, runs, trials_frame, workers
from tests.backend.cli.command_line import backend, refused
from tests.toy_space import ToySpace

RESIZED = {"transnas_micro", "transnas_macro", "accel_nasbench"}
"""Spaces whose images have a size of the search file's."""


class Listed(ToySpace):
    """Perceptrons of one layer, which can be listed."""

    name, title = "listed", "Listed MLPs"
    size = 3

    def at(self, label: int | str) -> Architecture:
        return ParameterArchitecture.of({"depth": 1, "width": 4 + 4 * int(label)})

    def members(self) -> Iterator[Architecture]:
        return map(self.at, range(3))

    def classes(self) -> object:
        return pd.Series([0.0, 1.0, 2.0])

    def is_indexed(self, trials: object) -> object:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def spaces() -> Iterator[None]:
    for space in (ToySpace(), Listed()):
        registry.register(space)
    yield
    for name in ("toy", "listed"):
        registry.unregister(name)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes of six gray images, 6×5 pixels."""
    for number in range(12):
        write(tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number}.png", number)
    return tmp_path / "pets"


def write(file: Path, seed: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (5, 6), np.uint8)).save(file)


def config_of(pets: Path, trials: int = 3, space: str = "toy", **more: object) -> SearchConfig:
    tables = {
        "search_space": {"name": space},
        "strategy": {
            "setup": {"n_trials": trials, "sampler": "random", **more},
            "sw_runner": {"zero_cost": {"metrics": ["snip"], "num_samples": 8, "images": f"folder:{pets}"}},
            "hw_runner": {"hardware_cost": {"metrics": ["params"]}},
            "metrics": {"snip": {"scale": 1.0}, "params": {"scale": 1.0}},
        },
    }
    return SearchConfig.from_mapping({"search": tables})


def said(database: Database, study: str) -> str:
    return "\n".join(line.message for line in runs.read_log(database, load_study(database, study)._study_id))


def test_a_search_takes_shape_and_classes_of_the_images(database: Database, pets: Path) -> None:
    execute_run(database, launch.prepare(database, config_of(pets), "a"))
    trials = trials_frame(load_study(database, "a"))
    first = trials.iloc[0]
    depth, width = (
        int(first["param:depth"]),
        int(first["param:width"] if first["param:depth"] < 3 else first["param:narrow"]),
    )
    assert first["params"] == 31 * width + (depth - 1) * (width + 1) * width + 2 * (width + 1)
    assert trials["snip"].notna().all()
    assert load_study(database, "a").user_attrs["dataset"] == "pets"
    run = runs.read_run(database, load_study(database, "a")._study_id)
    assert run is not None
    assert f"8 images of the 12 images of 2 classes in {pets}, 1×5×6 each" in str(run.images)


@pytest.mark.parametrize(
    "space", ["nas_bench_201", "nas_bench_macro", "transnas_micro", "transnas_macro", "accel_nasbench"]
)
def test_every_bundled_space_is_searched_on_images_of_ones_own(database: Database, space: str, tmp_path: Path) -> None:
    for number in range(12):
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        file = tmp_path / "pets" / ("cat", "dog", "owl")[number % 3] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
    tables = config_of(tmp_path / "pets", trials=2, space=space).model_dump(exclude_none=True)
    tables["search_space"] = {"name": space, **({"image_size": 32} if space[5:6] == "n" or "accel" in space else {})}
    tables["strategy"]["hw_runner"]["hardware_cost"]["metrics"] = ["flops"]
    del tables["strategy"]["sw_runner"]["zero_cost"]["nasbench_epochs"]
    config = SearchConfig.from_mapping({"search": tables})
    execute_run(database, launch.prepare(database, config, "own"))
    loaded = load_study(database, "own")
    trials = trials_frame(loaded)
    assert trials["snip"].notna().all()
    assert trials[[column for column in trials if "accuracy" in str(column)]].isna().all(axis=None)
    task = Task(torch.zeros(2, 3, config.space.image_size or 8, config.space.image_size or 8), None, 3)
    for row in trials[["architecture", "params", "flops"]].to_dict("records"):
        size = count_size(build_seeded(config.space, config.space.parse(row["architecture"]), task, 0), task)
        assert (row["params"], row["flops"]) == (size.parameters, pytest.approx(size.multiply_accumulates))
    assert lacks_truth(config.space, "pets") or space not in {"nas_bench_201", "nas_bench_macro"}
    assert list(study_recommendation(trials, config)["score"].notna()) == [True, True]


def test_images_that_networks_of_a_space_cannot_take_are_refused_with_the_reason(
    database: Database, pets: Path
) -> None:
    with pytest.raises(ConfigError) as refusal:
        launch.prepare(database, config_of(pets, space="nas_bench_201"))
    ((field, words),) = refusal.value.problems
    assert field == "search.strategy.sw_runner.zero_cost.images"
    assert "(B, 3, H, W) with H and W multiples of 4, got (2, 1, 5, 6)" in words
    tables = config_of(pets, space="nas_bench_201").model_dump(exclude_none=True)
    tables["strategy"]["hw_runner"]["hardware_cost"]["metrics"] = ["latency:raspi4"]
    with pytest.raises(ConfigError, match=r"config\.dataset: latency:raspi4: measured for cifar10"):
        SearchConfig.from_mapping({"search": tables})


def test_images_that_changed_since_the_search_began_are_said_and_no_old_score_is_taken(
    database: Database, pets: Path
) -> None:
    execute_run(database, launch.prepare(database, config_of(pets), "a"))
    execute_run(database, launch.prepare(database, config_of(pets), "same"))
    assert "the images are not those" not in said(database, "a")
    for file in pets.rglob("*.png"):
        write(file, 100)
    execute_run(database, launch.prepare(database, config_of(pets), "other"))
    scores = {name: trials_frame(load_study(database, name))["snip"].tolist() for name in ("a", "same", "other")}
    assert scores["a"] == scores["same"]
    assert set(scores["a"]).isdisjoint(scores["other"])
    launch.requeue(database, "a", 5)
    execute_run(database, "a")
    assert "the images are not those that the search began with" in said(database, "a")


def test_a_worker_with_other_images_does_not_join(database: Database, pets: Path) -> None:
    study_id = load_study(database, launch.prepare(database, config_of(pets, n_workers=2), "a"))._study_id
    database.storage.set_study_system_attr(study_id, IMAGES, "of another machine")
    assert runs.claim(database, study_id)
    workers.come_first(database, study_id)
    with pytest.raises(UserError, match="give this machine the same files"):
        join_run(database, "a")


def test_a_folder_that_is_gone_is_said_by_the_field(database: Database, pets: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        launch.check(database, config_of(pets / "none"))
    assert refusal.value.problems[0][0] == "search.strategy.sw_runner.zero_cost.images"
    assert "is not there; expected a folder for each class" in str(refusal.value)


def test_to_look_at_a_study_reads_none_of_its_images(database: Database, pets: Path) -> None:
    config = config_of(pets / "none", space="listed", constraints=["params <= 200"])
    assert SearchProblem(config, reads_images=False).asked == 3
    assert not SearchProblem(config, reads_images=False).allowed()
    launch.check(database, config, reads_images=False)
    near = config_of(pets, space="listed", constraints=["params <= 200"])
    assert len(SearchProblem(near).feasible) == 1


def test_parameters_that_the_space_has_not_keep_a_search_back(database: Database, pets: Path) -> None:
    tables = config_of(pets).model_dump(exclude_none=True)
    tables["search_space"]["parameters"] = {"depths": [1]}
    with pytest.raises(ConfigError, match=r"search_space\.parameters\.depths: Toy MLPs has no such parameter"):
        launch.prepare(database, SearchConfig.from_mapping({"search": tables}), "a")
    tables["search_space"]["parameters"] = {"depth": {"low": 2, "high": 2}}
    execute_run(database, launch.prepare(database, SearchConfig.from_mapping({"search": tables}), "a"))
    assert set(trials_frame(load_study(database, "a"))["param:depth"]) == {2}


def test_commands_score_on_images_of_ones_own(home: Path, pets: Path) -> None:
    asked = ("score", "depth=1 width=4", "--space", "toy", "--proxies", "snip,params", "--batch-size", "8")
    (row,) = json.loads(backend(*asked, "--images", f"folder:{pets}", "--json").stdout)
    assert row["scores"]["params"] == 31 * 4 + 5 * 2
    assert "expected a float32 tensor (B, 3, H, W)" in refused(
        "score", "5115", "--images", f"folder@8:{pets}", "--batch-size", "8"
    )
    assert "expected a folder for each class" in refused("score", "5115", "--images", f"folder:{pets / 'cat'}")


def test_a_sweep_of_other_images_has_a_folder_of_its_own(pets: Path, tmp_path: Path) -> None:
    setting = SweepSetting("pets", ("snip",), 8, image_source=f"folder:{pets}", space_name="listed")
    before = Sweep(setting, tmp_path / "sweeps").folder
    assert before.name.startswith("listed-pets-")
    rows = _score_classes(setting, [0, 2], ["snip"])
    assert [row["failure"] for row in rows] == ["", ""]
    for file in pets.rglob("*.png"):
        write(file, 100)
    assert Sweep(setting, tmp_path / "sweeps").folder != before
