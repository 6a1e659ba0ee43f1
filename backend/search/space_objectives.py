"""The objectives of a search for every cell that it allows, where they are known without scoring any."""

import pandas as pd

from backend import hardware
from backend.cells import enumerate_cells
from backend.errors import UserError
from backend.hardware import Costs
from backend.search.config import SearchConfig
from backend.search.limits import allowed_cells
from backend.search.objectives import Objectives
from backend.search.score_source import configured_table

SUM_COLUMN = "objective"


def space_objectives(config: SearchConfig) -> pd.DataFrame:
    """The values that the search optimises, of all cells that it allows.

    Args:
        config: of the search.

    Returns:
        By official index; columns as in the study's table of trials: the raw metrics, or "objective" for their sum.

    Raises:
        UserError: they are not known for all cells; the message says why.
    """
    indices = allowed_cells(config)
    if not indices:
        raise UserError("no cell of its space is one of the benchmark's networks (C = 16, N = 5)")
    objectives = Objectives(config)
    names = [objective.metric for objective in objectives.metrics]
    scored = [name for name in names if name not in hardware.available()]
    table = configured_table(config) if scored else None
    if unknown := [name for name in scored if table is None or name not in table.scores]:
        raise UserError(f"{', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} known for the scored cells alone")
    cells, costs = list(enumerate_cells()), Costs(config.dataset, [name for name in names if name not in scored])
    values = pd.DataFrame([costs.of(cells[index]) for index in indices], index=pd.Index(indices, name="index"))
    if table is not None:
        values[scored] = table.scores.loc[indices, scored]
    if objectives.names == names:
        return values[names]
    sums = [objectives.values({str(name): value for name, value in row.items()})[0] for _, row in values.iterrows()]
    return pd.DataFrame({SUM_COLUMN: sums}, index=values.index)
