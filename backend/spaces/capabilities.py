"""What a search space may know of its architectures beside what every space knows, and how to ask for it.

A space has a capability, one of the protocols below, by implementing it, or by naming in ``providers`` a class that
does, which is loaded when it is asked for. What needs a capability asks with :func:`capability` or :func:`require`, and
says in words what is missing where a space lacks it (:func:`lacks`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, cast, runtime_checkable

from backend.datasets.info import DATASETS
from backend.errors import UserError
from backend.spaces.base import Architecture, Label, SearchSpace
from backend.spaces.drawing import Drawing
from backend.spaces.truth_tasks import ACCURACY, TruthField, TruthTask

if TYPE_CHECKING:
    import pandas as pd
    from optuna.distributions import BaseDistribution
    from torch import nn


class Size(NamedTuple):
    """What a network counts.

    Attributes:
        parameters: trainable numbers.
        multiply_accumulates: of one input, in millions.
    """

    parameters: float
    multiply_accumulates: float


@runtime_checkable
class FixedDistributions(Protocol):
    """All architectures have the same parameters, drawn independently: a sampler may propose them at once."""

    @property
    def distributions(self) -> Mapping[str, BaseDistribution]:
        """The distributions of the parameters that have a choice."""

    def of_params(self, params: Mapping[str, Any]) -> Architecture:
        """The architecture of Optuna's parameters; those without a choice may be left out."""


@runtime_checkable
class Enumerable(Protocol):
    """The architectures can be listed: each has an index in a fixed order, which is its label in tables."""

    @property
    def size(self) -> int:
        """How many there are, whether or not they can be scored; indices run from 0 to one less."""

    def members(self) -> Iterator[Architecture]:
        """The architectures that can be scored and that the options allow, at all sizes that they allow."""

    def classes(self) -> pd.Series[float]:
        """By index, the index of the member that stands for the class; NaN for one that cannot be scored."""

    def is_indexed(self, trials: pd.DataFrame) -> pd.Series[bool]:
        """Which rows of a table of trials are just what their index says, not a variant of another size."""


@runtime_checkable
class HasTruth(Protocol):
    """What architectures reach when they are trained is known; a class that knows it inherits from this one."""

    @property
    def tasks(self) -> Sequence[TruthTask]:
        """All that architectures are compared by, one of each data set and length of training."""

    def truth(self, architecture: Architecture, dataset: str) -> Mapping[str, Mapping[str, float | None]] | None:
        """The recorded fields of an architecture by number of epochs; None where it was not trained."""

    def fields(self, dataset: str) -> Sequence[TruthField]:
        """The fields that are recorded on a data set, at any length of training."""

    def values(self, dataset: str, epochs: int) -> pd.Series[float]:
        """The field of a task, of all architectures by label."""

    def training_hours(self, dataset: str, epochs: int) -> pd.Series[float]:
        """Hours that training took, of all architectures by label; NaN where it is not known."""

    def repeats(self, dataset: str, epochs: int) -> pd.DataFrame | None:
        """The field of a task by label, a column a training; None where there are no separate trainings."""
        del dataset, epochs
        return None

    @property
    def datasets(self) -> Sequence[str]:
        """Data sets that there are trainings on."""
        return tuple(dict.fromkeys(task.dataset for task in self.tasks))

    @property
    def epochs(self) -> Sequence[int]:
        """Lengths of the trainings, the shortest first."""
        return sorted({task.epochs for task in self.tasks})

    def lengths(self, dataset: str) -> Sequence[int]:
        """Lengths of the trainings on a data set, the shortest first."""
        return sorted({task.epochs for task in self.tasks if task.dataset == dataset})

    def trained_on(self, dataset: str) -> str:
        """The data set whose trainings networks that are scored on a data set's images are compared by.

        It is the same one, unless the space was trained on images that networks are not scored on.
        """
        return dataset

    def task(self, dataset: str, epochs: int) -> TruthTask:
        """The task of a data set and a length of training.

        Raises:
            UserError: there is none.
        """
        for task in self.tasks:
            if (task.dataset, task.epochs) == (dataset, epochs):
                return task
        known = "; ".join(f"{task.dataset}, {task.epochs} epochs" for task in self.tasks)
        raise UserError(f"no training on {dataset!r} for {epochs} epochs is known; there are: {known}")


