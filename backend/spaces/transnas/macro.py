"""TransNAS-Bench-101 Macro: backbones of four to six modules, 3,256 networks of ResNet's basic blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from backend.errors import UserError
from backend.spaces.base import Architecture, Label, Words
from backend.spaces.capabilities import HasTruth, KnownCosts, Parameter
from backend.spaces.drawing import Drawing, DrawnEdge
from backend.spaces.transnas.architecture import (
    MODULE_KEYS,
    NO_MODULE,
    MacroArchitecture,
    macro_backbones,
)
from backend.spaces.transnas.backbone import BASE_CHANNELS, BLOCKS_A_MODULE, MODULES
from backend.spaces.transnas.options import KINDS, NEEDED, TransNasMacroSection
from backend.spaces.transnas.space import TransNas

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_KEY = re.compile(rf"{BASE_CHANNELS}-([1-4]+)-basic")
_SHOWN = {module.name: module.shown for module in MODULES.values()} | {NO_MODULE: "none"}
_COUNTS = "one to four modules halve the image, and one to three double the channels"


class TransNasMacro(TransNas[MacroArchitecture]):
    """The backbones whose modules keep to the configured kinds.

    Each module is a categorical parameter ``module_1`` … ``module_6``; the last two may be "none". Values that make no
    backbone of the benchmark stand for the nearest one that the configuration allows, so that every trial is one.
    """

    name = "transnas_macro"
    title = "TransNAS-Bench-101 Macro"
    words = Words("architecture", "architectures", "module", "kind")
    indexed = "architecture of TransNAS-Bench-101 Macro"
    notations = "a string such as 64-1234-basic, or an index"
    empty = "module_1 … module_6: no backbone of the benchmark has these kinds; allow more"
    section = TransNasMacroSection
    kind = MacroArchitecture
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: KINDS[:-1] if name in NEEDED else KINDS for name in MODULE_KEYS
    }
    providers: ClassVar[Mapping[type, str]] = {
        HasTruth: "backend.truth.transnas:MacroTruth",
        KnownCosts: "backend.spaces.transnas.costs:TransNasCosts",
    }

    def parse(self, text: str) -> MacroArchitecture:
        """Read a string of the benchmark.

        >>> TransNasMacro().parse("64-1114-basic").index
        0
        """
        match = _KEY.fullmatch(text.strip())
        if match is None or match[1] not in macro_backbones():
            raise UserError(
                f"architecture {text[:100]!r}: expected 64-MODULES-basic with four to six digits from 1 to 4, of which "
                f"{_COUNTS}"
            )
        return MacroArchitecture(match[1])

    def of_params(self, params: Mapping[str, Any]) -> MacroArchitecture:
        """The architecture of Optuna's parameters, or the one that differs in the fewest modules.

        Raises:
            UserError: no architecture has the configured kinds.
        """
        if not len(self._allowed):
            raise UserError(f"search.search_space: {_COUNTS}: nothing of these choices does; allow other kinds")
        wanted = [KINDS.index(params.get(name, options[0])) for name, options in self._options.items()]
        distances = (self._rows != np.array(wanted, dtype=np.int8)).sum(axis=1)
        return MacroArchitecture(self._allowed[int(distances.argmin())])

    @property
    def size(self) -> int:
        """3,256."""
        return len(macro_backbones())

    def members(self) -> Iterator[MacroArchitecture]:
        """Every architecture that the choices allow."""
        return map(MacroArchitecture, self._allowed)

    def classes(self) -> pd.Series[float]:
        """By index, the index itself: no two architectures compute the same function."""
        import pandas as pd  # noqa: PLC0415 - to name the space, or to list its studies, needs none of it

        index = pd.RangeIndex(self.size, name="index")
        return pd.Series(index, index=index, dtype="Float64")

    def has_class(self, class_key: str) -> bool:
        """Whether it is a string of the benchmark."""
        match = _KEY.fullmatch(class_key)
        return match is not None and match[1] in macro_backbones()

    def description(self, architecture: Architecture) -> str:
        """Its modules, and the shape of the features."""
        assert isinstance(architecture, MacroArchitecture)
        kinds = ", ".join(MODULES[digit].shown for digit in architecture.backbone)
        channels, part = BASE_CHANNELS << architecture.doublings, 4 << architecture.halvings
        return (
            f"{len(architecture.backbone)} modules of {BLOCKS_A_MODULE} basic blocks: {kinds}. The features have "
            f"{channels} channels and 1/{part} of the image's side."
        )

    @property
    def features_help(self) -> str:
        """What the features are."""
        return "The kind of each module, how many modules there are, how many of them double and halve, and where."

    def features(self, labels: Iterable[Label]) -> pd.DataFrame:
        """Kinds of the modules, and their counts."""
        from backend.spaces.transnas.features import macro_features  # noqa: PLC0415

        return macro_features(map(int, labels))

    @property
    def groupings(self) -> Mapping[str, str]:
        """How many modules there are, double and halve, and the kind of each."""
        from backend.spaces.transnas.features import MACRO_GROUPINGS  # noqa: PLC0415

        return {name: grouping.title for name, grouping in MACRO_GROUPINGS.items()}

    def groups(self, grouping: str, labels: Iterable[Label]) -> pd.Series:
        """The group of each architecture, by index."""
        from backend.spaces.grouping import group  # noqa: PLC0415
        from backend.spaces.transnas.features import MACRO_GROUPINGS  # noqa: PLC0415

        return group(MACRO_GROUPINGS[grouping], MacroArchitecture.of_index, map(int, labels))

    def neighbours(self, architecture: Architecture) -> Sequence[MacroArchitecture]:
        """The architectures that differ in one module, one more or one less at the end among them."""
        assert isinstance(architecture, MacroArchitecture)
        backbones = macro_backbones()
        near = (_rows(backbones) != _rows([architecture.backbone])).sum(axis=1) == 1
        return [MacroArchitecture(backbones[at]) for at in np.flatnonzero(near).tolist()]

    def drawing(self, architecture: Architecture) -> Drawing:
        """A chain of its modules."""
        assert isinstance(architecture, MacroArchitecture)
        kinds = [MODULES[digit].name for digit in architecture.backbone]
        edges = tuple(
            DrawnEdge(at, at + 1, kind, True, name, f"module {at + 1}")
            for at, (kind, name) in enumerate(zip(kinds, MODULE_KEYS, strict=False))
        )
        between = tuple(map(str, range(1, len(kinds))))
        called = ("stem", *(f"after module {number}" for number in between), "head")
        places = tuple((float(at), 0.0) for at in range(len(kinds) + 1))
        operations = tuple((module.name, module.shown) for module in MODULES.values())
        return Drawing(("in", *between, "out"), edges, places, operations, called=called)

    @property
    def parameters(self) -> Sequence[Parameter]:
        """The kind of each module."""
        return [
            Parameter(name, str(number), options, tuple(map(_SHOWN.__getitem__, options)))
            for number, (name, options) in enumerate(self.options.items(), start=1)
        ]

    @property
    def choices_help(self) -> str:
        """What the choices are."""
        return (
            "What each module of the backbone may do with its input: keep its shape, double the channels, halve height "
            f"and width, or both. Modules 5 and 6 may be left out. Of all modules, {_COUNTS}."
        )

    @property
    def bundles(self) -> Mapping[str, tuple[int, ...]]:
        """None: what a module may be depends on the others."""
        return {}

    def left(self) -> str:
        """How many architectures the choices leave."""
        return f"These choices leave **{len(self._allowed):,}** of {self.size:,} architectures; all are distinct."

    @cached_property
    def _allowed(self) -> Sequence[str]:
        backbones = macro_backbones()
        rows = _rows(backbones)
        numbers = [[KINDS.index(value) for value in options] for options in self._options.values()]
        kept = np.all([np.isin(rows[:, at], allowed) for at, allowed in enumerate(numbers)], axis=0)
        return [backbones[at] for at in np.flatnonzero(kept).tolist()]

    @cached_property
    def _rows(self) -> NDArray[np.int8]:
        return _rows(self._allowed)


def _rows(backbones: Sequence[str]) -> NDArray[np.int8]:
    """(backbones, modules): the position in :data:`KINDS` of the kind of each module."""
    values = [[KINDS.index(value) for value in MacroArchitecture(backbone).params.values()] for backbone in backbones]
    return np.array(values, dtype=np.int8).reshape(-1, len(MODULE_KEYS))
