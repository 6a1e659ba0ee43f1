"""Training results and costs, against figures that the official NAS-Bench-201 API gives."""

import subprocess
import sys
import timeit
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import backend
from backend.datasets.info import NUM_CLASSES
from backend.errors import ConfigError
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth.lookup import OPTIMA, architecture, query
from backend.truth.tables import runs_table
from tests.conftest import cheap_config

ROOT = Path(backend.__file__).parents[1]

# Cells and figures (rounded to 3 digits) of the published example run: cifar10, 12 epochs.
EXAMPLE = {
    5115: {"train": (32.842, 394.101), "accuracy": 85.11, "test": (1.930, 23.163)},
    6111: {"train": (28.797, 345.570), "accuracy": 88.79, "test": (1.818, 21.821)},
    2126: {"train": (27.916, 334.993), "accuracy": 74.53, "test": (1.730, 20.766)},
}


@pytest.mark.parametrize("index", EXAMPLE)
def test_query_gives_the_figures_of_the_published_example(index: int) -> None:
    result = query(Cell.from_index(index), "cifar10", epochs=12)
    expected = EXAMPLE[index]
    assert (round(result["train-per-time"], 3), round(result["train-all-time"], 3)) == expected["train"]
    assert (round(result["test-per-time"], 3), round(result["test-all-time"], 3)) == expected["test"]
    assert result["test-accuracy"] == expected["accuracy"]


# What the official API returns for architecture 11, averaged over its seeds; None: not in the bundled table.
OFFICIAL = {
    ("cifar10", 12): {
        "train-loss": None,
        "train-accuracy": None,
        "train-per-time": 24.924113591512043,
        "train-all-time": 299.08936309814453,
        "test-loss": None,
        "test-accuracy": 74.0,
        "test-per-time": 1.6605006853739421,
        "test-all-time": 19.926008224487305,
    },
    ("cifar10-valid", 200): {
        "train-loss": 0.00996414709215363,
        "train-accuracy": 99.78133333496093,
        "train-per-time": 12.46205679575602,
        "train-all-time": 2492.411359151204,
        "valid-loss": 0.5591112446212768,
        "valid-accuracy": 87.9399999983724,
        "valid-per-time": 4.151251713434845,
        "valid-all-time": 830.250342686969,
        "test-loss": 0.5673778587977091,
        "test-accuracy": 87.65,
        "test-per-time": 1.6605006853739435,
        "test-all-time": 332.1001370747887,
    },
    ("ImageNet16-120", 200): {
        "train-loss": None,
        "train-accuracy": None,
        "train-per-time": 75.61976063664767,
        "train-all-time": 15123.952127329534,
        "valid-loss": None,
        "valid-accuracy": 30.411111104329425,
        "valid-per-time": 0.4981502056121812,
        "valid-all-time": 99.63004112243624,
        "test-loss": None,
        "test-accuracy": 30.166666602240667,
        "test-per-time": 0.4981502056121812,
        "test-all-time": 99.63004112243624,
        "valtest-loss": None,
        "valtest-accuracy": None,
        "valtest-per-time": 0.9963004112243624,
        "valtest-all-time": 199.26008224487248,
    },
}


@pytest.mark.parametrize(("dataset", "epochs"), OFFICIAL)
def test_query_gives_what_the_official_api_gives(dataset: str, epochs: int) -> None:
    result = query(11, dataset, epochs)
    expected = OFFICIAL[dataset, epochs]
    assert list(result) == list(expected)
    for field, value in expected.items():
        assert result[field] == (value if value is None else pytest.approx(value, rel=1e-8)), field


def test_valid_accuracy_of_both_seeds_is_averaged_after_12_epochs() -> None:
    assert query(11, "cifar10-valid", 12)["valid-accuracy"] == pytest.approx((62.57999999 + 63.97599998) / 2)