@runtime_checkable
class KnownCosts(Protocol):
    """Sizes, and latencies and energies of devices, are known without building a network.

    Attributes:
        measured: costs beside params and flops that were measured, such as "latency:raspi4".
    """

    @property
    def measured(self) -> Sequence[str]: ...  # noqa: D102

    def cost(self, architecture: Architecture, dataset: str, name: str) -> float:
        """One cost in its unit; NaN where it was not measured."""

    def has_gaps(self, dataset: str, name: str) -> bool:
        """Whether a cost is measured, and not for all architectures."""

    def sizes(self, labels: pd.Index, dataset: str) -> pd.DataFrame:
        """Columns ``params`` and ``flops`` (millions of multiply-accumulates) by label."""


@runtime_checkable
class Blocks(Protocol):
    """Networks are a stem and blocks one after the other, which the AZ-NAS proxies look at each for itself."""

    def blocks(self, network: nn.Module) -> Sequence[nn.Module]:
        """The stem, then the blocks: modules of the network, each of which its forward calls once.

        Each but the stem takes one feature map, and each returns one: (B, C, H, W), or (B, T, C) of tokens.

        Args:
            network: as the space builds it.
        """


@runtime_checkable
class Thin(Protocol):
    """Networks have a thin copy, small enough to count the linear regions that a few thousand inputs fall into."""

    def thin(self, architecture: Architecture) -> tuple[nn.Module, tuple[int, ...]]:
        """A network of the architecture with few channels, and the shape of one input of it, without the batch.

        TE-NAS takes one channel at first, one block a stage, no stem and no head, and inputs of 3×3 pixels.
        """


@runtime_checkable
class FastEngine(Protocol):
    """The space has a scoring engine of its own; :class:`backend.scoring.engine.Engine` says what one does."""

    @property
    def passes(self) -> Sequence[Any]:
        """The ways through a network."""


@runtime_checkable
class GraphFeatures(Protocol):
    """Features of an architecture's graph are there for a model to learn from."""

    @property
    def features_help(self) -> str:
        """What the features are, in a sentence."""

    def features(self, labels: Iterable[Label]) -> pd.DataFrame:
        """One row a label, one column of numbers a feature; equal for architectures of one class."""


@runtime_checkable
class Groups(Protocol):
    """The architectures fall into groups, by one thing or another that they have in common."""

    @property
    def groupings(self) -> Mapping[str, str]:
        """What the groups differ in, by the name of each grouping."""

    def groups(self, grouping: str, labels: Iterable[Label]) -> pd.Series:
        """The group of each architecture, by label: an ordered categorical whose categories are all groups."""


@runtime_checkable
class Neighbours(Protocol):
    """The architectures that differ in one choice are known."""

    def neighbours(self, architecture: Architecture) -> Sequence[Architecture]:
        """All that differ in one choice."""


@runtime_checkable
class Drawable(Protocol):
    """An architecture can be drawn as a graph."""

    def drawing(self, architecture: Architecture) -> Drawing:
        """Nodes and edges of its graph."""


