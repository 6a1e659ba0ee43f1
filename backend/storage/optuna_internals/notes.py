"""Notes of optuna-dashboard, which it keeps in pieces among the system attributes of a study."""

from collections.abc import Mapping
from typing import Any


def note_body(system_attributes: Mapping[str, Any]) -> Any:
    """The text of a study's note, put together; whoever wrote an attribute of that name may have stored anything.

    Raises:
        ArithmeticError, LookupError, TypeError, ValueError: the attributes are no note.
    """
    # optuna-dashboard takes longer to load than a list of studies to read.
    from optuna_dashboard._note import get_note_from_system_attrs  # noqa: PLC0415

    return get_note_from_system_attrs(dict(system_attributes), None)["body"]
