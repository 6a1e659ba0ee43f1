"""The command line as a user runs it: what it prints, and what it says of bad input."""

import json
import subprocess
from pathlib import Path

import pytest
from typer import Context
from typer.core import TyperGroup
from typer.main import get_command

from backend import truth as benchmark
from backend.analysis.correlation import STATISTICS
from backend.cli import app
from backend.cli.lazy import COMMANDS
from backend.runs import launch
from backend.spaces.nas_bench_201.cell import Cell
from backend.storage.database import open_database
from backend.studies import list_studies, load_study, run_folder, runs
from tests.backend.cli.command_line import backend, refused
from tests.backend.truth.importing import samples
from tests.conftest import cheap_config
from tests.score_tables import write_sweep_table

ARCH = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"


def test_search_prints_the_best_trials_and_the_weights_and_leaves_its_files(home: Path, config_file: Path) -> None:
    printed = backend("search", "--config", config_file, "--study", "a").stdout
    headings = ("number", "software_metrics", "hardware_metrics", "scaled_metrics", "nasbench_data_metrics")
    assert "Best trial(s)" in printed
    assert all(heading in printed for heading in headings)
    assert "test-accuracy" in printed
    assert "Ensemble weights" in printed
    assert "intercept" in printed
    assert "Spearman" in printed
    assert "12/12" in printed
    files = {path.name for path in run_folder(open_database(), "a").iterdir()}
    assert {"log.json", "best.json", "zc_ensemble.json", "zc_with_predictive_and_true.json"} <= files


def test_trials_and_storage_of_the_command_line_win(home: Path, config_file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    backend("search", "--config", config_file, "--storage", url, "--trials", "3")
    (summary,) = list_studies(open_database(url))
    assert summary.run is not None
    assert (summary.run.done, summary.run.state) == (3, "finished")


def test_truth_is_the_benchmarks(home: Path) -> None:
    printed = json.loads(backend("truth", "5115", "--dataset", "cifar10", "--epochs", "12", "--json").stdout)
    assert printed["test-accuracy"] == 85.11
    assert printed["train-all-time"] == pytest.approx(394.101, abs=5e-4)
    assert "85.11" in backend("truth", str(Cell.from_index(5115)), "--epochs", "12").stdout


def test_official_files_are_imported_and_each_number_says_where_it_is_from(home: Path) -> None:
    printed = backend("import-benchmark", samples.PTH).stdout
    assert "NAS-Bench-201-v1_1-096897: 3 of 15,625 architectures, 75 rows" in printed
    assert str(home / "benchmark" / "NAS-Bench-201-v1_1-096897.parquet") in printed
    summary = json.loads(backend("import-benchmark", samples.FOLDER, "--json").stdout)
    assert (summary["release"], summary["architectures"], summary["rows"]) == ("NATS-Bench tss v1_0", 3, 75)
    assert Path(summary["path"]).is_file()
    of_run = ("truth", "11", "--dataset", "cifar100", "--release", "v1_1", "--seed", "777")
    shown = json.loads(backend(*of_run, "--json").stdout)
    assert shown["test-accuracy"] == benchmark.query(11, "cifar100", release="v1_1", seed=777)["test-accuracy"]
    assert set(shown["releases"].values()) == {"NAS-Bench-201-v1_1-096897"}
    table = backend("truth", "11", "--dataset", "cifar100").stdout
    lines = {line.split()[1]: line for line in table.splitlines() if "-accuracy" in line}
    assert "NATS-Bench tss v1_0" in lines["test-accuracy"]
    assert "NAS-Bench-201-v1_1-096897" in lines["valid-accuracy"]
    assert "seed 777" in backend(*of_run).stdout


def test_score_gives_a_number_a_proxy_and_says_disconnected(home: Path) -> None:
    dead = str(Cell(("none",) * 6))
    rows = json.loads(backend("score", ARCH, dead, "--proxies", "l2_norm,params", "--json").stdout)
    assert rows[0]["index"] == Cell.parse(ARCH).index
    assert rows[0]["scores"]["params"] == pytest.approx(benchmark.architecture(Cell.parse(ARCH))["params:cifar10"])
    assert rows[0]["scores"]["l2_norm"] > 0
    assert rows[1]["scores"] is None
    table = backend("score", dead, "--proxies", "l2_norm").stdout
    assert "disconnected" in table
    assert "CIFAR-10" in table


def test_studies_are_listed_shown_and_deleted(home: Path, config_file: Path) -> None:
    backend("search", "--config", config_file, "--study", "a")
    (listed,) = json.loads(backend("studies", "list", "--json").stdout)
    assert (listed["name"], listed["state"], listed["done"], listed["dataset"]) == ("a", "finished", 12, "cifar10")
    assert "finished" in backend("studies", "list").stdout
    shown = json.loads(backend("studies", "show", "a", "--json").stdout)
    assert shown["best_trials"][0]["nasbench_data_metrics"]["test-accuracy"] > 0
    assert "Ensemble weights" in backend("studies", "show", "a").stdout
    assert "all 12 trials of 'a' are done" in backend("studies", "resume", "a", status=2).stderr
    assert "15/15" in backend("studies", "resume", "a", "--trials", "15").stdout
    backend("studies", "delete", "a", "--yes")
    assert json.loads(backend("studies", "list", "--json").stdout) == []


def test_stop_reaches_a_run(home: Path) -> None:
    database = open_database()
    launch.launch(database, cheap_config(setup={"n_trials": 10_000}), "a")
    backend("studies", "stop", "a")
    study_id = load_study(database, "a")._study_id
    for _ in range(600):
        run = runs.read_run(database, study_id)
        if run is not None and not run.active:
            break
        subprocess.run(["sleep", "0.1"], check=True)
    assert run is not None
    assert run.state == "stopped"


def test_correlate_prints_the_correlations_with_intervals_over_cells_and_classes(home: Path) -> None:
    path = write_sweep_table(home)
    done = json.loads(backend("correlate", "--table", path, "--resamples", "20", "--json").stdout)
    for counted, number in (("cells", 15_284), ("classes", 5_043)):
        rows = {row["proxy"]: row for row in done[counted]}
        assert rows["params"]["cells"] == number, counted
        for name in STATISTICS:
            assert rows["params"][f"{name}_low"] < rows["params"][name] < rows["params"][f"{name}_high"]
    printed = backend("correlate", "--table", path, "--resamples", "10").stdout
    assert "Spearman, best 10%" in printed
    assert printed.count("l2_norm") == 2
    assert "2 images" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["search", "--config", "none.toml"], "cannot read none.toml"),
        (["search", "--trials", "0"], "search.strategy.setup.n_trials: should be at least 1 (got 0)"),
        (["search", "--study", "a\x1b[2Jb"], "study: the name 'a\\x1b[2Jb' is not valid"),
        (["search", "--storage", "studies.db"], "storage: not a SQLAlchemy URL"),
        (["search", "--proxy-module", "none.py"], "proxy module"),
        (["score", ARCH, "--proxies", "snap"], "unknown proxy 'snap'"),
        (["score", ARCH, "--dataset", "mnist"], "mnist"),
        (["score", "|none~0|"], "not a cell; valid"),
        (["score", "15625"], "0 to 15624"),
        (["score", "²"], "not a cell; valid"),
        (["truth", "--", "--5"], "not a cell; valid"),
        (["truth", "--", "-5"], "0 to 15624"),
        (["score", ARCH, "--device", "tpu"], "tpu"),
        (["score", ARCH, "--batch-size", "1001"], "1000"),
        (["truth", "0", "--epochs", "100"], "100"),
        (["truth", "0", "--release", "v1_1"], "release NAS-Bench-201-v1_1-096897 has not been imported"),
        (["truth", "0", "--seed", "777"], "seed 777 is not in an imported release; imported are none yet"),
        (["import-benchmark", "nowhere"], "nowhere is neither a file nor a folder; valid are NAS-Bench-201-v1_0"),
        (["import-benchmark", __file__], "it is of another format; valid are"),
        (["studies", "show", "x"], "no study 'x'"),
        (["studies", "stop", "x"], "no study 'x'"),
        (["run", "x"], "no study 'x'"),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_status_2(home: Path, arguments: list[str], said: str) -> None:
    assert said in refused(*arguments)
    if home.exists():
        assert list_studies(open_database()) == []


