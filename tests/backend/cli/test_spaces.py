"""Commands on a bundled space that is not the default one."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.scoring.tables import Provenance, ScoreTable, write_table
from backend.spaces import registry
from backend.spaces.capabilities import KnownCosts, require
from tests.backend.cli.command_line import backend, refused
from tests.conftest import CONFIGS

SPACE = registry.get("nas_bench_macro")
NAMED = ("--space", SPACE.name)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Scores of all architectures of the space: their sizes, under the names of proxies."""
    sizes = require(SPACE, KnownCosts, "sizes").sizes(pd.RangeIndex(6_561), "cifar10")
    scores = sizes.assign(snip=np.log(sizes["flops"]))
    versions = dict.fromkeys(scores, 1)
    made = Provenance("cifar10", 4, 0, "Four images.", versions, {}, "a machine", 60.0, SPACE.name)
    path = tmp_path / "macro.parquet"
    write_table(ScoreTable(scores, made), path)
    return path


def test_truth_says_what_was_measured_and_how_it_was_taken(home: Path) -> None:
    printed = json.loads(backend("truth", "22212202", *NAMED, "--json").stdout)
    assert (printed["index"], printed["epochs"]) == (6473, 50)
    assert printed["test-accuracy"] == pytest.approx(93.127, abs=5e-4)
    assert printed["releases"]["test-accuracy"] == "NAS-Bench-Macro"
    words = backend("truth", "6473", *NAMED).stdout
    assert "22212202" in words
    assert "optimistic" in words
    assert "Standard deviation of one training: 0.21 %" in words


def test_truth_refuses_what_the_space_has_not(home: Path) -> None:
    assert "expected a digit from 0 to 2" in refused("truth", "|none~0|", *NAMED)
    assert "there are: cifar10, 50 epochs" in refused("truth", "5", *NAMED, "--epochs", "200")
    assert "there are: cifar10, 50 epochs" in refused("truth", "5", *NAMED, "--dataset", "cifar100")
    assert "NAS-Bench-Macro has one table" in refused("truth", "5", *NAMED, "--seed", "777")


def test_correlate_takes_the_truth_of_the_tables_space(home: Path, table: Path) -> None:
    done = json.loads(backend("correlate", "--table", table, "--resamples", "20", "--json").stdout)
    found = {row["proxy"]: row for row in done["cells"]}
    assert found["flops"]["spearman"] == pytest.approx(0.748, abs=5e-4)
    assert found["params"]["spearman"] == pytest.approx(0.318, abs=5e-4)
    assert {row["cells"] for row in done["classes"]} == {3_969}
    assert "cifar10 test accuracy after 50 epochs" in backend("correlate", "--table", table, *NAMED).stdout
    assert "it is of NAS-Bench-Macro, not of NAS-Bench-201" in refused(
        "correlate", "--table", table, "--space", "nas_bench_201"
    )
    assert "no score table of 'cifar100' is bundled for NAS-Bench-Macro" in refused(
        "correlate", *NAMED, "--dataset", "cifar100"
    )


@pytest.mark.slow
def test_correlate_puts_every_task_of_every_space_into_one_table(home: Path, table: Path) -> None:
    swept = home / "sweeps" / "nas_bench_macro-cifar10-00" / "table" / "scores.parquet"
    swept.parent.mkdir(parents=True)
    table.rename(swept)
    alone = json.loads(backend("correlate", "--resamples", "10", "--json").stdout)
    done = json.loads(backend("correlate", "--all-spaces", "--resamples", "10", "--json").stdout)
    found = {(row["space"], row["task"], row["proxy"]): row for row in done["values"]}
    for row in alone["cells"]:
        values = found["nas_bench_201", "cifar10", row["proxy"]]
        assert abs(values["spearman"]) == pytest.approx(abs(row["spearman"]))
        assert values["architectures"] == row["cells"]
        assert values["kendall_low"] <= values["kendall"] <= values["kendall_high"]
    assert found["nas_bench_macro", "cifar10", "flops"]["spearman"] == pytest.approx(0.748, abs=5e-4)
    assert found["nas_bench_macro", "cifar10", "repeat training"]["spearman"] == pytest.approx(0.98, abs=2e-3)
    ranks = [row["average_rank"] for row in done["ranks"]]
    assert ranks == sorted(ranks)
    printed = backend("correlate", "--all-spaces", "--best", "10", "--statistic", "kendall", "--resamples", "10").stdout
    assert "Kendall correlation with the truth, among the 10% of the architectures with the best truth" in printed
    assert "NAS-Bench-201, cifar100: scores of cifar10's images" in printed


