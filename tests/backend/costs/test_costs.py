"""What a network costs: measured where HW-NAS-Bench has it, counted at any size."""

import math

import pytest

from backend.costs.metrics import Costs
from backend.scoring import score_cell
from backend.spaces.nas_bench_201.cell import Cell, enumerate_cells
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.spaces.nas_bench_201.space import CellArchitecture, NasBench201
from backend.truth.fields import MEASURED
from backend.truth.tables import architectures_table

SPACE = NasBench201()


@pytest.mark.parametrize("dataset", TRAINED_ON)
def test_params_and_flops_are_nas_bench_201s(dataset: str) -> None:
    costs, table = Costs(SPACE, dataset, ["params", "flops"]), architectures_table()
    column = "cifar10" if dataset == "cifar10-valid" else dataset
    for index in range(0, 15_625, 25):
        values = costs.of(CellArchitecture(Cell.from_index(index)))
        assert values["params"] == table[f"params:{column}"][index]
        assert values["flops"] == pytest.approx(table[f"flops_m:{column}"][index], rel=1e-9)


@pytest.mark.parametrize("size", [(16, 5), (4, 1), (8, 2)])
def test_a_count_is_the_proxy_of_that_name(size: tuple[int, int]) -> None:
    cell = Cell.from_index(5115)
    counted = Costs(SPACE, "cifar10", ["params", "flops"]).of(CellArchitecture(cell, *size))
    channels, cells_per_stage = size
    assert counted == score_cell(
        cell, "cifar10", ["params", "flops"], 2, channels=channels, cells_per_stage=cells_per_stage
    )


def test_measurements_are_the_literal_cells() -> None:
    costs, table = Costs(SPACE, "ImageNet16-120", ["latency:pixel3", "energy:fpga"]), architectures_table()
    for index in (0, 6111, 15_624):
        assert costs.of(CellArchitecture(Cell.from_index(index))) == {
            "latency:pixel3": table["hwnb_in16_pixel3_latency"][index],
            "energy:fpga": table["hwnb_in16_fpga_energy"][index],
        }


def test_what_was_not_measured_is_unknown_not_small() -> None:
    measured = {f"{quantity}:{device}" for quantity, device in MEASURED}
    costs = Costs(SPACE, "cifar10", ["params", *measured])
    unmeasured = architectures_table()["hwnb_c10_edgetpu_latency"].isna().to_numpy().nonzero()[0]
    assert math.isnan(costs.of(CellArchitecture(enumerate_cells()[int(unmeasured[0])]))["latency:edgetpu"])
    other_size = costs.of(CellArchitecture(Cell.from_index(6111), 8, 5))
    unknown = {name for name, value in other_size.items() if math.isnan(value)}
    assert unknown == measured
