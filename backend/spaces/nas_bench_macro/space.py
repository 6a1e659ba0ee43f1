"""NAS-Bench-Macro as a search space: a chain of eight layers, each an identity or one of two inverted residuals.

Su et al., "Prioritized Architecture Sampling with Monto-Carlo Tree Search", CVPR 2021 (arXiv 2103.11922).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar, Self

from backend.errors import UserError
from backend.spaces.base import Architecture, Label, SearchSpace, SpaceSection, Words
from backend.spaces.capabilities import HasTruth, KnownCosts, Parameter, SizeWords
from backend.spaces.drawing import Drawing, DrawnEdge
from backend.spaces.nas_bench_macro.architecture import BLOCKS, LAYERS, NUM_ARCHITECTURES, NUM_LAYERS, MacroArchitecture
from backend.spaces.nas_bench_macro.options import NasBenchMacroSection

if TYPE_CHECKING:
    import optuna
    import pandas as pd
    from optuna.distributions import CategoricalDistribution
    from torch import nn

    from backend.spaces.task import Task

_CODE = re.compile(f"[0-{len(BLOCKS) - 1}]{{{NUM_LAYERS}}}")
_INDEX = re.compile(rf"\d{{1,{len(str(NUM_ARCHITECTURES))}}}")
_SHOWN = ("identity", "3×3, ×3", "5×5, ×6")
_ROW = NUM_LAYERS // 2
"""Layers of one row of a drawing; the second row goes back."""


class NasBenchMacro(SearchSpace):
    """The architectures whose layers keep to the configured choices.

    Each layer is a categorical parameter ``layer_1`` … ``layer_8`` whose values are names of blocks.

    Args:
        section: the choices of each layer; without it, all of them.
    """

    name = "nas_bench_macro"
    title = "NAS-Bench-Macro"
    words = Words("architecture", "architectures", "layer", "choice")
    indexed = "architecture of NAS-Bench-Macro"
    notations = f"a code of {NUM_LAYERS} digits (0 identity, 1 and 2 inverted residuals) or an index"
    empty = "layer_1 … layer_8: nothing of these choices can be scored; allow more"
    section = NasBenchMacroSection
    providers: ClassVar[Mapping[type, str]] = {
        HasTruth: "backend.truth.nas_bench_macro:NasBenchMacroTruth",
        KnownCosts: "backend.spaces.nas_bench_macro.costs:NasBenchMacroCosts",
    }

    def __init__(self, section: NasBenchMacroSection | None = None) -> None:
        chosen = (section or NasBenchMacroSection()).chosen
        self._options = {layer: tuple(BLOCKS[number].name for number in chosen[layer]) for layer in LAYERS}

    def restricted(self, section: SpaceSection) -> Self:
        """The space of a search file's choices."""
        assert isinstance(section, NasBenchMacroSection)
        return type(self)(section)

    def suggest(self, trial: optuna.Trial) -> MacroArchitecture:
        """Draw the block of each layer through a trial."""
        return self.of_params(
            {name: trial.suggest_categorical(name, options) for name, options in self._options.items()}
        )

    def parse(self, text: str) -> MacroArchitecture:
        """Read a code.

        >>> NasBenchMacro().parse("22212202").index
        6473
        """
        if _CODE.fullmatch(text.strip()) is None:
            raise UserError(
                f"architecture {text!r}: expected a digit from 0 to {len(BLOCKS) - 1} for each of "
                f"the {NUM_LAYERS} layers"
            )
        return MacroArchitecture(text.strip())

    def read(self, text: str) -> MacroArchitecture:
        """Read a code or an index."""
        if _INDEX.fullmatch(text.strip()):
            return MacroArchitecture.of_index(int(text))
        return self.parse(text)

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        """The network of the literal architecture."""
        from backend.spaces.nas_bench_macro.network import build_network  # noqa: PLC0415  loads PyTorch

        assert isinstance(architecture, MacroArchitecture)
        return build_network(architecture, task.num_outputs, task.batch.shape[1])

    def blocks(self, network: nn.Module) -> Sequence[nn.Module]:
        """The stem and the layers."""
        return [network.get_submodule("stem"), *network.get_submodule("layers").children()]

    def thin(self, architecture: Architecture) -> tuple[nn.Module, tuple[int, ...]]:
        """The layers alone, which begin with one channel, on inputs of 3×3 pixels."""
        from backend.spaces.nas_bench_macro.network import build_layers  # noqa: PLC0415  loads PyTorch

        assert isinstance(architecture, MacroArchitecture)
        return build_layers(architecture, 1), (1, 3, 3)

    def attributes(self, architecture: Architecture) -> Mapping[str, Any]:
        """The index."""
        assert isinstance(architecture, MacroArchitecture)
        return {"index": architecture.index}

    def check_recorded(self, attributes: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """See :meth:`SearchSpace.check_recorded`: code, index and layers are of one architecture."""
        index, key = attributes.get("index"), attributes.get("architecture")
        if key is None:
            if index is not None:
                raise UserError("a trial names the index of its architecture without the code")
            return
        known = self.parse(str(key))
        if index is not None and index != known.index:
            raise UserError(f"a trial names architecture {index} and the code of architecture {known.index}")
        recorded = {name: params[name] for name in LAYERS if name in params}
        if any(known.params[name] != block for name, block in recorded.items()):
            raise UserError(f"a trial names the architecture {key!r} and layers of another one")

    def has_class(self, class_key: str) -> bool:
        """Whether it is a canonical code."""
        return _CODE.fullmatch(class_key) is not None and MacroArchitecture(class_key).class_key == class_key

    def label(self, architecture: Architecture) -> Label:
        """The index."""
        assert isinstance(architecture, MacroArchitecture)
        return architecture.index

    def at(self, label: Label) -> MacroArchitecture:
        """The architecture of an index, or of a code."""
        return self.parse(label) if isinstance(label, str) else MacroArchitecture.of_index(int(label))

    def description(self, architecture: Architecture) -> str:
        """The layers of each stage."""
        assert isinstance(architecture, MacroArchitecture)
        canonical = architecture.canonical()
        shown = [", ".join(block.name for block in MacroArchitecture(stage).blocks) for stage in architecture.stages]
        stages = "; ".join(f"stage {number}: {blocks}" for number, blocks in enumerate(shown, start=1))
        same = "" if canonical == architecture else f" It computes the same as {canonical.code}."
        return f"{stages[0].upper()}{stages[1:]}.{same}"

    @cached_property
    def distributions(self) -> Mapping[str, CategoricalDistribution]:
        """Optuna's distributions of the layers that have a choice."""
        from optuna.distributions import CategoricalDistribution  # noqa: PLC0415  what asks has loaded Optuna

        return {name: CategoricalDistribution(options) for name, options in self._options.items() if len(options) > 1}

    def of_params(self, params: Mapping[str, Any]) -> MacroArchitecture:
        """The architecture of Optuna's parameters; those without a choice may be left out."""
        return MacroArchitecture.of_blocks([params.get(name, options[0]) for name, options in self._options.items()])

    @property
    def size(self) -> int:
        """6,561."""
        return NUM_ARCHITECTURES

    def members(self) -> Iterator[MacroArchitecture]:
        """Every architecture that the choices allow."""
        return map(MacroArchitecture.of_blocks, product(*self._options.values()))

    def classes(self) -> pd.Series[float]:
        """By index, the index of the canonical architecture."""
        return _classes().copy(deep=False)

    def is_indexed(self, trials: pd.DataFrame) -> pd.Series[bool]:
        """Which rows of a table of trials name an architecture: there are no other sizes."""
        return trials["index"].notna()

    @property
    def features_help(self) -> str:
        """What the features are."""
        return "How many layers are of each choice, in all and in each stage, and what each stage begins with."

    def features(self, labels: Iterable[Label]) -> pd.DataFrame:
        """Counts of the blocks, in all and by stage, of the canonical architecture."""
        from backend.spaces.nas_bench_macro.features import layer_features  # noqa: PLC0415

        return layer_features(map(int, labels))

    @property
    def groupings(self) -> Mapping[str, str]:
        """Counts of blocks, and the choice of each layer."""
        from backend.spaces.nas_bench_macro.features import GROUPINGS  # noqa: PLC0415

        return {name: grouping.title for name, grouping in GROUPINGS.items()}

    def groups(self, grouping: str, labels: Iterable[Label]) -> pd.Series:
        """The group of each architecture, by index."""
        from backend.spaces.grouping import group  # noqa: PLC0415
        from backend.spaces.nas_bench_macro.features import GROUPINGS  # noqa: PLC0415

        return group(GROUPINGS[grouping], MacroArchitecture.of_index, map(int, labels))

    def neighbours(self, architecture: Architecture) -> Sequence[MacroArchitecture]:
        """The 16 architectures that differ in one layer."""
        assert isinstance(architecture, MacroArchitecture)
        return architecture.neighbours()

    def drawing(self, architecture: Architecture) -> Drawing:
        """A chain of eight layers, in two rows."""
        assert isinstance(architecture, MacroArchitecture)
        layers = zip(architecture.blocks, LAYERS, strict=True)
        edges = tuple(
            DrawnEdge(at, at + 1, block.name, True, name, f"layer {at + 1}") for at, (block, name) in enumerate(layers)
        )
        operations = tuple((block.name, shown) for block, shown in zip(BLOCKS, _SHOWN, strict=True))
        between = tuple(map(str, range(1, NUM_LAYERS)))
        called = ("stem", *(f"after layer {layer}" for layer in between), "head")
        return Drawing(("in", *between, "out"), edges, _places(), operations, called=called)

    @property
    def parameters(self) -> Sequence[Parameter]:
        """The block of each layer."""
        names = tuple(block.name for block in BLOCKS)
        return [Parameter(layer, str(number), names, _SHOWN) for number, layer in enumerate(LAYERS, start=1)]

    @property
    def sizes(self) -> Sequence[str]:
        """None: all networks have one width and depth."""
        return ()

    def of_key(self, key: str) -> Mapping[str, str]:
        """The block of each layer, by its parameter."""
        return self.parse(key).params

    @property
    def choices_help(self) -> str:
        """What the choices are."""
        return (
            "What each of the eight layers may be: an identity, or an inverted residual with a kernel of 3×3 that "
            "widens its input 3 times, or of 5×5 that widens it 6 times. Layers 1, 3 and 6 halve the image; the "
            "identity is a strided 1×1 convolution there."
        )

    @property
    def bundles(self) -> Mapping[str, tuple[int, ...]]:
        """Numbers of blocks to allow in every layer at once."""
        return {
            "Every choice": tuple(range(len(BLOCKS))),
            "Inverted residuals": (1, 2),
            "Identity and 3×3": (0, 1),
            "Identity and 5×5": (0, 2),
        }

    @property
    def size_words(self) -> Mapping[str, SizeWords]:
        """None."""
        return {}

    def left(self) -> str:
        """How many architectures the choices leave."""
        architectures = list(self.members())
        distinct = len({architecture.canonical() for architecture in architectures})
        return (
            f"These choices leave **{len(architectures):,}** of {NUM_ARCHITECTURES:,} architectures. "
            f"**{distinct:,}** of them are distinct: the others compute the same, and cost nothing."
        )


@cache
def _places() -> tuple[tuple[float, float], ...]:
    """Two rows of nodes, the second from right to left, so that the layers' names have room."""
    there = [(float(at), 1.0) for at in range(_ROW + 1)]
    back = [(float(_ROW - at), 0.0) for at in range(NUM_LAYERS - _ROW)]
    return (*there, *back)


@cache
def _classes() -> pd.Series[float]:
    import pandas as pd  # noqa: PLC0415 - to name the space, or to list its studies, needs none of it

    classes = [MacroArchitecture.of_index(index).canonical().index for index in range(NUM_ARCHITECTURES)]
    return pd.Series(classes, index=pd.RangeIndex(NUM_ARCHITECTURES, name="index"), dtype="Float64")
