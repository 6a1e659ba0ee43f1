"""Accel-NASBench as a search space: seven blocks of inverted residuals, of which a sample was trained on ImageNet.

Ahmad et al., "Accel-NASBench: Sustainable Benchmarking for Accelerator-Aware NAS", DAC 2024 (arXiv 2404.08005).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from backend.errors import UserError
from backend.spaces.accel_nasbench.architecture import (
    EXPANSIONS,
    KERNELS,
    NUM_BLOCKS,
    OPTIONS,
    AccelArchitecture,
)
from backend.spaces.accel_nasbench.devices import COSTS_HELP, MEASURED
from backend.spaces.accel_nasbench.options import AccelSection
from backend.spaces.base import Architecture, Label, SearchSpace, SpaceSection, Words
from backend.spaces.capabilities import HasTruth, KnownCosts, Parameter
from backend.spaces.drawing import Drawing, DrawnEdge
from backend.spaces.narrowing import allows

if TYPE_CHECKING:
    import optuna
    import pandas as pd
    from optuna.distributions import BaseDistribution
    from torch import nn

    from backend.spaces.task import Task

_TITLES = {"e": "expansion", "k": "kernel", "l": "layers", "se": "SE"}
_KINDS = tuple(f"e{expansion}k{kernel}" for expansion in EXPANSIONS for kernel in KERNELS)
_ROW = (NUM_BLOCKS + 1) // 2
"""Blocks of one row of a drawing; the second row goes back."""


class AccelNasBench(SearchSpace):
    """Networks of seven blocks, or those of them that the benchmark trained.

    Each block has four parameters: ``block0_e`` (expansion), ``block0_k`` (kernel), ``block0_l`` (layers, a number) and
    ``block0_se`` (squeeze-and-excitation, 0 or 1).

    Args:
        section: size of the images, and which architectures; without it, all of them.

    Attributes:
        image_size: side that images are resized to.
    """

    name = "accel_nasbench"
    title = "Accel-NASBench"
    words = Words("architecture", "architectures", "block", "choice")
    indexed = "architecture of Accel-NASBench's table"
    notations = "seven blocks such as e6k3l1se0, joined by underscores"
    empty = "search_space.parameters: no architecture of the benchmark's table has these options; allow more"
    costs_help = COSTS_HELP
    device_costs = MEASURED
    section = AccelSection
    providers: ClassVar[Mapping[type, str]] = {
        HasTruth: "backend.truth.accel_nasbench:AccelTruth",
        KnownCosts: "backend.spaces.accel_nasbench.costs:AccelCosts",
    }

    def __init__(self, section: AccelSection | None = None) -> None:
        self._section = section or AccelSection()
        self.image_size = self._section.image_size

    def restricted(self, section: SpaceSection) -> Self:
        """The space of a search file's choices."""
        assert isinstance(section, AccelSection)
        return type(self)(section)

    def suggest(self, trial: optuna.Trial) -> AccelArchitecture:
        """Draw the parameters of each block through a trial."""
        return self.of_params(
            {
                name: trial.suggest_int(name, options[0], options[-1])
                if name.endswith("_l")
                else trial.suggest_categorical(name, options)
                for name, options in OPTIONS.items()
            }
        )

    @property
    def distributions(self) -> Mapping[str, BaseDistribution]:
        """Optuna's distributions of the parameters, all of which have a choice."""
        from optuna.distributions import CategoricalDistribution, IntDistribution  # noqa: PLC0415

        return {
            name: IntDistribution(options[0], options[-1]) if name.endswith("_l") else CategoricalDistribution(options)
            for name, options in OPTIONS.items()
        }

    def of_params(self, params: Mapping[str, Any]) -> AccelArchitecture:
        """The architecture of Optuna's parameters; the nearest of the table, where the search keeps to that.

        Raises:
            UserError: no architecture of the table has what the search keeps to.
        """
        wanted = AccelArchitecture.of_params(params)
        return self._nearest(wanted) if self._section.architectures == "table" else wanted

    def _nearest(self, wanted: AccelArchitecture) -> AccelArchitecture:
        """The architecture of the table that differs in the fewest parameters; of several the first."""
        architectures, rows = self._tabled
        if not architectures:
            raise UserError(f"search.{self.empty}")
        found: AccelArchitecture = architectures[int((rows != [*wanted.params.values()]).sum(axis=1).argmin())]
        return found

    @cached_property
    def _tabled(self) -> tuple[list[AccelArchitecture], Any]:
        """The architectures of the table that the search keeps to, and a row of parameters of each."""
        from backend.spaces.accel_nasbench.table import rows  # noqa: PLC0415  loads pandas

        architectures, values = rows()
        kept = [at for at, item in enumerate(architectures) if allows(item, self._section.narrowings)]
        return [architectures[at] for at in kept], values[kept]

    def parse(self, text: str) -> AccelArchitecture:
        """Read an architecture as the benchmark writes it."""
        return AccelArchitecture.parse(text)

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        """The network of the architecture."""
        from backend.spaces.accel_nasbench.network import build_network  # noqa: PLC0415  loads PyTorch

        assert isinstance(architecture, AccelArchitecture)
        return build_network(architecture, task.num_outputs, task.batch.shape[1])

    def blocks(self, network: nn.Module) -> Sequence[nn.Module]:
        """The stem and the layers."""
        return [network.get_submodule("stem"), *network.get_submodule("layers").children()]

    def thin(self, architecture: Architecture) -> tuple[nn.Module, tuple[int, ...]]:
        """The layers alone with one channel each, on inputs of 3×3 pixels."""
        from backend.spaces.accel_nasbench.network import build_thin  # noqa: PLC0415  loads PyTorch

        assert isinstance(architecture, AccelArchitecture)
        return build_thin(architecture), (1, 3, 3)

    def description(self, architecture: Architecture) -> str:
        """Its depth, and its blocks with squeeze-and-excitation."""
        assert isinstance(architecture, AccelArchitecture)
        squeezed = [str(at) for at, block in enumerate(architecture.blocks) if block.squeezes]
        where = f"in block{'s' * (len(squeezed) > 1)} {', '.join(squeezed)}" if squeezed else "nowhere"
        return f"{architecture.depth} inverted residuals in {NUM_BLOCKS} blocks; squeeze-and-excitation {where}."

    @property
    def features_help(self) -> str:
        """What the features are."""
        return "Expansion, kernel, layers and squeeze-and-excitation of each block, and sums over all blocks."

    def features(self, labels: Iterable[Label]) -> pd.DataFrame:
        """The parameters as numbers, and their sums."""
        from backend.spaces.accel_nasbench.features import block_features  # noqa: PLC0415  loads pandas

        return block_features(labels)

    @property
    def groupings(self) -> Mapping[str, str]:
        """Depth, squeezes, and each parameter."""
        from backend.spaces.accel_nasbench.features import GROUPINGS  # noqa: PLC0415  loads pandas

        return {name: grouping.title for name, grouping in GROUPINGS.items()}

    def groups(self, grouping: str, labels: Iterable[Label]) -> pd.Series:
        """The group of each architecture, by key."""
        from backend.spaces.accel_nasbench.features import GROUPINGS  # noqa: PLC0415  loads pandas
        from backend.spaces.grouping import group  # noqa: PLC0415  loads pandas

        return group(GROUPINGS[grouping], AccelArchitecture.parse, map(str, labels))

    def neighbours(self, architecture: Architecture) -> Sequence[AccelArchitecture]:
        """The 43 architectures that differ in one parameter."""
        assert isinstance(architecture, AccelArchitecture)
        return architecture.neighbours()

    def drawing(self, architecture: Architecture) -> Drawing:
        """A chain of seven blocks, in two rows."""
        assert isinstance(architecture, AccelArchitecture)
        drawn = tuple(
            DrawnEdge(at, at + 1, f"e{block.expansion}k{block.kernel}", True, "", f"block {at}, {block.layers} layers")
            for at, block in enumerate(architecture.blocks)
        )
        between = tuple(map(str, range(1, NUM_BLOCKS)))
        called = ("stem", *(f"after block {at}" for at in range(NUM_BLOCKS - 1)), "head")
        operations = tuple((kind, kind) for kind in _KINDS)
        return Drawing(("in", *between, "out"), drawn, _places(), operations, called=called)

    @property
    def parameters(self) -> Sequence[Parameter]:
        """The four parameters of each block."""
        titled = (name.removeprefix("block").split("_") for name in OPTIONS)
        return [
            Parameter(name, f"{number} {_TITLES[kind]}", tuple(map(str, options)))
            for (name, options), (number, kind) in zip(OPTIONS.items(), titled, strict=True)
        ]

    @property
    def sizes(self) -> Sequence[str]:
        """None: all networks have one width."""
        return ()

    def of_key(self, key: str) -> Mapping[str, str]:
        """The value of each parameter of the architecture of a key."""
        return {name: str(value) for name, value in self.parse(key).params.items()}


def _places() -> tuple[tuple[float, float], ...]:
    """Two rows of nodes, the second from right to left, so that the blocks' names have room."""
    there = [(float(at), 1.0) for at in range(_ROW + 1)]
    back = [(float(_ROW - at), 0.0) for at in range(NUM_BLOCKS - _ROW)]
    return (*there, *back)