def test_correlate_of_all_spaces_takes_no_table_or_space_of_its_own(home: Path, table: Path) -> None:
    given = refused("correlate", "--all-spaces", "--table", table, *NAMED)
    assert "give it without --table, --space" in given
    assert "--best: goes with --all-spaces" in refused("correlate", "--best", "10")


def test_the_bundled_scores_of_a_space_are_compared_with_each_of_its_tasks() -> None:
    printed = backend("correlate", "--space", "transnas_macro", "--truth", "autoencoder", "--resamples", "10").stdout
    assert "Rank correlation with autoencoder SSIM after 30 epochs" in printed
    assert "naswot" in printed


def test_ensembles_are_fitted_on_architectures_of_a_table(home: Path, table: Path) -> None:
    fit = ("ensemble", "--labels", "64", "--table", table, "--model", "ridge", "--proxies", "snip,params", "--graph")
    done = json.loads(backend(*fit, "--json").stdout)
    assert done["target"] == "50:test-accuracy"
    assert done["figures"]["unseen cells"]["spearman"] > 0.8


@pytest.mark.slow
def test_the_shipped_search_runs_and_is_recommended_and_fitted(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "short.toml"
    shipped = (CONFIGS / "nas_bench_macro.toml").read_text(encoding="utf-8")
    file.write_text(shipped.replace("n_trials = 60", "n_trials = 12").replace("num_samples = 16", "num_samples = 2"))
    printed = backend("search", "--config", file, "--study", "macro").stdout
    assert "test-accuracy" in printed
    listed = json.loads(backend("recommend", "macro", "--json").stdout)["shortlist"]
    assert len(listed) == 10
    assert all(row["accuracy"] > 40 and row["hours"] is None for row in listed)
    fitted = json.loads(backend("ensemble", "macro", "--model", "ridge", "--graph", "--json").stdout)
    assert fitted["target"] == "50:test-accuracy"
    # The bundled one is of a sample.
    assert "no table of the whole space" in fitted["note"]
    shown = json.loads(backend("studies", "show", "macro", "--json").stdout)
    assert "test-accuracy-std" in shown["best_trials"][0]["nasbench_data_metrics"]


def test_score_takes_codes_and_indices(home: Path) -> None:
    done = json.loads(
        backend("score", "22212202", "0", *NAMED, "--proxies", "l2_norm,flops", "--batch-size", "2", "--json").stdout
    )
    assert [row["index"] for row in done] == [6473, 0]
    assert done[1]["scores"]["flops"] == pytest.approx(7.71328)


def test_a_cost_that_was_measured_on_no_device_is_refused(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "latency.toml"
    shipped = (CONFIGS / "nas_bench_macro.toml").read_text(encoding="utf-8")
    file.write_text(shipped.replace('metrics = ["flops"]', 'metrics = ["flops", "latency:raspi4"]'))
    assert "latency:raspi4: not measured for NAS-Bench-Macro; valid: params, flops" in refused(
        "search", "--config", file
    )


def test_a_search_on_a_table_of_a_sample_is_refused(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "sampled.toml"
    shipped = (CONFIGS / "nas_bench_macro.toml").read_text(encoding="utf-8")
    file.write_text(shipped.replace("num_samples = 16", 'num_samples = 16\nscores = "table"'))
    assert "of 6,561 architectures; a search needs those of all" in refused("search", "--config", file)
