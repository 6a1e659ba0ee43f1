"""``train`` and ``trainings``: from a finished search to measured accuracies, and what is refused in words."""

import json
from pathlib import Path
from typing import Any

import optuna
import pytest

from backend.spaces import registry
from backend.storage.database import Database
from backend.studies import load_study, runs, trainings
from backend.studies.recipes import Recipe
from tests.backend.cli.command_line import backend, refused
from tests.backend.training.conftest import make_study

DIGITS = """
import torch
from sklearn.datasets import load_digits
from torch import nn

from backend.spaces.task import Task
from backend.training.data import split
from backend.training.fit import fit
from backend.studies.recipes import Recipe


def train(architecture, task):
    "The space's perceptrons, on scikit-learn's digits: 8 by 8, one channel."
    images, labels = load_digits(return_X_y=True)
    batch = torch.tensor(images[:600], dtype=torch.float32).reshape(-1, 1, 8, 8) / 8 - 1
    data = split(Task(batch, torch.tensor(labels[:600]), 10), "digits.")
    network = task.space.build(architecture, data.train)
    recipe = Recipe(dataset="digits", epochs=task.epochs, augment=False)

    def report(epochs):
        task.report(epochs[-1].accuracy, epochs[-1].loss)

    return fit(network, data, recipe, task.seed, on_epoch=report)


def odd(architecture, task):
    if architecture.params["depth"] == 1:
        raise ValueError("no shallow ones, please")
    return {2: None, 3: float("nan")}.get(architecture.params["depth"], 50.0)
"""


def trained(study: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(backend("trainings", study, "--json").stdout)
    return found


def test_the_recommended_are_trained_and_what_was_measured_is_kept(study: str) -> None:
    listed = [row["index"] for row in json.loads(backend("recommend", study, "--json").stdout)["shortlist"]]
    printed = backend("train", study, "--top", "2", "--epochs", "2", "--seed", "3").stdout
    assert "held-out accuracy after the last epoch, cifar10, 2 epochs, SGD with momentum 0.9" in printed
    assert "800 examples trained on, 200 held out (a fifth of each class, seed 0)" in printed
    first = trained(study)
    assert [item["architecture"] for item in first] == listed[:2]
    for item in first:
        assert (item["state"], item["epochs_done"], item["seed"], len(item["curve"])) == ("finished", 2, 3, 2)
        assert item["accuracy"] == item["curve"][-1]["accuracy"]
        assert item["seconds"] > 0
    backend("train", study, "--top", "3", "--epochs", "2", "--seed", "3")
    again = trained(study)
    assert again[:2] == first, "what is finished is not trained again"
    assert [item["architecture"] for item in again] == listed[:3]
    assert f"Trained 3 of {len(listed)}; next: perceptron {listed[3]}." in backend("recommend", study).stdout
    rows = json.loads(backend("recommend", study, "--json").stdout)["shortlist"]
    assert [row["measured"] for row in rows[:4]] == [*(item["accuracy"] for item in again), None]


def test_a_function_of_the_users_own_trains_on_the_digits(study: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(DIGITS)
    backend("train", study, "--top", "2", "--epochs", "12", "--recipe", f"{file}:train")
    found = trained(study)
    assert [item["state"] for item in found] == ["finished"] * 2
    assert max(item["accuracy"] for item in found) > 60
    assert all(len(item["curve"]) == 12 for item in found)
    assert found[0]["recipe"]["function"] == "mine.py:train"
    assert str(tmp_path) not in json.dumps(found), "where the file is, is nobody's business"


def test_one_that_fails_fails_alone_with_a_line_and_its_traceback_in_the_log(
    database: Database, study: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(DIGITS)
    depths = {
        "depth=1": "ValueError: no shallow ones, please",
        "depth=2": "returns a NoneType",
        "depth=3": "returns nan",
    }
    backend("train", study, "--top", "10", "--epochs", "1", "--recipe", f"{file}:odd")
    found = trained(study)
    assert {item["architecture"][:7] for item in found} == {*depths, "depth=4"}
    for item in found:
        said = depths.get(item["architecture"][:7])
        if said is None:
            assert (item["state"], item["accuracy"]) == ("finished", 50.0)
        else:
            assert (item["state"], item["accuracy"]) == ("failed", None)
            assert said in item["message"]
            assert "\n" not in item["message"]
    log = "\n".join(line.message for line in runs.read_log(database, load_study(database, study)._study_id))
    assert "mine.py" in log
    assert 'raise ValueError("no shallow ones, please")' in log


def test_where_none_can_be_trained_the_command_says_why(study: str) -> None:
    done = backend("train", study, "--top", "1", "--epochs", "1", "--learning-rate", "1e30", status=1)
    assert done.stderr == (
        "failed: training: none of 1 finished: the loss is nan in epoch 1; a learning rate below 1e+30 may help\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--learning-rate", "-1"], "training: learning_rate: input should be greater than 0"),
        (["--seed", str(2**40)], f"--seed: {2**40} is not valid; give 0 to {2**31 - 1}"),
        (["--images", "random"], "training: the study scores noise (images = 'random'), which has no labels to learn"),
        (["--images", "/no/such"], "image source '/no/such' is not a folder"),
        (["--recipe", "train"], "--recipe: 'train' is no training function; expected FILE.py:NAME"),
        (["--recipe", "/no/such.py:train"], "there is no file /no/such.py (named by --recipe)"),
    ],
)
def test_what_is_not_valid_is_said_and_nothing_is_queued(study: str, options: list[str], message: str) -> None:
    assert message in refused("train", study, *options)
    assert trained(study) == []