@runtime_checkable
class Parameters(Protocol):
    """The parameters have titles and options, which pages show in their order."""

    def __hash__(self) -> int: ...

    @property
    def parameters(self) -> Sequence[Parameter]:
        """The parameters that a page shows."""

    @property
    def sizes(self) -> Sequence[str]:
        """Names of the parameters that are numbers, whose columns go by their own names too."""

    def of_key(self, key: str) -> Mapping[str, str]:
        """The values of :attr:`parameters` of the architecture of a key."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a space.

    Attributes:
        name: as Optuna stores it, and the column of tables.
        title: in charts, such as "0 → 1".
        options: its values in their order.
        shown: what pages call the options, in the same order; without these, by themselves.
    """

    name: str
    title: str
    options: tuple[str, ...]
    shown: tuple[str, ...] = ()

    def called(self, option: str) -> str:
        """What pages call an option."""
        return dict(zip(self.options, self.shown, strict=False)).get(option, option)


class SizeWords(NamedTuple):
    """What pages call a parameter that is a number.

    Attributes:
        title: in charts and tables.
        help: one sentence on it.
        field: label of the field of a form that takes the numbers to search.
        field_help: tooltip of that field.
    """

    title: str
    help: str
    field: str
    field_help: str


@runtime_checkable
class Choices(Protocol):
    """A search file may keep to some options of the parameters, and name several sizes; its section says how.

    Attributes:
        choices_help: what the choices are, in a sentence or two.
        bundles: numbers of options to allow of every parameter at once, by what a page calls them.
        size_words: what pages call each of the sizes.
    """

    @property
    def choices_help(self) -> str: ...  # noqa: D102

    @property
    def bundles(self) -> Mapping[str, tuple[int, ...]]: ...  # noqa: D102

    @property
    def size_words(self) -> Mapping[str, SizeWords]: ...  # noqa: D102

    def left(self) -> str:
        """How much the options of this space leave to search, in Markdown."""


_LACKS: dict[type, str] = {
    FixedDistributions: "its parameters depend on each other",
    Enumerable: "its architectures cannot be listed",
    HasTruth: "what its architectures reach when they are trained is not known",
    KnownCosts: "its costs are not known",
    FastEngine: "it has no scoring engine of its own",
    GraphFeatures: "there are no features of its graphs",
    Groups: "its architectures are in no groups",
    Neighbours: "it does not say which architectures are neighbours",
    Drawable: "it does not say how an architecture is drawn",
    Parameters: "its parameters have no fixed options",
    Choices: "a search file cannot choose among its options",
}
"""What a space that lacks a capability cannot do."""

_Capability = TypeVar("_Capability")


def classes_of(space: SearchSpace, labels: Iterable[Label]) -> pd.Series:
    """What the architectures that compute the same function share, of each label.

    Args:
        space: of the architectures.
        labels: of them.

    Returns:
        By label; NaN, or None, for one that cannot be scored.
    """
    import pandas as pd  # noqa: PLC0415 - to name a space, or to list its studies, needs none of it

    index = pd.Index(labels)
    listed = capability(space, Enumerable)
    if listed is not None and pd.api.types.is_integer_dtype(index):
        return listed.classes().astype(float).reindex(index)
    return pd.Series([space.class_of(label) for label in index], index=index, dtype=object)


def listing(space: SearchSpace) -> pd.Series | None:
    """The architectures that tables of a space have a row for: all, or where they cannot be listed, those trained.

    Returns:
        By label, the label of the one that stands for the class; missing for one that cannot be scored. None where
        neither are known.
    """
    if listed := capability(space, Enumerable):
        return listed.classes().astype("Int64")
    truth = capability(space, HasTruth)
    if truth is None:
        return None
    import pandas as pd  # noqa: PLC0415 - to name a space, or to list its studies, needs none of it

    trained = [truth.values(task.dataset, task.epochs).index for task in truth.tasks]
    labels = pd.Index(dict.fromkeys(label for index in trained for label in index), name="index")
    first: dict[Hashable, Label] = {}
    classes = [None if (key := space.class_of(label)) is None else first.setdefault(key, label) for label in labels]
    return pd.Series(classes, index=labels, dtype=object)


