"""TransNAS-Bench-101 as search spaces: what macro and micro share.

Duan et al., "TransNAS-Bench-101: Improving Transferability and Generalizability of Cross-Task Neural Architecture
Search", CVPR 2021 (arXiv 2105.11871).
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from backend.errors import UserError
from backend.spaces.base import Architecture, Label, SearchSpace, SpaceSection
from backend.spaces.capabilities import SizeWords
from backend.spaces.transnas.architecture import MacroArchitecture, MicroArchitecture, of_benchmark
from backend.spaces.transnas.options import TransNasSection

if TYPE_CHECKING:
    import optuna
    import pandas as pd
    from optuna.distributions import CategoricalDistribution
    from torch import nn

    from backend.spaces.task import Task

_INDEX = re.compile(r"\d{1,6}")
A = TypeVar("A", MacroArchitecture, MicroArchitecture)


class TransNas(SearchSpace, Generic[A]):
    """Architectures whose parameters keep to the configured options; each parameter is categorical.

    Args:
        section: the options, and the size of the images; without it, all options.

    Attributes:
        image_size: side that images are resized to.
    """

    costs_help = (
        "Of a task: the encoder and, for class_scene, class_object and room_layout, its linear head, at 256×256 pixels "
        "(jigsaw: one tile of 64×64). Of a data set: encoder and linear head, at the size that networks are scored at."
    )
    kind: ClassVar[type]
    options: ClassVar[Mapping[str, tuple[str, ...]]]
    section: ClassVar[type[TransNasSection]]
    providers: ClassVar[Mapping[type, str]] = {}

    def __init__(self, section: TransNasSection | None = None) -> None:
        section = section or self.section.model_validate({})
        self.image_size = section.image_size
        self._options = {
            name: tuple(self.options[name][number] for number in numbers) for name, numbers in section.chosen.items()
        }

    @abstractmethod
    def parse(self, text: str) -> A:
        """Read an architecture as the benchmark writes it."""

    @abstractmethod
    def of_params(self, params: Mapping[str, Any]) -> A:
        """The architecture of Optuna's parameters; those without a choice may be left out."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many architectures there are."""

    def restricted(self, section: SpaceSection) -> Self:
        """The space of a search file's options."""
        assert isinstance(section, TransNasSection)
        return type(self)(section)

    def suggest(self, trial: optuna.Trial) -> A:
        """Draw the value of each parameter through a trial."""
        return self.of_params(
            {name: trial.suggest_categorical(name, options) for name, options in self._options.items()}
        )

    @property
    def distributions(self) -> Mapping[str, CategoricalDistribution]:
        """Optuna's distributions of the parameters that have a choice."""
        from optuna.distributions import CategoricalDistribution  # noqa: PLC0415  what asks has loaded Optuna

        return {name: CategoricalDistribution(options) for name, options in self._options.items() if len(options) > 1}

    def read(self, text: str) -> A:
        """Read a string of the benchmark, or an index."""
        return self.of_index(int(text)) if _INDEX.fullmatch(text.strip()) else self.parse(text)

    def of_index(self, index: int) -> A:
        """The architecture of an index.

        Raises:
            UserError: the index is out of range.
        """
        found: A = self.kind.of_index(index)  # type: ignore[attr-defined]
        return found

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        """The network of the literal architecture."""
        from backend.spaces.transnas.network import build_network  # noqa: PLC0415  loads PyTorch

        return build_network(of_benchmark(architecture), task.num_outputs, task.batch.shape[1])

    def attributes(self, architecture: Architecture) -> Mapping[str, Any]:
        """The index."""
        return {"index": of_benchmark(architecture).index}

    def check_recorded(self, attributes: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """See :meth:`SearchSpace.check_recorded`: string, index and parameters are of one architecture."""
        index, key = attributes.get("index"), attributes.get("architecture")
        if key is None:
            if index is not None:
                raise UserError("a trial names the index of its architecture without the string")
            return
        known = self.parse(str(key))
        if index is not None and index != known.index:
            raise UserError(f"a trial names architecture {index} and the string of architecture {known.index}")
        recorded = {name: params[name] for name in self.options if name in params}
        if strange := [name for name, value in recorded.items() if value not in self.options[name]]:
            raise UserError(f"a trial's {strange[0]} is {recorded[strange[0]]!r:.100}, which is none of its options")
        if len(recorded) < len(self.options):
            return
        # Others stand for the nearest architecture that the search allowed, which is not known here.
        found = type(self)().of_params(recorded)
        if dict(found.params) == recorded and found != known:
            raise UserError(f"a trial names the architecture {key!r} and parameters of another one")

    def label(self, architecture: Architecture) -> Label:
        """The index."""
        return of_benchmark(architecture).index

    def at(self, label: Label) -> A:
        """The architecture of an index, or of a string."""
        return self.parse(label) if isinstance(label, str) else self.of_index(int(label))

    def is_indexed(self, trials: pd.DataFrame) -> pd.Series[bool]:
        """Which rows of a table of trials name an architecture: there are no other sizes."""
        return trials["index"].notna()

    @property
    def sizes(self) -> Sequence[str]:
        """None: all networks have one width."""
        return ()

    @property
    def size_words(self) -> Mapping[str, SizeWords]:
        """None."""
        return {}

    def of_key(self, key: str) -> Mapping[str, str]:
        """The value of each parameter of the architecture of a key."""
        return self.parse(key).params