@pytest.mark.parametrize("option", ["--epochs", "--top"])
def test_less_than_one_is_refused(study: str, option: str) -> None:
    assert option in backend("train", study, option, "0", status=2).stderr


def test_studies_without_architectures_to_train_are_refused(
    database: Database, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    optuna.create_study(storage=database.storage, study_name="foreign")
    assert "was made elsewhere: it names no architectures" in refused("train", "foreign")
    assert "no study 'nothing'" in refused("train", "nothing")
    noise = make_study(database, "noise", images="random")
    assert "noise (images = 'random')" in refused("train", noise)
    assert "no architecture of 'toys' was trained here yet" in refused("trainings", study)
    monkeypatch.delenv("PROXYSCOPE_SPACES")
    registry.unregister("toy")
    assert "unknown search space 'toy'" in refused("train", study)


def test_a_function_that_this_process_does_not_name_is_not_run(study: str, database: Database, tmp_path: Path) -> None:
    """As of a study that comes from elsewhere: it records the function's name, and nobody runs code for that."""
    file = tmp_path / "mine.py"
    file.write_text(DIGITS)
    study_id = load_study(database, study)._study_id
    recipe = Recipe(dataset="cifar10", epochs=1, function="mine.py:train", code="0" * 64)
    trainings.add(database, study_id, recipe, 0, {"depth=1 width=4": "depth=1 width=4"})
    backend("run", study, "--trainings")
    (waiting,) = trained(study)
    assert (waiting["state"], waiting["epochs_done"]) == ("queued", 0)
    log = runs.read_log(database, study_id)[-1].message
    assert log == "what is trained by mine.py:train waits for a process that names it by --recipe"


def test_the_example_of_a_training_function_works(study: str) -> None:
    file = Path(__file__).parents[3] / "configs" / "examples" / "train_adam.py"
    backend("train", study, "--top", "1", "--epochs", "2", "--recipe", f"{file}:train")
    (item,) = trained(study)
    assert (item["state"], item["epochs_done"], item["curve"][-1]["accuracy"]) == ("finished", 2, item["accuracy"])
    assert item["accuracy"] > 15
