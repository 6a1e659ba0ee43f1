"""Official files give the official API's numbers, in every layout that they come in."""

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nas_201_api.api_utils import ArchResults

from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth.imported import imported_releases, imported_table
from backend.truth.importing.release_import import import_release
from tests.backend.truth.importing import samples

V1_0, V1_1, NATS = "NAS-Bench-201-v1_0-e61699", "NAS-Bench-201-v1_1-096897", "NATS-Bench tss v1_0"

# The columns of the .csv that are called otherwise in the table.
RENAMED = {"hp": "epochs", "flops_M": "flops", "params_M": "params", "latency_s": "latency"}
KEYS = ["index", "dataset", "epochs", "seed"]


def keyed(table: pd.DataFrame) -> pd.DataFrame:
    table = table.astype({"dataset": str, "seed": str, "epochs": "int64", "index": "int64"})
    return table.set_index(KEYS).sort_index()


@pytest.mark.parametrize("legacy", [False, True])
def test_every_value_of_the_official_file_is_the_official_apis(home: Path, tmp_path: Path, legacy: bool) -> None:
    path = samples.write_pth(tmp_path / "legacy.pth", samples.content(), legacy=True) if legacy else samples.PTH
    assert import_release(path).release == V1_1
    table = keyed(imported_table(V1_1))
    official = keyed(pd.read_csv(samples.CSV).rename(columns=RENAMED).drop(columns="arch_str"))
    assert set(official) == set(table) - {"release"}
    pd.testing.assert_frame_equal(table[list(official)], official, rtol=0, atol=1e-6)


SETS = {"train": "train", "valid": "x-valid", "test": "x-test", "valtest": "ori-test"}


def official_results(parts: dict[str, Any], dataset: str, epochs: int, seed: int | bool) -> dict[str, float]:
    """What the classes of the package nas-bench-201 give for a state, in the table's names."""
    results = ArchResults.create_from_state_dict(parts[{12: "less", 200: "full"}[epochs]])
    sets = {**SETS, "test": "ori-test"} if dataset.startswith("cifar10") and dataset != "cifar100" else SETS
    found = {}
    for split, name in sets.items():
        try:
            metrics = results.get_metrics(dataset, name, is_random=seed)
        except (KeyError, TypeError):
            continue
        if split == "valtest" and sets["test"] == "ori-test":
            continue
        found[f"{split}-loss"], found[f"{split}-accuracy"] = metrics["loss"], metrics["accuracy"]
        found[f"{split}-all-time"] = math.nan if metrics["all_time"] is None else metrics["all_time"]
        found[f"{split}-per-time"] = found[f"{split}-all-time"] / epochs
    return found


def check_against_the_package(table: pd.DataFrame, states: dict[int, dict[str, Any]]) -> None:
    compared = 0
    rows = keyed(table)
    for (index, dataset, epochs, seed), row in rows.iterrows():
        expected = official_results(states[index], dataset, epochs, False if seed == "mean" else int(seed))
        for name in [name for name in rows if name.startswith(("train-", "valid-", "test-", "valtest-"))]:
            assert row[name] == pytest.approx(expected.get(name, math.nan), abs=1e-9, nan_ok=True), (index, name)
            compared += not math.isnan(row[name])
    assert compared > 400


def test_every_value_of_nats_bench_is_the_official_apis(home: Path) -> None:
    assert import_release(samples.FOLDER).release == NATS
    contents = {index: samples.nats_content(index) for index in samples.INDICES}
    states = {index: {"less": value["12"], "full": value["200"]} for index, value in contents.items()}
    check_against_the_package(imported_table(NATS), states)


def test_version_1_0_is_told_from_1_1_and_lacks_what_it_lacks(home: Path, tmp_path: Path) -> None:
    old = samples.of_version_1_0(samples.content())
    assert import_release(samples.write_pth(tmp_path / "renamed.pth", old, legacy=True)).release == V1_0
    table = imported_table(V1_0)
    check_against_the_package(table, old["arch2infos"])
    full = table[table["epochs"] == 200]
    assert full["train-all-time"].isna().all()
    assert full["train-loss"].notna().all()
    assert set(table.loc[table["epochs"] == 12, "dataset"]) == {"cifar10-valid"}


def test_a_run_without_an_evaluation_leaves_it_out_of_the_mean_too(home: Path, tmp_path: Path) -> None:
    content = samples.content()
    whole = official_results(content["arch2infos"][11], "cifar100", 200, seed=777)
    del content["arch2infos"][11]["full"]["all_results"]["cifar100", 888]["eval_losses"]["x-test@199"]
    import_release(samples.write_pth(tmp_path / "a.pth", content))
    rows = keyed(imported_table(V1_1)).loc[11, "cifar100", 200]
    test = ["test-loss", "test-accuracy", "test-per-time", "test-all-time"]
    assert rows.loc["888", test].isna().all()
    assert rows.loc["mean", test].isna().all()
    assert rows.loc["777", test].tolist() == [whole[name] for name in test]
    assert rows.drop(columns=["release", *test]).notna().all(axis=None)


