"""The table of proxies by tasks: where its values are from, which way they point, and what is said of those missing."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from backend import proxies
from backend.analysis import proxy_table
from backend.analysis.proxy_table import TaskColumn
from backend.errors import UserError
from backend.scoring.tables import Provenance, ScoreTable, bundled_table, list_tables, write_table
from backend.spaces import registry
from backend.spaces.capabilities import HasTruth, KnownCosts, require
from backend.spaces.truth_tasks import TruthField, TruthTask
from backend.truth.nas_bench_macro import runs_table
from tests.ssim_space import SsimSpace, SsimTruth

MACRO = registry.get("nas_bench_macro")
ACCURACY = require(MACRO, HasTruth, "tests").values("cifar10", 50)


class LossTruth(SsimTruth):
    """The same values as losses: less is better, and nothing is known of their noise."""

    tasks = (TruthTask("cifar10", 5, TruthField("loss", "Loss", "nats", "images", "minimize"), "Release 1"),)


class LossSpace(SsimSpace):
    """Networks judged by a loss, which does not say what their blocks are."""

    name, title = "losses", "Losses"
    blocks = None  # type: ignore[assignment]
    providers: ClassVar = {**SsimSpace.providers, HasTruth: f"{__name__}:LossTruth"}


class BrokenTruth(SsimTruth):
    """Its values cannot be read."""

    def values(self, dataset: str, epochs: int) -> "pd.Series[float]":
        raise KeyError("column ssim")


class BrokenSpace(SsimSpace):
    """A user's space with a mistake in it."""

    name, title = "broken", "Broken"
    providers: ClassVar = {**SsimSpace.providers, HasTruth: f"{__name__}:BrokenTruth"}


@pytest.fixture
def others() -> Iterator[None]:
    spaces = [SsimSpace(), LossSpace(), BrokenSpace()]
    for space in spaces:
        registry.register(space)
    yield
    for space in spaces:
        registry.unregister(space.name)


def sweep_of(space: str, folder: Path, dataset: str = "cifar10") -> Path:
    """A table of a finished sweep: accuracies of NAS-Bench-Macro as snip, and with another sign as ntk_cond."""
    scores = pd.DataFrame({"snip": ACCURACY, "ntk_cond": -ACCURACY, "zico": 1.0, "zen": np.nan})
    scores.loc[3:, "zen"] = np.nan
    versions = {name: proxies.get(name).version for name in scores}
    path = folder / f"{space}-{dataset}" / "table" / "scores.parquet"
    path.parent.mkdir(parents=True)
    write_table(ScoreTable(scores, Provenance(dataset, 64, 0, "64 images.", versions, {}, "a CPU", 1.0, space)), path)
    return path


def column_of(space: str, sweeps: Path) -> TaskColumn:
    columns, problems = proxy_table.task_columns(list_tables(sweeps))
    assert problems == []
    return next(column for column in columns if column.space.name == space)


def row_of(frame: pd.DataFrame, proxy: str) -> dict[str, object]:
    (row,) = frame[frame["proxy"] == proxy].to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_there_is_a_column_for_every_task_at_its_longest_training(tmp_path: Path) -> None:
    columns, _ = proxy_table.task_columns(list_tables(tmp_path))
    tasks = {column.key: column.task.epochs for column in columns}
    assert [key for key in tasks if key.startswith("nas_bench_201:")] == [
        "nas_bench_201:cifar10",
        "nas_bench_201:cifar100",
        "nas_bench_201:ImageNet16-120",
    ]
    assert tasks["nas_bench_201:cifar10"] == 200
    assert tasks["nas_bench_macro:cifar10"] == 50
    assert [column.scored_on for column in columns[:3]] == ["cifar10", "cifar10", "ImageNet16-120"]


