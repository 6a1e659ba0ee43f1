"""The names of hardware metrics, and the measurements behind them."""

import numpy as np
import pytest

from backend import costs as hardware
from backend.errors import UserError
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.spaces.nas_bench_201.space import NasBench201
from backend.truth.fields import MEASURED
from backend.truth.nas_bench_201 import measured
from backend.truth.tables import architectures_table


def test_every_latency_and_energy_of_the_table_has_a_name_and_a_unit() -> None:
    table = architectures_table()
    columns = {column.removeprefix("hwnb_c10_") for column in table if str(column).startswith("hwnb_c10_")}
    expected = {f"{column.split('_')[1]}:{column.split('_')[0]}" for column in columns}
    named = {f"{quantity}:{device}" for quantity, device in MEASURED}
    assert named <= set(hardware.available())
    assert named == {name for name in expected if name.startswith(("latency", "energy"))}
    units = {"latency": "ms", "energy": "mJ"}
    assert all(hardware.get(name).unit == units[name.split(":")[0]] for name in named)


@pytest.mark.parametrize(
    ("dataset", "column"),
    [("cifar10", "c10"), ("cifar10-valid", "c10"), ("cifar100", "c100"), ("ImageNet16-120", "in16")],
)
def test_each_data_set_has_measurements_of_its_own_and_cifar10_valid_those_of_cifar10(
    dataset: str, column: str
) -> None:
    table = architectures_table()
    assert dataset in TRAINED_ON
    for name in ("latency:raspi4", "energy:eyeriss", "latency:edgetpu"):
        quantity, device = name.split(":")
        np.testing.assert_array_equal(
            measured(name, dataset), table[f"hwnb_{column}_{device}_{quantity}"].to_numpy(float)
        )


def test_cells_that_the_edge_tpu_does_not_run_have_no_value() -> None:
    values = measured("latency:edgetpu", "cifar10")
    assert np.isnan(values).sum() == 4_699
    assert np.nanmin(values) > 0


@pytest.mark.parametrize("name", ["latency:raspi5", "energy:raspi4", "speed:edgegpu", "snip", ""])
def test_an_unknown_metric_is_named_with_those_there_are(name: str) -> None:
    with pytest.raises(
        UserError, match=r"unknown hardware metric .*; valid: average_bitwidth, params, flops, latency:"
    ):
        hardware.get(name)


def test_a_count_is_known_of_every_cell_and_a_measurement_may_have_gaps() -> None:
    space = NasBench201()
    assert not hardware.has_gaps(space, "cifar10", "params")
    assert not hardware.has_gaps(space, "cifar10", "latency:raspi4")
    assert hardware.has_gaps(space, "cifar10", "latency:edgetpu")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("latency:raspi4", 25.680107, "25.6801 ms"), ("params", 344346.0, "344346"), ("flops", 47.10465, "47.1046 M")],
)
def test_values_are_shown_with_their_unit(name: str, value: float, words: str) -> None:
    assert hardware.get(name).shown(value) == words
