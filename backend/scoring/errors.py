"""Errors of scoring."""

from backend.cells import Cell
from backend.errors import UserError


class DisconnectedCellError(UserError):
    """No path leads from the cell's input to its output: it has no score.

    Args:
        cell: the cell.
    """

    def __init__(self, cell: Cell) -> None:
        super().__init__(f"cell {cell}: disconnected, no path leads from its input to its output, so it has no score")
        self.cell = cell

    def __reduce__(self) -> tuple[type, tuple[Cell]]:
        return type(self), (self.cell,)
