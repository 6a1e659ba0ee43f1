import itertools

import pandas as pd
import pytest

from backend.spaces.nas_bench_201.cell import EDGES, Cell, enumerate_cells
from backend.spaces.nas_bench_201.features import GROUPINGS, convolutions_in_a_row, group_cells, skip_path


def paths() -> list[list[int]]:
    """Positions of the edges of each path from input to output."""
    found = []
    for length in (1, 2, 3):
        for edges in itertools.combinations(range(6), length):
            steps = [EDGES[edge] for edge in sorted(edges, key=lambda edge: EDGES[edge])]
            if steps[0][0] == 0 and steps[-1][1] == 3 and all(a[1] == b[0] for a, b in itertools.pairwise(steps)):
                found.append([EDGES.index(step) for step in steps])
    return found


def test_there_are_four_paths() -> None:
    assert len(paths()) == 4


def test_a_skip_path_has_skips_alone() -> None:
    for cell in enumerate_cells()[::7]:
        expected = any(all(cell.operations[edge] == "skip_connect" for edge in path) for path in paths())
        assert skip_path(cell) is expected


def test_the_longest_chain_of_convolutions_is_that_of_the_best_path() -> None:
    for cell in enumerate_cells()[::7]:
        open_paths = [[cell.operations[edge] for edge in path] for path in paths()]
        lengths = [sum("conv" in name for name in path) for path in open_paths if "none" not in path]
        assert convolutions_in_a_row(cell) == max(lengths, default=0)


def test_every_grouping_puts_every_cell_into_one_of_its_groups() -> None:
    assert len({grouping.name for grouping in GROUPINGS}) == len(GROUPINGS)
    for grouping in GROUPINGS:
        groups = group_cells(grouping, range(0, 15_625, 11))
        assert groups.notna().all()
        assert groups.cat.categories.tolist() == list(grouping.groups)


@pytest.mark.parametrize(
    ("name", "group"),
    [("conv3x3", "2"), ("conv1x1", "1"), ("conv", "3"), ("pool", "1"), ("skip", "1"), ("none", "1"), ("depth", "2")],
)
def test_the_operations_are_counted(name: str, group: str) -> None:
    cell = Cell(("nor_conv_3x3", "nor_conv_1x1", "none", "skip_connect", "nor_conv_3x3", "avg_pool_3x3"))
    grouping = next(grouping for grouping in GROUPINGS if grouping.name == name)
    assert group_cells(grouping, [cell.index]).to_dict() == {cell.index: group}


def test_the_operation_on_an_edge_is_its_group() -> None:
    cell = Cell(("nor_conv_3x3", "nor_conv_1x1", "none", "skip_connect", "nor_conv_3x3", "avg_pool_3x3"))
    named = {grouping.name: grouping for grouping in GROUPINGS}
    found = [group_cells(named[f"edge_{source}_{target}"], pd.Index([cell.index])).iloc[0] for source, target in EDGES]
    assert tuple(found) == cell.operations