def test_a_table_of_a_sweep_is_taken_where_none_of_its_data_set_is_bundled(tmp_path: Path) -> None:
    table = bundled_table("cifar10")
    for dataset in ("cifar10", "cifar100"):
        made = Provenance(dataset, 64, 0, "64 images.", table.provenance.proxy_versions, {}, "a CPU", 1.0)
        path = tmp_path / f"{dataset}-00" / "table" / "scores.parquet"
        path.parent.mkdir(parents=True)
        write_table(ScoreTable(table.scores[["snip"]], made), path)
    columns, _ = proxy_table.task_columns(list_tables(tmp_path))
    files = [column.file for column in columns[:3]]
    assert [(file.name, file.bundled) for file in files if file] == [
        ("cifar10", True),
        ("cifar100-00", False),
        ("ImageNet16-120", True),
    ]


def test_a_table_that_cannot_be_read_is_named_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "torn" / "table" / "scores.parquet"
    path.parent.mkdir(parents=True)
    path.write_text("torn")
    columns, problems = proxy_table.task_columns(list_tables(tmp_path))
    assert len(columns) >= 4
    assert problems == [f"score table {path}: is not one; `python -m backend sweep` makes them"]


def test_more_is_better_also_of_a_proxy_that_is_better_when_lower() -> None:
    column = proxy_table.task_columns(list_tables(Path("nowhere")))[0][0]
    frame = proxy_table.correlations(column, proxy_table.judged(column), ["naswot", "ntk_cond", "params"])
    scores, accuracy = bundled_table("cifar10").scores, require(column.space, HasTruth, "tests").values("cifar10", 200)
    for name, sign in (("naswot", 1), ("ntk_cond", -1), ("params", 1)):
        row = row_of(frame, name)
        for statistic in ("spearman", "kendall"):
            expected = sign * scores[name].corr(accuracy, method=statistic)
            assert row[statistic] == pytest.approx(expected, abs=1e-9)
        assert row["architectures"] == 15_284
        assert row["note"] == ""
    assert frame.set_index("proxy")["kind"].to_dict() == {
        "repeat training": "ceiling",
        "naswot": "proxy",
        "ntk_cond": "proxy",
        "params": "baseline",
    }


@pytest.mark.usefixtures("others")
def test_a_truth_that_is_better_when_lower_is_turned_too(tmp_path: Path) -> None:
    sweep_of("losses", tmp_path)
    column = column_of("losses", tmp_path)
    frame = proxy_table.correlations(column, proxy_table.judged(column), ["snip", "ntk_cond"])
    assert row_of(frame, "snip")["spearman"] == pytest.approx(-0.98, abs=0.02)
    assert row_of(frame, "ntk_cond")["spearman"] == pytest.approx(-0.98, abs=0.02)


def test_among_the_best_only_those_count(tmp_path: Path) -> None:
    sweep_of("nas_bench_macro", tmp_path)
    column = column_of("nas_bench_macro", tmp_path)
    found = proxy_table.judged(column)
    frame = proxy_table.correlations(column, found, ["flops"], share=0.1, resamples=20)
    best = ACCURACY.nlargest(657, keep="all")
    sizes = require(MACRO, KnownCosts, "tests").sizes(best.index, "cifar10")
    row = row_of(frame, "flops")
    assert row["architectures"] == len(best)
    assert row["spearman"] == pytest.approx(sizes["flops"].corr(best, method="spearman"), abs=1e-9)
    assert float(str(row["spearman_low"])) < float(str(row["spearman"])) < float(str(row["spearman_high"]))


def test_a_class_counts_once_where_that_is_asked_for() -> None:
    column = column_of("nas_bench_macro", Path("nowhere"))
    frame = proxy_table.correlations(column, proxy_table.judged(column, by_class=True), ["flops"])
    assert row_of(frame, "flops")["architectures"] == 3_969
    assert row_of(frame, "repeat training")["architectures"] == 3_969


def test_the_ceiling_is_the_correlation_of_two_trainings() -> None:
    column = column_of("nas_bench_macro", Path("nowhere"))
    row = row_of(proxy_table.correlations(column, proxy_table.judged(column), []), "repeat training")
    runs = runs_table()[["accuracy_0", "accuracy_1", "accuracy_2"]].corr(method="spearman").to_numpy()
    assert row["spearman"] == pytest.approx(runs[np.triu_indices(3, 1)].mean(), abs=1e-9)
    assert row["note"] == "each two of 3 trainings"