@pytest.mark.parametrize("index", [np.int16(6111), np.int64(6111), np.uint64(6111), Cell.from_index(6111)])
def test_every_kind_of_index_finds_the_same_result(index: object) -> None:
    assert query(index, "cifar100") == query(6111, "cifar100")
    assert architecture(index) == architecture(6111)


def test_epochs_default_to_200() -> None:
    assert query(6111, "cifar10") == query(6111, "cifar10", epochs=200) != query(6111, "cifar10", epochs=12)


@pytest.mark.parametrize("dataset", TRAINED_ON)
def test_optima_are_the_best_of_the_table(dataset: str) -> None:
    runs = runs_table()
    full = runs[(runs["dataset"] == dataset) & (runs["epochs"] == 200)]
    best = full.loc[full["test-accuracy"].idxmax()]
    assert OPTIMA[dataset] == best["test-accuracy"] == query(best["index"], dataset)["test-accuracy"]


def test_optima_are_the_published_ones() -> None:
    published = {"cifar10": (6111, 94.373), "cifar100": (9930, 73.513), "ImageNet16-120": (857, 47.311)}
    for dataset, (index, accuracy) in published.items():
        assert round(OPTIMA[dataset], 3) == accuracy
        assert query(index, dataset)["test-accuracy"] == OPTIMA[dataset]


def test_a_data_set_of_images_that_the_benchmark_has_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NUM_CLASSES, "shapes", 5)
    with pytest.raises(ValueError, match=r"^dataset 'shapes' is not in the benchmark; valid are cifar10, "):
        query(5115, "shapes")
    with pytest.raises(ConfigError, match=r"dataset: 'shapes' is no published data set; valid are cifar10, "):
        cheap_config(cells={"dataset": ["shapes"]})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (0, "cifar-10", 200),
            r"^dataset 'cifar-10' is unknown; valid are cifar10, cifar10-valid, cifar100, ImageNet16",
        ),
        ((0, "cifar10", 90), "^epochs 90 is not in the benchmark; valid are 12 and 200"),
        ((15625, "cifar10", 200), "^cell index 15625 is out of range; valid are 0 to 15624"),
        ((-1, "cifar10", 200), "^cell index -1 is out of range"),
        ((1.5, "cifar10", 200), "^cell 1.5 is neither a Cell nor an index"),
    ],
)
def test_bad_input_names_what_is_valid(arguments: tuple[object, str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        query(*arguments)


def test_architecture_gives_sizes_and_hardware_costs() -> None:
    costs = architecture(11)
    assert costs["arch"] == str(Cell.from_index(11))
    assert costs["params:cifar10"] == 802426
    assert costs["flops_m:cifar10"] == 113.95137
    assert costs["flops_m:ImageNet16-120"] == 28.49548
    assert {field.split("_")[2] for field in costs if field.startswith("hwnb_")} == {
        "edgegpu",
        "raspi4",
        "edgetpu",
        "pixel3",
        "eyeriss",
        "fpga",
    }


def test_an_architecture_that_a_device_does_not_support_has_no_latency_there() -> None:
    latencies = [architecture(index)["hwnb_c10_edgetpu_latency"] for index in range(15625)]
    assert latencies.count(None) == 4699
    assert min(latency for latency in latencies if latency is not None) > 0


def test_a_query_is_fast_enough_for_every_row_of_a_page() -> None:
    seconds = timeit.repeat(lambda: query(6111, "cifar100"), number=500, repeat=5)
    assert min(seconds) / 500 < 50e-6


def test_threads_that_open_the_table_together_get_the_right_results() -> None:
    # A fresh interpreter: here the table is open already.
    program = """
from concurrent.futures import ThreadPoolExecutor
from backend.truth import query
with ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(lambda index: query(index, "cifar10")["test-accuracy"], range(400))))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT
    )
    assert float(done.stdout) == sum(query(index, "cifar10")["test-accuracy"] for index in range(400))


def test_a_caller_may_change_the_result() -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: query(11, "cifar10"), range(100)))
    results[0]["test-accuracy"] = 100.0
    assert query(11, "cifar10") == results[1] != results[0]
