"""What a query answers once official files have been imported, and which release it names."""

import math
import os
import subprocess
import sys
import timeit
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.errors import UserError
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth.fields import EPOCHS
from backend.truth.imported import imported_releases, imported_table
from backend.truth.importing.release_import import import_release
from backend.truth.lookup import field_releases, query, release
from backend.truth.tables import runs_table
from tests.backend.truth.importing import samples

V1_0, V1_1, NATS = "NAS-Bench-201-v1_0-e61699", "NAS-Bench-201-v1_1-096897", "NATS-Bench tss v1_0"


@pytest.fixture
def both(home: Path) -> Path:
    import_release(samples.PTH)
    import_release(samples.FOLDER)
    return home


@pytest.mark.parametrize("dataset", TRAINED_ON)
@pytest.mark.parametrize("epochs", EPOCHS)
def test_an_import_fills_what_the_bundled_table_lacks(home: Path, dataset: str, epochs: int) -> None:
    bundled = query(11, dataset, epochs)
    assert query(11, dataset, epochs) == bundled
    import_release(samples.PTH)
    filled = query(11, dataset, epochs)
    assert None not in filled.values()
    assert {name: filled[name] for name, value in bundled.items() if value is not None} == {
        name: value for name, value in bundled.items() if value is not None
    }


def test_the_filled_in_values_are_the_means_of_the_release(home: Path) -> None:
    import_release(samples.PTH)
    official = pd.read_csv(samples.CSV)
    row = official[(official["dataset"] == "cifar100") & (official["hp"] == 12) & (official["seed"] == "mean")]
    row = row.set_index("index").loc[284]
    assert release("cifar100", 12, "valtest-accuracy") == V1_1
    for name in ("train-loss", "train-accuracy", "valid-loss", "test-loss", "valtest-loss", "valtest-accuracy"):
        assert query(284, "cifar100", 12)[name] == pytest.approx(row[name], abs=1e-9)


def test_architectures_that_were_not_imported_stay_unknown(both: Path) -> None:
    assert query(6111, "cifar10")["train-loss"] is None
    assert query(6111, "cifar10")["test-accuracy"] == pytest.approx(94.3733, abs=1e-4)


def test_a_field_is_from_one_release_for_all_architectures(both: Path) -> None:
    """Of two imports the larger one, so that a column is never made of both."""
    content = samples.content()
    fewer = {**content, "arch2infos": {11: content["arch2infos"][11]}}
    (both / "benchmark" / f"{V1_1}.parquet").unlink()
    import_release(samples.write_pth(both / "fewer.pth", fewer))
    assert field_releases("cifar10", 12)["train-loss"] == NATS
    table = imported_table(NATS)
    rows = table[(table["dataset"] == "cifar10") & (table["epochs"] == 12) & (table["seed"] == "mean")]
    for index, loss in zip(rows["index"], rows["train-loss"], strict=True):
        assert query(index, "cifar10", 12)["train-loss"] == loss


def test_of_equal_imports_the_one_of_the_bundled_accuracies_is_asked(both: Path) -> None:
    assert {field_releases(dataset, 12)["train-loss"] for dataset in TRAINED_ON} == {V1_1}
    assert {field_releases(dataset, 200)["train-loss"] for dataset in TRAINED_ON} == {NATS}
    assert field_releases("cifar100", 200)["valid-accuracy"] == V1_1


def test_a_release_can_be_asked_for_alone(both: Path) -> None:
    for name, asked in ((V1_1, "v1_1"), (NATS, "nats"), (NATS, NATS)):
        found = query(11, "cifar100", release=asked)
        table = imported_table(name)
        row = table[(table["index"] == 11) & (table["epochs"] == 200) & (table["seed"] == "mean")]
        row = row[row["dataset"] == "cifar100"].iloc[0]
        assert found == {field: row[field] for field in found}
        assert set(field_releases("cifar100", 200, release=asked).values()) == {name}
    assert set(query(6111, "cifar100", release="v1_1").values()) == {None}


