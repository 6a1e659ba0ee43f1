"""What tells a study from all others wherever it is copied, whatever it is called there."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

IDENTITY: Final = "proxyscope:identity"
"""The study's system attribute that holds it."""
_SPACE: Final = uuid.UUID("6b1f3c1e-7d0b-4c55-9f0e-2a4d7c1b8e90")


class Progress(NamedTuple):
    """How far a study has come.

    Attributes:
        trials: complete and pruned ones. Failed ones do not count: a running trial becomes one in a copy.
        last: when the last of them ended (UTC); None before.
        trained: how many accuracies were measured of its architectures.
    """

    trials: int = 0
    last: datetime | None = None
    trained: int = 0


def new_identity() -> str:
    """An identity for a new study."""
    return uuid.uuid4().hex


def identity_of(attributes: Mapping[str, Any], name: str, directions: Sequence[str], begun: datetime | None) -> str:
    """The identity of a study; one that was given none has that of its beginning, which no later trial changes.

    Args:
        attributes: its system attributes.
        name: which counts while it has no trial.
        directions: of its objectives.
        begun: when its first trial started.
    """
    try:
        return uuid.UUID(attributes.get(IDENTITY)).hex
    except (AttributeError, TypeError, ValueError):
        return uuid.uuid5(_SPACE, repr((begun.isoformat() if begun else name, list(directions)))).hex
