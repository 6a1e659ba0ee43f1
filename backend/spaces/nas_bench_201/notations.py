"""Reads the cell that somebody types or pastes: an official index, an architecture string, or operation numbers.

Text that can mean several cells is asked back, never guessed.
"""

import re
from typing import Final, NamedTuple

from backend.errors import UserError
from backend.spaces.nas_bench_201.cell import EDGES, NUM_CELLS, OPERATIONS, Cell


class Numbering(NamedTuple):
    """How a code base writes a cell as six numbers.

    Attributes:
        operations: by their numbers.
        edges: (source node, target node) of each of the six; 0 is the input, 3 the output.
        source: where these numbers come from.
    """

    operations: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    source: str

    def read(self, numbers: list[int]) -> Cell:
        """The cell that six numbers, each of 0 to 4, mean."""
        operations = {edge: self.operations[number] for edge, number in zip(self.edges, numbers, strict=True)}
        return Cell(tuple(operations[edge] for edge in EDGES))

    def write(self, cell: Cell) -> list[int]:
        """The six numbers that mean a cell."""
        operations = dict(zip(EDGES, cell.operations, strict=True))
        return [self.operations.index(operations[edge]) for edge in self.edges]


NUMBERINGS: Final = {
    "naslib": Numbering(
        ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"), tuple(sorted(EDGES)), "NASLib"
    ),
    "autodl": Numbering(
        ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"), EDGES, "AutoDL, NATS-Bench"
    ),
    "options": Numbering(OPERATIONS, EDGES, "search files"),
}
"""Name, which stands before the numbers with a colon → numbering."""

ACCEPTED: Final = (
    f"an official index (0 to {NUM_CELLS - 1}, without commas), an architecture string (|nor_conv_3x3~0|+|…|+|…|), "
    "AutoDL's Structure(4 nodes with …), or six operation numbers behind the name of their numbering "
    "(naslib:4,0,3,1,4,3; also autodl: and options:)"
)
"""What :func:`parse_cell` reads, in words."""

_LONGEST: Final = 300
_SHOWN: Final = 60
_INDEX: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_PADDED: Final = re.compile(r"0+([0-9]+)")
_STRUCTURE: Final = re.compile(r"Structure\(\s*4\s+nodes\s+with\s(.*)\)", re.DOTALL)
_NUMBERS: Final = re.compile(
    r"(?:([A-Za-z]+)\s*:)?\s*(?:\((?P<tuple>[^()]*)\)|\[(?P<list>[^\[\]]*)\]|(?P<bare>.*))", re.DOTALL
)
_NUMBER: Final = re.compile(r"[0-9]+")
_SEPARATOR: Final = re.compile(r"\s*,\s*|\s+")
_INPUT: Final = re.compile(r"\s*([^~\s]+)\s*~\s*([0-2])\s*")


def parse_cell(text: str) -> Cell:
    """The cell that a text means, in any notation of `ACCEPTED`.

    An architecture string may have blanks and line breaks between its parts, lack the outer bars, and name the inputs
    of a node in any order.

    Raises:
        UserError: it means no cell, or several.

    >>> parse_cell("5115").index
    5115
    """
    typed = text.strip()
    if len(typed) > _LONGEST:
        raise UserError(f"architecture {_shown(typed)}: {len(typed):,} characters are too many; valid is {ACCEPTED}")
    if structure := _STRUCTURE.fullmatch(typed):
        typed = structure[1]
    if _INDEX.fullmatch(typed):
        return _from_index(typed)
    if padded := _PADDED.fullmatch(typed):
        raise UserError(
            f"architecture {_shown(typed)}: with leading zeros this can be an index or six operations; type "
            f"{int(padded[1])} for the index, or separate the operations and name their numbering, such as "
            "naslib:4,0,3,1,4,3"
        )
    return _from_string(typed) if "~" in typed else _from_numbers(typed)


def _from_index(text: str) -> Cell:
    if len(text) > len(str(NUM_CELLS)):
        raise UserError(f"index {_shown(text)}: expected a whole number from 0 to {NUM_CELLS - 1}")
    return Cell.from_index(int(text))


def _from_string(text: str) -> Cell:
    operations: dict[tuple[int, int], str] = {}
    for target, inputs in enumerate(text.split("+"), start=1):
        for item in inputs.strip().removeprefix("|").removesuffix("|").split("|"):
            found = _INPUT.fullmatch(item)
            edge = (int(found[2]), target) if found else None
            if found is None or edge not in EDGES or edge in operations:
                raise _no_cell(text)
            operations[edge] = found[1]
    if len(operations) != len(EDGES):
        raise _no_cell(text)
    return Cell(tuple(operations[edge] for edge in EDGES))


def _from_numbers(text: str) -> Cell:
    found = _NUMBERS.fullmatch(text)
    inside = found and (found["tuple"] or found["list"] or found["bare"])
    parts = _SEPARATOR.split((inside or "").strip().removesuffix(",").rstrip())
    if found is None or not all(map(_NUMBER.fullmatch, parts)):
        raise _no_cell(text)
    name = (found[1] or "").lower()
    if name and name not in NUMBERINGS:
        raise UserError(f"architecture {_shown(text)}: no numbering {name!r}; valid are {', '.join(NUMBERINGS)}")
    if len(parts) != len(EDGES):
        raise UserError(
            f"architecture {_shown(text)}: six operation numbers make a cell, got {len(parts)}; an index is typed "
            "without commas and blanks, such as 6111"
        )
    numbers = [int(part) for part in parts]
    if max(numbers) >= len(OPERATIONS):
        raise UserError(f"architecture {_shown(text)}: operation numbers are 0 to {len(OPERATIONS) - 1}")
    readings = {each: NUMBERINGS[each].read(numbers) for each in ([name] if name else NUMBERINGS)}
    if len(set(readings.values())) > 1:
        raise _ambiguous(text, numbers, readings)
    return next(iter(readings.values()))


def _ambiguous(text: str, numbers: list[int], readings: dict[str, Cell]) -> UserError:
    listed = ",".join(map(str, numbers))
    choices = [f"{name}:{listed} ({NUMBERINGS[name].source}) for cell {cell.index}" for name, cell in readings.items()]
    return UserError(
        f"architecture {_shown(text)}: operations are not numbered alike everywhere; type {', '.join(choices[:-1])} or "
        f"{choices[-1]}"
    )


def _no_cell(text: str) -> UserError:
    return UserError(f"architecture {_shown(text)}: not a cell; valid is {ACCEPTED}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
