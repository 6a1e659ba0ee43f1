"""Quantities of every cell: their values, units and releases."""

import numpy as np
import pytest

from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth import measures
from backend.truth.lookup import architecture, query, release

KEYS = [
    "params",
    "flops",
    "training-time",
    "latency:edgegpu",
    "latency:raspi4",
    "latency:edgetpu",
    "latency:pixel3",
    "latency:eyeriss",
    "latency:fpga",
    "energy:edgegpu",
    "energy:eyeriss",
    "energy:fpga",
]


@pytest.mark.parametrize("dataset", TRAINED_ON)
@pytest.mark.parametrize("epochs", [12, 200])
def test_accuracies_are_those_of_a_query(dataset: str, epochs: int) -> None:
    for measure in measures.known_accuracies(dataset):
        values = measures.values(measure)
        assert values.index.tolist() == list(range(15_625))
        assert values[857] == query(857, dataset, measure.epochs or 0)[measure.key]
        assert measure.release == release(dataset, measure.epochs or 0, measure.key)


def test_only_accuracies_with_values_are_offered() -> None:
    offered = {dataset: [(m.key, m.epochs) for m in measures.known_accuracies(dataset)] for dataset in TRAINED_ON}
    assert offered["cifar10"] == [("test-accuracy", 200), ("test-accuracy", 12)]
    assert offered["cifar10-valid"] == [("test-accuracy", 200), ("valid-accuracy", 200), ("valid-accuracy", 12)]
    assert len(offered["cifar100"]) == len(offered["ImageNet16-120"]) == 4


@pytest.mark.parametrize("dataset", TRAINED_ON)
def test_every_device_and_size_is_a_cost(dataset: str) -> None:
    costs = measures.costs(dataset, 200)
    assert [measure.key for measure in costs] == KEYS
    assert {measure.better for measure in costs} == {"minimize"}
    assert len({measure.sourced for measure in costs}) == len(KEYS)


def test_costs_are_those_of_the_tables() -> None:
    facts = architecture(11)
    for key, column in [
        ("params", "params:cifar100"),
        ("flops", "flops_m:cifar100"),
        ("latency:raspi4", "hwnb_c100_raspi4_latency"),
        ("energy:fpga", "hwnb_c100_fpga_energy"),
    ]:
        assert measures.values(measures.find_cost(key, "cifar100", 200))[11] == pytest.approx(facts[column])
    time = measures.find_cost("training-time", "cifar10", 12)
    assert measures.values(time)[5115] == pytest.approx(394.101, abs=1e-3)
    assert time.unit == "s"
    assert measures.find_cost("latency:raspi4", "cifar10-valid", 12).column == "hwnb_c10_raspi4_latency"


def test_cells_that_the_edge_tpu_does_not_support_have_no_latency_there() -> None:
    values = measures.values(measures.find_cost("latency:edgetpu", "cifar10", 200))
    assert values.isna().sum() == 4_699
    assert values.min() > 0


def test_a_heading_names_unit_and_release() -> None:
    columns = measures.measured(
        [measures.accuracy("cifar10", epochs) for epochs in (12, 200)]
        + [measures.find_cost("latency:pixel3", "cifar10", 200)]
    )
    assert list(columns) == [
        "Test accuracy, cifar10, 12 epochs (%) [NAS-Bench-201-v1_1-096897]",
        "Test accuracy, cifar10, 200 epochs (%) [NATS-Bench tss v1_0]",
        "Pixel 3 latency, cifar10 (ms) [HW-NAS-Bench]",
    ]
    assert np.isfinite(columns.to_numpy()).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measures.accuracy("mnist", 200), "dataset 'mnist' is unknown"),
        (lambda: measures.accuracy("cifar10", 100), "epochs 100 is not in the benchmark"),
        (lambda: measures.accuracy("cifar10", 200, "valid"), "field 'valid-accuracy' is not one of cifar10"),
        (lambda: measures.find_cost("latency:toaster", "cifar10", 200), "cost 'latency:toaster' is unknown; valid are"),
        (lambda: measures.costs("mnist", 200), "dataset 'mnist' is unknown"),
    ],
)
def test_something_unknown_is_refused(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