def test_one_seed_can_be_asked_for(both: Path) -> None:
    official = pd.read_csv(samples.CSV).set_index(["index", "dataset", "hp", "seed"])
    for seed in (777, 888, 999):
        expected = official.loc[11, "ImageNet16-120", 200, str(seed)]
        found = query(11, "ImageNet16-120", seed=seed, release="v1_1")
        assert found == {field: pytest.approx(expected[field], abs=1e-9) for field in found}
    accuracies = [query(11, "ImageNet16-120", seed=seed)["test-accuracy"] for seed in (777, 888, 999)]
    assert len(set(accuracies)) == 3
    assert np.mean(accuracies) == pytest.approx(query(11, "ImageNet16-120", release="nats")["test-accuracy"])
    assert len(set(field_releases("ImageNet16-120", 200, seed=777).values())) == 1


def test_what_an_older_release_lacks_stays_unknown(home: Path) -> None:
    import_release(samples.write_pth(home.parent / "a.pth", samples.of_version_1_0(samples.content()), legacy=True))
    assert set(query(11, "cifar100", 12, release=V1_0).values()) == {None}
    assert query(11, "cifar100", 200, release=V1_0)["train-all-time"] is None
    assert query(11, "cifar100", 200, release=V1_0)["train-loss"] is not None
    assert query(11, "cifar100", 200)["train-all-time"] is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"release": V1_0}, f"^release {V1_0} has not been imported; imported are {NATS}, {V1_1}$"),
        # That of NAS-Bench-201, or that of NATS-Bench?
        ({"release": "v1_0"}, f"^release 'v1_0' names more than one; releases are {NATS}, {V1_1}, {V1_0}$"),
        ({"release": ""}, "^release '' is unknown"),
        ({"release": "NAS-Bench-101"}, "^release 'NAS-Bench-101' is unknown"),
        ({"seed": 5}, "^seed 5 is not in an imported release; there are 111, 777, 888, 999$"),
    ],
)
def test_what_was_not_imported_is_refused(both: Path, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        query(11, "cifar10", **arguments)


def test_without_an_import_the_message_says_how_to_make_one(home: Path) -> None:
    for arguments in ({"release": "v1_1"}, {"seed": 777}):
        with pytest.raises(UserError, match=r"none yet; `python -m backend import-benchmark FILE` does it$"):
            query(11, "cifar10", **arguments)
    with pytest.raises(UserError, match=r"has not been imported; `python -m backend import-benchmark FILE` does it$"):
        imported_table(V1_1)


def test_an_import_by_another_process_is_seen_at_once(home: Path) -> None:
    assert query(11, "cifar10")["train-loss"] is None
    command = [sys.executable, "-m", "backend", "import-benchmark", str(samples.PTH)]
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=dict(os.environ))
    assert query(11, "cifar10")["train-loss"] is not None
    (home / "benchmark" / f"{V1_1}.parquet").unlink()
    assert query(11, "cifar10")["train-loss"] is None


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", None])
def test_a_damaged_table_is_named(home: Path, content: bytes | None) -> None:
    import_release(samples.PTH)
    table = home / "benchmark" / f"{V1_1}.parquet"
    if content is None:  # a Parquet file, but another program's
        pd.DataFrame({"a": [1]}).to_parquet(table)
    else:
        table.unlink()
        table.write_bytes(content)
    message = f"^imported table {table}: is damaged; delete it and import the release again$"
    for ask in (lambda: query(11, "cifar10"), imported_releases):
        with pytest.raises(UserError, match=message):
            ask()


def test_a_query_stays_fast_with_imports(both: Path) -> None:
    query(11, "cifar100")
    seconds = timeit.repeat(lambda: query(11, "cifar100"), number=500, repeat=7)
    assert min(seconds) / 500 < 50e-6


def test_the_bundled_table_agrees_with_the_releases_it_names(both: Path) -> None:
    """Each bundled number of the three architectures is, to its precision, the named release's."""
    tables = {name: imported_table(name).set_index(["epochs", "dataset", "index", "seed"]) for name in (V1_1, NATS)}
    runs = runs_table()
    compared = 0
    for _, row in runs[runs["index"].isin(samples.INDICES)].iterrows():
        for field in [name for name in runs if "-" in str(name)]:
            if math.isnan(row[field]):
                continue
            official = tables[release(row["dataset"], row["epochs"], field)]
            value = official.loc[(row["epochs"], row["dataset"], row["index"], "mean"), field]
            assert row[field] == pytest.approx(value, abs=1e-5), (row["index"], row["dataset"], row["epochs"], field)
            compared += 1
    assert compared == 3 * 39
