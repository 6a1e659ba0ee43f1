"""Batches that a user's own functions give."""

from pathlib import Path

import pytest
import torch

from backend.datasets.batch import available_images, load_batch
from backend.datasets.own_code import allow_data_files
from backend.errors import UserError
from backend.scoring import Scorer
from backend.scoring.scorer import setting_of
from backend.settings import DATA_VARIABLE, SPACES_VARIABLE
from backend.spaces.own import FunctionSpace
from backend.spaces.task import Task

TOKENS = """
import torch
from backend.spaces.task import Task

def tokens(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return {"tokens": torch.randint(50, (count, 7), generator=generator)}, torch.arange(count) % 4

def pair():
    return torch.randn(20, 5), torch.arange(20) % 2

def regression():
    return Task(torch.ones(6, 5), torch.zeros(6, 1), 1, loss=torch.nn.functional.mse_loss)

def alone():
    return torch.ones(6, 5)

def one():
    return torch.ones(6, 5), torch.zeros(6, dtype=torch.int64)

def uneven():
    return torch.ones(6, 5), torch.zeros(5, dtype=torch.int64)

def fails():
    raise RuntimeError("no such\\nfile")

def text():
    return "text"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of functions that may run."""
    path = tmp_path / "own_data.py"
    path.write_text(TOKENS)
    monkeypatch.setenv(DATA_VARIABLE, "")
    monkeypatch.setenv(SPACES_VARIABLE, "")
    allow_data_files([path])
    return path


class Classifier(torch.nn.Module):
    """The mean of embedded tokens."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.embed, self.head = torch.nn.Embedding(50, 8), torch.nn.Linear(8, outputs)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.head(self.embed(tokens).mean(1))
        return found


class Texts(FunctionSpace):
    """One network for texts."""

    name, title = "texts", "Texts"
    draw = staticmethod(lambda trial: {"width": trial.suggest_int("width", 8, 8)})
    make = staticmethod(lambda params, task: Classifier(task.num_outputs))


def test_token_ids_are_scored(file: Path) -> None:
    scorer = Scorer("texts", ["snip", "params"], batch_size=12, image_source="own_data.py:tokens", space=Texts())
    assert scorer.batch.num_classes == 4
    assert scorer.score(Texts().parse("width=8"))["params"] == 50 * 8 + 8 * 4 + 4
    with pytest.raises(UserError, match="jacob_cov needs"):
        Scorer("texts", ["jacob_cov"], batch_size=12, image_source="own_data.py:tokens", space=Texts())


def test_a_function_is_asked_for_as_many_as_the_search_wants_or_gives_what_it_has(file: Path) -> None:
    assert load_batch("x", 9, source=f"{file}:tokens").images["tokens"].shape == (9, 7)
    assert available_images("x", f"{file}:pair") == 20
    assert load_batch("x", 8, source=f"{file}:pair").images.shape == (8, 5)
    with pytest.raises(UserError, match="num_samples 21 is more than the 20 images"):
        load_batch("x", 21, source=f"{file}:pair")


def test_what_a_function_draws_depends_on_the_seed_alone(file: Path) -> None:
    torch.manual_seed(5)
    one = load_batch("x", 20, seed=1, source=f"{file}:pair")
    torch.manual_seed(6)
    again, other = (load_batch("x", 20, seed=seed, source=f"{file}:pair") for seed in (1, 2))
    assert setting_of(one, 0) == setting_of(again, 0)
    assert setting_of(one, 0) != setting_of(other, 0)


def test_a_task_brings_its_loss(file: Path) -> None:
    task = Task.of_batch(load_batch("x", 6, source=f"{file}:regression"))
    assert (task.num_outputs, task.loss) == (1, torch.nn.functional.mse_loss)


def test_a_changed_file_is_read_again_and_has_scores_of_its_own(file: Path) -> None:
    before = load_batch("x", 4, source=f"{file}:tokens")
    file.write_text(TOKENS.replace("randint(50", "randint(40"))
    after = load_batch("x", 4, source=f"{file}:tokens")
    assert setting_of(before, 0) != setting_of(after, 0)


def test_only_files_that_were_named_run(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(UserError, match=r"other\.py is none of the Python files that may run here; name it with"):
        load_batch("x", 4, source=f"{tmp_path / 'other.py'}:batch")
    monkeypatch.setenv(DATA_VARIABLE, "")
    with pytest.raises(UserError, match="may run here"):
        load_batch("x", 4, source="own_data.py:tokens")
    monkeypatch.setenv(SPACES_VARIABLE, str(file))
    assert load_batch("x", 4, source="own_data.py:tokens").num_classes == 4


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fails", "fails: RuntimeError: no such file"),
        ("text", "expected a pair"),
        ("missing", "has no missing; it has"),
        ("alone", "expected labels of two classes or more, or a Task"),
        ("one", "expected labels of two classes or more, or a Task with num_outputs and a loss, found 1 class"),
        ("uneven", "labels: expected one for each of the 6 examples, found 5"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(file: Path, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        load_batch("x", 4, source=f"{file}:{name}")
    assert "\n" not in str(refused.value)
