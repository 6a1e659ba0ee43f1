"""What buttons that change something look like where nothing may be changed."""

from typing import Any

from backend.read_only import READ_ONLY
from dashboard import session


def writing(help: str, *, disabled: bool = False) -> dict[str, Any]:  # noqa: A002
    """Arguments ``help`` and ``disabled`` of a control that writes.

    Args:
        help: what it does.
        disabled: whether it has nothing to do just now.
    """
    if session.read_only():
        return {"help": f"{READ_ONLY.capitalize()}.", "disabled": True}
    return {"help": help, "disabled": disabled}
