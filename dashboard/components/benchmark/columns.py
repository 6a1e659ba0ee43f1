"""How the columns of the page's tables are shown."""

from typing import Final

from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.benchmark.measures import Measure

CELL: Final = NumberColumn("Cell", format="%d", pinned=True, width=70, help="Official index, 0 to 15,624.")
ARCH: Final = TextColumn("Architecture", width="large")
RELEASE: Final = TextColumn("Release", help="The release of the benchmark that the number is from.")
RANK: Final = NumberColumn(
    "Rank", format="localized", width=80, help="One more than the number of better cells; equal cells share a rank."
)
PERCENTILE: Final = NumberColumn(
    "Percentile", format="%.2f", width=90, help="Share (%) of all cells that are no better; 100 for the best."
)
GAP: Final = NumberColumn("Gap (points)", format="%.3f", help="Points of accuracy missing to the best cell.")
ACCURACY: Final = NumberColumn("Accuracy (%)", format="%.2f")


def measure_column(measure: Measure, heading: str) -> ColumnConfig:
    """A column of one measure; its tooltip, and the caption that goes with the table, name the release."""
    shape = "%.2f" if measure.unit == "%" else "localized" if measure.key == "params" else "%.5g"
    unit = f" ({measure.unit})" if measure.unit else ""
    return NumberColumn(f"{heading}{unit}", format=shape, help=f"{measure.name} [{measure.release}]. {measure.help}")
