"""The controls that choose among what a study's charts can show; every choice is kept in the page's link."""

from typing import Final

from dashboard.data.axes import Axes
from dashboard.data.quantities import label
from dashboard.widgets.linked import LinkedChoice

NONE: Final = "none"


def axis_choice(axes: Axes, parameter: str, default: str | None = None, *, optional: str = "") -> LinkedChoice:
    """A choice of one quantity.

    Args:
        axes: that there are.
        parameter: its name in the link.
        default: the column that is chosen at first; None: the first, or none where that is possible.
        optional: what "no quantity" is called, where it can be chosen.
    """
    names = {NONE: optional} if optional else {}
    columns = [default, *axes.columns] if default else axes.columns
    ordered = columns if default else [*names, *columns]
    return LinkedChoice(
        parameter, {column: names.get(column) or label(column) for column in dict.fromkeys([*ordered, *names])}
    )