@pytest.mark.parametrize("arguments", [["search", "--trials", "many"], ["nonsense"]])
def test_a_wrong_option_or_command_is_status_2_without_a_traceback(home: Path, arguments: list[str]) -> None:
    assert "Traceback" not in backend(*arguments, status=2).stderr


def test_a_file_with_a_mistake_names_it_and_makes_nothing(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(cheap_config().to_toml().replace('"random"', '"grid"'), encoding="utf-8")
    assert "search.strategy.setup.sampler: should be 'tpe'" in backend("search", "--config", path, status=2).stderr
    assert list_studies(open_database()) == []


def test_a_proxy_of_ones_own_is_searched_with(home: Path, tmp_path: Path) -> None:
    module = tmp_path / "mine.py"
    module.write_text(
        "from backend.proxies import register\n"
        "@register(direction='minimize')\n"
        "def tensors(network, images, labels):\n"
        "    return float(len(list(network.parameters())))\n",
        encoding="utf-8",
    )
    file = tmp_path / "mine.toml"
    text = cheap_config(setup={"n_trials": 2}).to_toml()
    file.write_text(
        text.replace("[search.strategy.metrics.params]", "[search.strategy.metrics.tensors]"), encoding="utf-8"
    )
    assert "unknown proxy 'tensors'" in backend("search", "--config", file, status=2).stderr
    assert "tensors" in backend("search", "--config", file, "--proxy-module", module).stdout


def test_a_search_whose_proxy_always_fails_ends_in_one_line(home: Path, tmp_path: Path) -> None:
    module = tmp_path / "broken.py"
    module.write_text(
        "from backend.proxies import register\n@register(reads=('images',))\ndef broken(images):\n    return 1 / 0\n",
        encoding="utf-8",
    )
    file = tmp_path / "broken.toml"
    text = cheap_config(setup={"n_trials": 30}).to_toml()
    file.write_text(text.replace("[search.strategy.metrics.params]", "[search.strategy.metrics.broken]"))
    done = backend("search", "--config", file, "--proxy-module", module, "--study", "a", status=1)
    assert "Traceback" not in done.stderr
    assert "failed: 10 trials in a row failed; the last: broken: no finite value" in done.stderr
    (summary,) = list_studies(open_database())
    assert summary.run is not None
    assert summary.run.state == "failed"
    # This process has not loaded the proxy: the run and the reason are shown all the same.
    assert "unknown proxy 'broken'" in summary.config_problem


def test_the_help_says_of_each_command_what_it_says_of_itself() -> None:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    for name, (_, words) in COMMANDS.items():
        command = group.get_command(Context(group), name)
        assert command is not None
        assert command.get_short_help_str(limit=1_000) == words
    listed = backend("--help").stdout
    assert all(f"  {name} " in listed for name in COMMANDS)
