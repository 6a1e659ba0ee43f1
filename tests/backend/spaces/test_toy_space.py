"""A space that says no more than it has to goes from the search to the store, a file, another database and back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch import nn

from backend.config.model import SearchConfig
from backend.errors import ConfigError, UserError
from backend.runs import launch
from backend.runs.execute import execute_run
from backend.scoring import Scorer
from backend.search.results import study_recommendation
from backend.settings import SPACES_VARIABLE
from backend.sharing.contents import read_contents
from backend.sharing.export import export_studies
from backend.sharing.inspection.opening import opened_file
from backend.sharing.transfer import import_studies
from backend.spaces import registry
from backend.spaces.building import build_seeded, count_size
from backend.spaces.capabilities import (
    Drawable,
    Enumerable,
    FixedDistributions,
    GraphFeatures,
    HasTruth,
    KnownCosts,
    MissingCapabilityError,
    Neighbours,
    capability,
    lacks,
    require,
)
from backend.spaces.own import load_user_spaces
from backend.spaces.task import Task
from backend.storage.database import Database, open_database
from backend.storage.schema import scores
from backend.studies import list_studies, load_study, run_folder, trials_frame
from tests.toy_space import ToySpace

NETWORK_PROXIES = ["snip", "grad_norm", "l2_norm"]


@pytest.fixture
def toy() -> Iterator[ToySpace]:
    """The toy space, installed."""
    space = ToySpace()
    registry.register(space)
    yield space
    registry.unregister(space.name)


def config(**setup: Any) -> SearchConfig:
    """A search of the toy space in a moment."""
    return SearchConfig.from_mapping(
        {
            "search": {
                "search_space": {"name": "toy"},
                "strategy": {
                    "setup": {"n_trials": 8, "sampler": "tpe", **setup},
                    "sw_runner": {"zero_cost": {"metrics": NETWORK_PROXIES, "num_samples": 4, "device": "cpu"}},
                    "hw_runner": {"hardware_cost": {"metrics": ["params", "flops"]}},
                    "metrics": {"snip": {"scale": 1.0}, "params": {"scale": 1.0}},
                },
            }
        }
    )


def searched(database: Database, name: str = "toys", **setup: Any) -> pd.DataFrame:
    launch.prepare(database, config(**setup), name)
    execute_run(database, name)
    return trials_frame(load_study(database, name))


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsgaii"])
def test_it_is_searched_and_its_trials_say_what_they_are(database: Database, toy: ToySpace, sampler: str) -> None:
    frame = searched(database, sampler=sampler)
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == complete["architecture"].nunique() == 8
    assert frame["index"].isna().all()
    assert frame["arch"].equals(frame["architecture"])
    assert not {"C", "N", "200:test-accuracy"} & set(frame)
    for row in complete.itertuples():
        params = toy.parse(row.architecture).params
        assert params["depth"] == complete.loc[row.Index, "param:depth"]
    trial = load_study(database, "toys").trials[0]
    assert trial.user_attrs["space"] == "toy"
    assert trial.user_attrs["nasbench_data_metrics"] is None


def test_costs_are_those_of_the_network_that_is_built(database: Database, toy: ToySpace) -> None:
    frame = searched(database)
    for row in frame[frame["state"] == "complete"].itertuples():
        network = toy.build(toy.parse(row.architecture), Task(torch.zeros(2, 3, 32, 32), None, 10))
        assert row.params == sum(weight.numel() for weight in network.parameters())
        linear = sum(layer.weight.numel() for layer in network.modules() if isinstance(layer, nn.Linear))
        assert row.flops == pytest.approx(linear / 1e6)


def test_scores_are_those_of_plain_autograd(toy: ToySpace) -> None:
    scorer = Scorer("cifar10", NETWORK_PROXIES, batch_size=8, device="cpu", space=toy)
    architecture = toy.parse("depth=2 width=8")
    task = Task.of_batch(scorer.batch)
    network = build_seeded(toy, architecture, task, seed=0)
    loss = nn.functional.cross_entropy(network(task.batch), task.labels)
    weights = [layer.weight for layer in network.modules() if isinstance(layer, nn.Linear)]
    gradients = torch.autograd.grad(loss, weights)
    expected = {
        "snip": sum((weight * gradient).abs().sum() for weight, gradient in zip(weights, gradients, strict=True)),
        "grad_norm": sum(gradient.norm() for gradient in gradients),
        "l2_norm": sum(weight.norm() for weight in weights),
    }
    found = scorer.score(architecture)
    assert found == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)
    assert scorer.score(architecture) == found


def test_building_leaves_the_global_generator_as_it_was(toy: ToySpace) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    network = build_seeded(toy, toy.parse("depth=1 width=4"), Task(torch.zeros(1, 3, 8, 8), None, 10), seed=1)
    assert torch.equal(torch.rand(3), expected)
    mode = network.train().training
    count_size(network, Task(torch.zeros(1, 3, 8, 8), None, 10))
    assert network.training == mode


def test_a_proxy_that_its_networks_cannot_give_is_refused_in_words(toy: ToySpace) -> None:
    with pytest.raises(UserError, match=r"proxies: zen needs convolutions, and the network has none; computed .*snip"):
        Scorer("cifar10", ["zen"], batch_size=4, device="cpu", space=toy)


def test_stored_scores_are_its_own(database: Database, toy: ToySpace) -> None:
    searched(database)
    with database.engine.connect() as connection:
        rows = connection.execute(scores.select()).all()
    assert {(row.space, row.space_version) for row in rows} == {("toy", 1)}
    assert {row.class_key for row in rows} <= set(trials_frame(load_study(database, "toys"))["architecture"])
    again = searched(database, "again")
    trials = load_study(database, "again").trials
    assert any(trial.user_attrs.get("scores_known") for trial in trials)
    assert set(again["state"]) <= {"complete", "repeat"}


@pytest.mark.slow
def test_a_search_goes_on_and_ends_where_nothing_new_is_found(database: Database, toy: ToySpace) -> None:
    searched(database)
    launch.requeue(database, "toys", trials=20)
    execute_run(database, "toys")
    frame = trials_frame(load_study(database, "toys"))
    assert (frame["state"] == "complete").sum() == 20
    launch.requeue(database, "toys", trials=1_000)
    outcome = execute_run(database, "toys")
    # Two depths of 8 widths and two of 5: 26 in all.
    assert outcome.done == 26
    assert "found no new perceptron" in outcome.reason


def test_it_is_recommended_without_labels_and_its_files_say_what_is_not_known(
    database: Database, toy: ToySpace
) -> None:
    frame = searched(database)
    listed = study_recommendation(frame, config())
    assert set(listed.index) <= set(frame["architecture"])
    assert listed["score"].is_monotonic_decreasing
    assert listed["accuracy"].isna().all()
    folder = run_folder(database, "toys")
    assert "too few" in json.loads((folder / "zc_ensemble.json").read_text())["not_fitted"]
    assert {row["arch"] for row in json.loads((folder / "best.json").read_text())} <= set(frame["architecture"])


def test_a_file_carries_it_to_another_database_with_its_scores(
    database: Database, toy: ToySpace, tmp_path: Path
) -> None:
    frame = searched(database)
    file = tmp_path / "toys.db"
    export_studies(database, ["toys"], file)
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    other.prepare()
    with opened_file(file) as source:
        import_studies(source, other, read_contents(source), file.name)
    (summary,) = list_studies(other)
    assert (summary.space_name, summary.dataset) == ("toy", "cifar10")
    pd.testing.assert_frame_equal(trials_frame(load_study(other, "toys")), frame)
    with other.engine.connect() as connection:
        assert {row.space for row in connection.execute(scores.select())} == {"toy"}


def test_a_study_of_a_space_that_is_not_installed_opens_with_everything_recorded(
    database: Database, toy: ToySpace
) -> None:
    frame = searched(database)
    registry.unregister("toy")
    (summary,) = list_studies(database)
    assert (summary.space, summary.space_name) == (None, "toy")
    assert "unknown search space 'toy'" in summary.config_problem
    opened = trials_frame(load_study(database, "toys"))
    assert opened["architecture"].equals(frame["architecture"])
    assert opened["snip"].equals(frame["snip"])
    registry.register(toy)


def test_what_it_lacks_is_said(toy: ToySpace) -> None:
    kinds = (FixedDistributions, Enumerable, HasTruth, KnownCosts, GraphFeatures, Neighbours, Drawable)
    assert all(capability(toy, kind) is None for kind in kinds)
    assert lacks(toy, Enumerable) == "Toy MLPs: its architectures cannot be listed"
    with pytest.raises(MissingCapabilityError, match="sweep: not for Toy MLPs: its architectures cannot be listed"):
        require(toy, Enumerable, "sweep")
    assert all(capability(registry.get(), kind) is not None for kind in kinds)
    assert lacks(registry.get(), *kinds) == ""


def test_measured_costs_and_unknown_spaces_are_refused_with_their_key(database: Database, toy: ToySpace) -> None:
    tables = config().model_dump(exclude_none=True)
    tables["strategy"]["hw_runner"]["hardware_cost"]["metrics"] = ["latency:raspi4"]
    with pytest.raises(UserError, match="latency:raspi4: not measured for Toy MLPs; valid: params, flops"):
        launch.prepare(database, SearchConfig.from_mapping({"search": tables}), "a")
    tables = config().model_dump(exclude_none=True)
    tables["strategy"]["sw_runner"]["zero_cost"]["metrics"] = ["zen", "snip"]
    with pytest.raises(ConfigError, match=r"zero_cost\.metrics: zen needs convolutions, and the network has none"):
        launch.prepare(database, SearchConfig.from_mapping({"search": tables}), "a")
    tables["search_space"]["name"] = "nowhere"
    with pytest.raises(ConfigError, match=r"search\.search_space\.name: unknown search space 'nowhere'; valid: .*toy"):
        SearchConfig.from_mapping({"search": tables})
    tables["search_space"] = {"name": "toy", "width": 3}
    with pytest.raises(ConfigError, match=r"search\.search_space\.width: unknown key; known here: name, dataset"):
        SearchConfig.from_mapping({"search": tables})
    assert list_studies(database) == []


SOURCES = {
    "has no subclass": "import math\n",
    "ZeroDivisionError": "1 / 0\n",
    "must be an identifier": """
from tests.toy_space import ToySpace

class Mine(ToySpace):
    name = "my space"
""",
    "has no title": """
from tests.toy_space import ToySpace

class Mine(ToySpace):
    name, title = "mine", None
""",
    "taken by a bundled space": """
from tests.toy_space import ToySpace

class Mine(ToySpace):
    name = "nas_bench_201"
""",
}


@pytest.mark.parametrize("said", SOURCES)
def test_a_file_without_a_usable_space_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(SOURCES[said])
    monkeypatch.setenv(SPACES_VARIABLE, str(file))
    before = registry.available()
    with pytest.raises(UserError, match=said):
        load_user_spaces()
    assert registry.available() == before


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SPACES_VARIABLE, "/nowhere/space.py")
    with pytest.raises(UserError, match=r"/nowhere/space\.py .*expected an existing Python file"):
        load_user_spaces()


def test_the_file_of_a_space_is_loaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from tests.toy_space import ToySpace\n\n\nclass Mine(ToySpace):\n    name = 'mine'\n")
    monkeypatch.setenv(SPACES_VARIABLE, str(file))
    load_user_spaces()
    first = registry.get("mine")
    load_user_spaces()
    assert registry.get("mine") is first
    registry.unregister("mine")