def test_without_separate_trainings_it_is_that_of_twins() -> None:
    column = column_of("nas_bench_201", Path("nowhere"))
    row = row_of(proxy_table.correlations(column, proxy_table.judged(column), []), "repeat training")
    assert row["architectures"] == 1_200
    # Seeds of one cell agree by 0.987; of the means of up to three, twins agree a little better.
    assert 0.985 < float(str(row["spearman"])) < 0.999


@pytest.mark.usefixtures("others")
def test_or_what_the_noise_of_a_training_makes_of_it(tmp_path: Path) -> None:
    ssim = column_of("ssim", tmp_path)
    row = row_of(proxy_table.correlations(ssim, proxy_table.judged(ssim), []), "repeat training")
    assert 0.9 < float(str(row["spearman"])) < 0.99
    assert row["note"] == "from the standard deviation of one training, 0.004"
    # Twins that share one training say nothing of its noise.
    losses = column_of("losses", tmp_path)
    row = row_of(proxy_table.correlations(losses, proxy_table.judged(losses), []), "repeat training")
    assert np.isnan(float(str(row["spearman"])))
    assert row["note"] == "the noise of these trainings is not known"


@pytest.mark.usefixtures("others")
def test_what_is_missing_has_its_reason(tmp_path: Path) -> None:
    alone = column_of("losses", tmp_path)
    frame = proxy_table.correlations(alone, proxy_table.judged(alone), ["snip", "params"])
    assert row_of(frame, "snip")["note"] == "no score table: `sweep --space losses` makes one"
    assert row_of(frame, "params")["note"] == ""
    sweep_of("losses", tmp_path)
    swept = column_of("losses", tmp_path)
    names = ["snip", "zico", "zen", "fisher", "az_trainability"]
    frame = proxy_table.correlations(swept, proxy_table.judged(swept), names)
    assert frame.set_index("proxy")["note"].to_dict() == {
        "repeat training": "the noise of these trainings is not known",
        "snip": "",
        "zico": "all its scores are equal",
        "zen": "not in the score table",
        "fisher": "not in the score table",
        "az_trainability": "needs the blocks of the network, and nothing says what these are",
    }


@pytest.mark.usefixtures("others")
def test_a_users_space_that_fails_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^Broken: KeyError: 'column ssim'"):
        proxy_table.judged(column_of("broken", tmp_path))


def test_a_proxy_that_lacks_a_task_is_neither_first_nor_last_for_it() -> None:
    rows = [("a", 0.9, 0.1), ("b", 0.5, 0.5), ("c", 0.1, 0.9), ("d", None, 0.7)]
    frame = pd.DataFrame(rows, columns=["proxy", "x", "y"]).melt("proxy", var_name="task", value_name="spearman")
    table = frame.assign(space="s", kind="proxy", scored_on="images")
    ranks = proxy_table.average_ranks(table)
    # Of three, the places 1, 2, 3 are worth 1.25, 2.5, 3.75 of four; the middle of four is 2.5.
    assert ranks["average_rank"].to_dict() == {"d": 2.25, "c": 2.375, "a": 2.625, "b": 2.75}
    assert ranks["tasks"]["d"] == 1


def test_tasks_of_which_only_sizes_are_known_rank_nobody() -> None:
    rows = [("params", "x", 0.9), ("naswot", "x", 0.95), ("params", "y", 0.9), ("naswot", "y", np.nan)]
    table = pd.DataFrame(rows, columns=["proxy", "task", "spearman"]).assign(space="s", kind="proxy")
    ranks = proxy_table.average_ranks(table.assign(scored_on=table["task"].map({"x": "images", "y": ""})))
    assert ranks["average_rank"].to_dict() == {"naswot": 1.0, "params": 2.0}
