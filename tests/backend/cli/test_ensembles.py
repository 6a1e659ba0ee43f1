"""The commands about ensembles as a user runs them."""

import json
from pathlib import Path

import pytest

from tests.backend.cli.command_line import backend, refused
from tests.conftest import cheap_config
from tests.score_tables import write_sweep_table


@pytest.mark.slow
@pytest.mark.usefixtures("with_fitted")
def test_ensembles_are_compared_saved_exported_and_imported(home: Path, tmp_path: Path) -> None:
    compared = backend("ensemble", "a", "--proxies", "params,flops", "--table", write_sweep_table(home)).stdout
    for title in ("Linear regression", "Extra trees", "Sum of log ranks", "the study", "unseen cells"):
        assert title in compared
    assert "nan" not in compared
    exported = tmp_path / "mine.json"
    one = backend("ensemble", "a", "--model", "linear", "--save", "mine", "--export", exported).stdout
    assert "95% interval" in one
    assert "saved as mine" in one
    assert "unseen cells" in one
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert "ensemble: mine, fitted on a" in backend("import-ensemble", exported, "--storage", url).stdout
    assert "taken" in backend("import-ensemble", exported, "--storage", url, status=2).stderr
    again = backend("import-ensemble", exported, "--name", "theirs", "--storage", url).stdout
    assert "ensemble: theirs, fitted on a" in again
    assert set(json.loads(exported.read_text(encoding="utf-8"))["weights"]) == {"l2_norm", "params", "flops"}


@pytest.mark.usefixtures("with_fitted")
def test_ensembles_in_json_and_without_labels(home: Path) -> None:
    table = write_sweep_table(home)
    record = json.loads(backend("ensemble", "a", "--label-free", "params,flops", "--table", table, "--json").stdout)
    assert record["model"] == "log_rank_sum"
    assert record["figures"]["unseen cells"]["spearman"] > 0.5
    # The cells of the thirty functions that were fitted are no unseen ones.
    assert record["figures"]["unseen cells"]["cells"] > 12_000
    assert record["weights"] is None


@pytest.mark.slow
def test_cells_of_the_table_are_fitted_judged_elsewhere_and_cells_to_train_named(home: Path, tmp_path: Path) -> None:
    fit = ("ensemble", "--labels", "64", "--model", "ridge", "--proxies", "jacob_cov,params")
    shown = backend(*fit, "--transfer", "cifar100", "--save", "mine").stdout
    assert "Train these" in shown
    assert "95% bootstrap intervals" in shown.partition("predicted from")[2]
    assert "saved as mine" in shown
    record = json.loads(backend(*fit, "--transfer", "ImageNet16-120", "--json").stdout)
    assert set(record["figures"]) == {"fitted cells", "the study", "unseen cells"}
    assert record["transfer"][0]["figures"]["spearman"] > 0.5
    assert len(record["shortlist"]) == 10
    curve = json.loads(backend(*fit, "--curve", "--json").stdout)["learning_curve"]
    assert {8, 64, 2048} <= {row["cells_labelled"] for row in curve}
    assert record["shortlist"][0]["low"] < record["shortlist"][0]["high"]
    config = cheap_config(
        metrics={"ensemble:mine": {"scale": 1.0}}, runner={"metrics": [], "scores": "table"}, setup={"n_trials": 12}
    )
    file = tmp_path / "by_ensemble.toml"
    file.write_text(config.to_toml(), encoding="utf-8")
    assert "ensemble:mine" in backend("search", "--config", file, "--study", "by it").stdout
    recommended = json.loads(backend("recommend", "by it", "--top", "3", "--json").stdout)
    assert "jacob_cov, params" in recommended["rule"]
    assert [cell["total_hours"] for cell in recommended["shortlist"]] == sorted(
        cell["total_hours"] for cell in recommended["shortlist"]
    )


@pytest.mark.usefixtures("with_fitted")
def test_what_no_ensemble_can_be_made_of_is_said() -> None:
    for study, arguments, message in [
        ("a", ["--labels", "5"], "give a study, or --labels"),
        ("a", ["--curve"], "say which with --model or --label-free"),
        ("a", ["--label-free", "params", "--curve"], "needs no label"),
        ("a", ["--model", "ridge", "--transfer", "mars"], "no study 'mars'"),
        ("a", ["--model", "magic"], "unknown model 'magic'; valid: linear"),
        ("a", ["--model", "ridge", "--proxies", "zen"], "zen: not recorded in this study"),
        ("a", ["--label-free", "params", "--graph"], "--label-free: names its proxies itself"),
        ("a", ["--save", "x"], "say which with --model or --label-free"),
        ("small", ["--model", "linear"], "3 cells with known accuracy are too few"),
    ]:
        assert message in refused("ensemble", study, *arguments), arguments
