"""What surrounds an architecture in its space: its neighbours, and those that compute the same function."""

from __future__ import annotations

from dataclasses import dataclass

from backend.spaces.base import Architecture, Label, SearchSpace
from backend.spaces.capabilities import Enumerable, Neighbours, Parameter, Parameters, capability, require


@dataclass(frozen=True)
class Neighbour:
    """An architecture that differs from another in one parameter.

    Attributes:
        label: of it.
        parameter: that differs.
        option: which the parameter has in it.
    """

    label: Label
    parameter: Parameter
    option: str


def neighbours(space: SearchSpace, architecture: Architecture) -> list[Neighbour]:
    """All that differ from an architecture in one parameter that the space has a title for.

    Raises:
        UserError: the space does not say which are neighbours, or its parameters have no titles.
    """
    titled = require(space, Parameters, "neighbours")
    own, found = titled.of_key(architecture.key), []
    for other in require(space, Neighbours, "neighbours").neighbours(architecture):
        options = titled.of_key(other.key)
        changed = [parameter for parameter in titled.parameters if options[parameter.name] != own[parameter.name]]
        found += [Neighbour(space.label(other), parameter, options[parameter.name]) for parameter in changed]
    return found


def isomorphic(space: SearchSpace, label: Label) -> list[Label]:
    """The others of a space that can be listed which compute the same function, in order of index.

    Those that cannot be scored count as one class.
    """
    listed = capability(space, Enumerable)
    if listed is None:
        return []
    classes = listed.classes()
    own = classes[label]
    same = classes.isna() if classes.isna()[label] else (classes == own).fillna(False)
    return [int(other) for other in classes.index[same.to_numpy(dtype=bool)] if other != label]
