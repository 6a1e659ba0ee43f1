"""Graph features against cells whose paths can be counted by eye."""

import pytest

from backend.spaces.nas_bench_201.cell import Cell, class_indices, enumerate_cells
from backend.spaces.nas_bench_201.features import graph_features


def test_features_of_a_cell_with_three_paths() -> None:
    cell = Cell.parse("|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|")
    row = graph_features([cell]).loc[cell.index]
    assert row["paths"] == 3
    assert (row["min_convs"], row["max_convs"], row["sum_convs"]) == (0, 2, 4)
    assert (row["min_convs_3x3"], row["max_convs_3x3"], row["sum_convs_3x3"]) == (0, 2, 3)
    assert (row["min_poolings"], row["max_poolings"], row["sum_poolings"]) == (0, 1, 1)
    assert row["skip_path"] == 1
    assert row["count_nor_conv_3x3"] == 2
    assert row["edge_0_1_nor_conv_3x3"] == 1
    assert row["edge_0_1_none"] == 0


def test_dead_edges_do_not_count() -> None:
    cell = Cell.parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_1x1~0|none~1|none~2|")
    row = graph_features([cell]).loc[cell.index]
    assert (row["paths"], row["sum_convs"], row["count_none"]) == (1, 1, 5)


def test_cells_of_a_class_have_the_same_features() -> None:
    connected = [cell for cell in enumerate_cells() if cell.connected]
    features = graph_features(connected)
    classes = [class_indices()[index] for index in features.index]
    assert (features.groupby(classes).nunique() == 1).all(axis=None)


def test_a_disconnected_cell_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="empty"):
        graph_features([Cell(("none",) * 6)])
