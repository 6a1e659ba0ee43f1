"""The drawing of an architecture: a graph of nodes and edges, as a space describes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DrawnEdge:
    """An edge of a drawing.

    Attributes:
        source: position of its first node among the nodes.
        target: position of its last node.
        operation: what it does.
        live: whether it is on a path from input to output.
        parameter: that chooses what it does; "" where none does.
        called: what pages call it; "": an edge between its nodes.
    """

    source: int
    target: int
    operation: str
    live: bool
    parameter: str = ""
    called: str = ""


@dataclass(frozen=True)
class Drawing:
    """A graph to draw.

    Attributes:
        nodes: their names, from input to output.
        edges: between them.
        places: x and y of each node; without them, the nodes stand on an arc.
        operations: all that an edge can do, and what pages call it, in the order of legends.
        nothing: the operation that passes nothing on; "" where there is none.
        called: what pages call the nodes in a sentence; without these, by their names.
    """

    nodes: tuple[str, ...]
    edges: tuple[DrawnEdge, ...]
    places: tuple[tuple[float, float], ...] = ()
    operations: tuple[tuple[str, str], ...] = ()
    nothing: str = ""
    called: tuple[str, ...] = ()