def require_listing(space: SearchSpace, purpose: str) -> pd.Series:
    """As :func:`listing`.

    Args:
        space: any.
        purpose: what needs it, as the subject of the message.

    Raises:
        MissingCapabilityError: its architectures cannot be listed, and none is known to be trained.
    """
    found = listing(space)
    if found is None:
        raise MissingCapabilityError(f"{purpose}: not for {lacks_listing(space)}")
    return found


def known_costs(space: SearchSpace, dataset: str) -> KnownCosts | None:
    """The known costs of a space, where they are known for a data set.

    None for one of a user's own: sizes depend on its number of classes and its images.

    Args:
        space: any.
        dataset: whose networks are asked for.
    """
    truth = capability(space, HasTruth)
    is_known = dataset in DATASETS or (truth is not None and dataset in truth.datasets)
    return capability(space, KnownCosts) if is_known else None


def lacks_listing(space: SearchSpace) -> str:
    """Why tables of a space have no rows, in words; "" where they have."""
    return lacks(space, Enumerable) if lacks(space, Enumerable) and lacks(space, HasTruth) else ""


def lacks_truth(space: SearchSpace, dataset: str | None) -> str:
    """Why no truth of a space's architectures is known on a data set, in words; "" where it is.

    Args:
        space: any.
        dataset: None asks whether there is any truth.
    """
    truth = capability(space, HasTruth)
    if truth is None:
        return lacks(space, HasTruth)
    if dataset is None or dataset in truth.datasets:
        return ""
    return f"{space.title}: its {space.words.many} were trained on {' and '.join(truth.datasets)}, not on {dataset}"


def trained_on(space: SearchSpace, dataset: str) -> str:
    """The data set whose trainings networks scored on a data set's images are compared by, unless a search says so."""
    truth = capability(space, HasTruth)
    return truth.trained_on(dataset) if truth else dataset


def truth_field(space: SearchSpace | None, dataset: str | None = None) -> TruthField:
    """What architectures of a space are compared by on a data set; :data:`ACCURACY` where no truth is known."""
    truth = capability(space, HasTruth) if space else None
    tasks = truth.tasks if truth else ()
    return next((task.field for task in tasks if dataset in {None, task.dataset}), ACCURACY)


def field_of(space: SearchSpace | None, column: str) -> TruthField:
    """The field in a column of tables of trials, such as "200:test-accuracy"; :data:`ACCURACY` of an unknown one."""
    truth = capability(space, HasTruth) if space else None
    tasks = truth.tasks if truth else ()
    return next((task.field for task in tasks if task.column == column), ACCURACY)


class MissingCapabilityError(UserError):
    """A space cannot do what is asked for."""


def capability(space: SearchSpace, kind: type[_Capability]) -> _Capability | None:
    """What gives a space a capability: the space itself, or its provider; None where it lacks it.

    Args:
        space: any.
        kind: one of the protocols of this module.
    """
    if isinstance(space, kind):
        return space
    path = space.providers.get(kind)
    if path is None:
        return None
    of = getattr(_class_of(path), "of_space", None)
    return cast("_Capability", of(space) if of else _provider(path))


def lacks(space: SearchSpace, *kinds: type) -> str:
    """Which of the capabilities a space lacks, in words; "" where it has all."""
    missing = [_LACKS[kind] for kind in kinds if not isinstance(space, kind) and kind not in space.providers]
    return f"{space.title}: {'; '.join(missing)}" if missing else ""


def require(space: SearchSpace, kind: type[_Capability], purpose: str) -> _Capability:
    """What gives a space a capability.

    Args:
        space: any.
        kind: one of the protocols of this module.
        purpose: what needs it, as the subject of the message.

    Raises:
        MissingCapabilityError: the space lacks it.
    """
    found = capability(space, kind)
    if found is None:
        raise MissingCapabilityError(f"{purpose}: not for {lacks(space, kind)}")
    return found


@cache
def _class_of(path: str) -> Any:
    module, name = path.split(":")
    return getattr(import_module(module), name)


@cache
def _provider(path: str) -> object:
    return _class_of(path)()
