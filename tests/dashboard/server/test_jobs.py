"""Learning curves in the background: whole, stopped, and impossible ones."""

import time

import numpy as np
import pytest

from backend import truth as benchmark
from backend.ensembles.evaluation import learning_curve
from backend.ensembles.fitting import Recipe
from backend.ensembles.transfer import cell_sizes
from backend.spaces import registry
from dashboard.server.jobs import CurveJob, CurveTask

SCORES, ACCURACY = cell_sizes(registry.get(), "cifar10"), benchmark.test_accuracy("cifar10", 200)


def task(sizes: tuple[int, ...], repeats: int = 2, model: str = "ridge") -> CurveTask:
    return CurveTask(Recipe(model, ("params", "flops")), SCORES, ACCURACY, sizes, repeats, "random")


def ended(job: CurveJob) -> CurveJob:
    for _ in range(600):
        if not job.running:
            return job
        time.sleep(0.1)
    raise AssertionError("it never ends")


def test_it_gives_the_curve_of_the_backend() -> None:
    job = ended(CurveJob(task((8, 16))))
    assert (job.done, job.total, job.problem, job.stopped) == (4, 4, "", False)
    expected = learning_curve(Recipe("ridge", ("params", "flops")), SCORES, ACCURACY, [8, 16], 2)
    assert job.curve["spearman"].to_numpy() == pytest.approx(expected["spearman"].to_numpy())


def test_stopped_it_keeps_the_sizes_that_are_done() -> None:
    job = CurveJob(task((8, 16, 32), repeats=100))
    while job.curve.empty:
        time.sleep(0.05)
    job.stop()
    ended(job)
    assert job.stopped
    assert 100 <= job.done < job.total
    assert set(np.unique(job.curve["cells_labelled"])) <= {8, 16}


def test_why_it_could_not_go_on_is_said() -> None:
    job = ended(CurveJob(task((8, 100_000))))
    assert "there are" in job.problem
    assert set(job.curve["cells_labelled"]) == {8}