def nats_benchmark_file(folder: Path) -> Path:
    """The official API's single file."""
    architectures = {index: samples.nats_content(index) for index in samples.INDICES}
    everything = {"meta_archs": samples.content()["meta_archs"], "total_archs": 15625}
    everything |= {"arch2infos": architectures, "evaluated_indexes": set(samples.INDICES)}
    return samples.write_pbz2(folder / "NATS-tss-v1_0-3ffb9.pickle.pbz2", everything)


def nats_full(folder: Path) -> Path:
    """The full release, with the weights in each file."""
    values = {index: samples.with_weights(samples.nats_content(index)) for index in samples.INDICES}
    return samples.write_folder(folder / "NATS-tss-v1_0-3ffb9-full", values)


def nats_unpacked_beside(folder: Path) -> Path:
    """A folder in which the release's folder lies, among others."""
    (folder / "data" / "NATS-tss-empty").mkdir(parents=True)
    (folder / "data" / samples.FOLDER.name).symlink_to(samples.FOLDER)
    return folder / "data"


@pytest.mark.parametrize(
    "layout",
    [
        lambda folder: samples.write_tar(folder / "NATS-tss-v1_0-3ffb9-simple.tar"),
        nats_benchmark_file,
        nats_full,
        lambda folder: samples.write_tar(folder / "NATS-tss-v1_0-3ffb9-full.tar", nats_full(folder)),
        nats_unpacked_beside,
    ],
)
def test_all_layouts_of_nats_bench_give_one_table(
    home: Path, tmp_path: Path, layout: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_release(samples.FOLDER)
    expected = imported_table(NATS)
    monkeypatch.setenv("PROXYSCOPE_HOME", str(tmp_path / "second"))
    assert import_release(layout(tmp_path)).architectures == 3
    pd.testing.assert_frame_equal(imported_table(NATS), expected)


def test_the_file_of_one_architecture_is_enough(home: Path) -> None:
    summary = import_release(samples.FOLDER / "000011.pickle.pbz2")
    assert (summary.release, summary.architectures) == (NATS, 1)
    assert set(imported_table(NATS)["index"]) == {11}


def test_the_summary_counts_and_progress_goes_from_nothing_to_all(home: Path) -> None:
    seen: list[tuple[float, int]] = []
    summary = import_release(str(samples.PTH), lambda part, count: seen.append((part, count)))
    assert [count for _, count in seen] == [1, 2, 3]
    assert all(0 < part <= 1 for part, _ in seen)
    assert sorted(seen) == seen
    # 5 runs of 12 epochs and 12 of 200; a mean for each of 4 datasets and both lengths.
    assert (summary.architectures, summary.rows) == (3, 3 * (17 + 8))
    assert summary.path == home / "benchmark" / f"{V1_1}.parquet"
    assert summary.seconds > 0


def test_importing_again_changes_nothing(home: Path) -> None:
    first = import_release(samples.PTH)
    table = imported_table(V1_1)
    assert import_release(samples.PTH).rows == first.rows
    pd.testing.assert_frame_equal(imported_table(V1_1), table)
    assert [path.name for path in (home / "benchmark").iterdir()] == [f"{V1_1}.parquet"]


def test_parts_add_up_and_a_part_that_comes_again_is_replaced(home: Path, tmp_path: Path) -> None:
    whole = samples.content()
    import_release(samples.PTH)
    expected = imported_table(V1_1)
    (home / "benchmark" / f"{V1_1}.parquet").unlink()
    wrong = copy.deepcopy(whole)
    wrong["arch2infos"][11]["full"]["all_results"]["cifar100", 777]["train_losses"][199] = 99.0
    for number, (content, indices) in enumerate([(wrong, (0, 11)), (whole, (284,)), (whole, (11,))]):
        part = {**content, "arch2infos": {index: content["arch2infos"][index] for index in indices}}
        assert import_release(samples.write_pth(tmp_path / f"{number}.pth", part)).architectures == len(indices)
    pd.testing.assert_frame_equal(imported_table(V1_1), expected)


def test_the_list_tells_what_has_been_imported(home: Path) -> None:
    assert imported_releases() == []
    import_release(samples.FOLDER / "000011.pickle.pbz2")
    import_release(samples.PTH)
    first, second = imported_releases()
    assert (first.release, first.architectures, first.rows, first.source) == (V1_1, 3, 75, samples.PTH.name)
    assert (second.release, second.architectures) == (NATS, 1)
    assert first.seeds == (111, 777, 888, 999)
    assert first.path.is_file()
    assert pd.Timestamp(first.imported_at) > pd.Timestamp("2026-01-01", tz="UTC")


def test_the_table_is_sorted_and_says_what_its_columns_are(home: Path) -> None:
    import_release(samples.PTH)
    table = imported_table(V1_1)
    assert set(table["release"]) == {V1_1}
    assert list(table["seed"].cat.categories) == ["mean", "111", "777", "888", "999"]
    assert list(table["dataset"].cat.categories) == list(TRAINED_ON)
    assert table.equals(table.sort_values(["epochs", "dataset", "index", "seed"], ignore_index=True))
