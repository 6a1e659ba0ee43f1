import pandas as pd
import pytest

from backend.config.objectives import SUM_NAME
from dashboard.data.quantities import is_truth, label, objective_columns, plottable, quantity


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("200:test-accuracy", "True test accuracy, 200 epochs (%)"),
        ("12:valid-loss", "True validation loss, 12 epochs (nats)"),
        ("scaled:snip", "snip × scale"),
        ("seconds", "Time to score (s)"),
        ("value:1", "objective 1"),
        ("something_else", "something_else"),
        ("latency:raspi4", "latency:raspi4 (ms)"),
        ("scaled:energy:fpga", "energy:fpga × scale"),
        ("flops", "flops (M)"),
        ("average_bitwidth", "average_bitwidth (bits)"),
    ],
)
def test_columns_are_called_by_name_and_unit(column: str, words: str) -> None:
    assert label(column) == words


def test_truth_knows_which_way_is_better() -> None:
    assert quantity("12:test-accuracy").direction == "maximize"
    assert quantity("12:test-loss").direction == "minimize"
    assert quantity("12:train-per-time").direction == "minimize"


def test_a_cost_is_better_when_lower_and_is_no_truth() -> None:
    assert quantity("latency:edgetpu").direction == "minimize"
    assert "do not run there" in quantity("latency:edgetpu").help
    assert not is_truth("latency:edgetpu")
    assert is_truth("200:test-accuracy")


def test_a_proxy_brings_its_own_direction_and_help() -> None:
    assert quantity("ntk_cond").direction == "minimize"
    assert quantity("snip").help


def test_axes_are_the_columns_with_numbers_objectives_first(frame: pd.DataFrame) -> None:
    columns = plottable(frame, ["params"])
    assert columns[:3] == ["params", "12:test-accuracy", "200:test-accuracy"]
    assert {"l2_norm", "flops", "average_bitwidth", "seconds"} <= set(columns)
    assert not {"number", "state", "arch", "index", "pareto", "op_1_0", "C", "N", "finished"} & set(columns)
    assert len(columns) == len(set(columns))


def test_an_empty_study_has_no_axes() -> None:
    assert plottable(pd.DataFrame({"number": [], "state": []})) == []


def test_objectives_of_a_foreign_study_stand_by_position() -> None:
    frame = pd.DataFrame({"number": [0], "state": ["complete"], "value:0": [1.0], "value:1": [2.0]})
    assert objective_columns(frame, ["objective 0", "objective 1"]) == ["value:0", "value:1"]


def test_the_sum_of_metrics_is_one_objective() -> None:
    frame = pd.DataFrame({"number": [0], "state": ["complete"], "objective": [1.0], "snip": [2.0]})
    assert objective_columns(frame, [SUM_NAME]) == ["objective"]
