"""What a search space is: the contract between a space and everything that searches, scores, stores and shows it.

A space is a subclass of :class:`SearchSpace` with two methods: ``suggest`` draws an architecture through an Optuna
trial, and ``build`` makes its network. One whose architectures are more than their parameters has ``parse`` too, which
reads a key. Everything else that a space may know of its architectures is a **capability**
(:mod:`backend.spaces.capabilities`).

Nothing here imports PyTorch or Optuna, so that what only names a space loads neither.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Protocol, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from backend.datasets.info import check_dataset_name, is_dataset_name
from backend.spaces.parameters import ParameterArchitecture, proposed_again
from backend.spaces.truth_tasks import Direction

if TYPE_CHECKING:
    import optuna
    from torch import nn

    from backend.spaces.task import Task

Label = int | str
"""What tables call an architecture: its index in an enumerable space, elsewhere its key."""


def label_of(value: Any) -> Label:
    """A label that comes from a table: an index of any kind of number as an int."""
    return value if isinstance(value, str) else int(value)


class Architecture(Protocol):
    """One point of a search space: frozen and hashable.

    Attributes:
        key: the space's own notation; ``SearchSpace.parse`` reads it back.
        class_key: equal exactly for architectures that compute the same function.
        invalid: why no network can be built, or scored; None where one can.
        params: the architecture as Optuna stores it, by name of the parameter.
    """

    def __hash__(self) -> int: ...

    @property
    def key(self) -> str: ...  # noqa: D102

    @property
    def class_key(self) -> str: ...  # noqa: D102

    @property
    def invalid(self) -> str | None: ...  # noqa: D102

    @property
    def params(self) -> Mapping[str, int | float | str]: ...  # noqa: D102


def with_article(noun: str) -> str:
    """A noun after "a" or "an"."""
    return f"{'an' if noun[:1].lower() in {*'aeio'} else 'a'} {noun}"


@dataclass(frozen=True)
class Words:
    """What a space calls its architectures, in the singular and the plural, a parameter of one, and an option of that.

    >>> Words("cell", "cells").count(1), Words("cell", "cells").count(1200)
    ('1 cell', '1,200 cells')
    """

    one: str = "architecture"
    many: str = "architectures"
    parameter: str = "parameter"
    option: str = "option"

    @property
    def a(self) -> str:
        """One of them, with its article.

        >>> Words().a, Words("cell", "cells").a
        ('an architecture', 'a cell')
        """
        return with_article(self.one)

    def count(self, number: int) -> str:
        """A number of architectures, in words."""
        return f"{number:,} {self.one if number == 1 else self.many}"


@dataclass(frozen=True)
class DeviceCost:
    """A cost that a device was measured with.

    Attributes:
        name: in search files and tables, such as "throughput:a100".
        title: a heading for people.
        unit: such as "ms".
        help: how it was measured, in a sentence or two.
        better: which way is better.
    """

    name: str
    title: str
    unit: str
    help: str
    better: Direction = "minimize"


WORDS: Final = Words()
"""Of a space that has no words of its own."""


class Table(BaseModel):
    """A table of a search file: unknown keys are refused, so that a typing error is found."""

    model_config = ConfigDict(extra="forbid", validate_default=True, validate_assignment=False)


class Range(Table):
    """The values of a number that a search keeps to; a bound that is not given is the space's."""

    low: int | float | None = None
    high: int | float | None = None


Narrowing = list[bool | int | float | str] | Range
"""What a search keeps to of a parameter: some options, or the range of a number."""


def _as_narrowing(value: Any) -> Narrowing:
    if isinstance(value, Range):
        return value
    if isinstance(value, list) and all(isinstance(option, bool | int | float | str) for option in value):
        if not value:
            raise ValueError("the list is empty; give at least one option")
        return value
    bounds: dict[str, Any] = value if isinstance(value, dict) else {}
    is_range = {*bounds} <= {"low", "high"} and all(
        isinstance(bound, int | float) and not isinstance(bound, bool) and math.isfinite(bound)
        for bound in bounds.values()
    )
    if not bounds or not is_range:
        valid = "a list of options, such as [3, 5], or a range of numbers, such as {low = 8, high = 16}"
        raise ValueError(f"should be {valid} (got {value!r:.100})")
    if bounds.get("low", -math.inf) > bounds.get("high", math.inf):
        raise ValueError(f"low = {bounds['low']} is above high = {bounds['high']}; give the lower bound first")
    return Range(**bounds)


class SpaceSection(Table, ABC):
    """``[search.search_space]`` of a search file: which space, and what else a space lets it choose.

    Attributes:
        name: of the space.
        place: the tables, one inside the other, that hold the data set and the choices.
        trained_epochs: lengths of the trainings that are known, the shortest first; empty: a file may name any.
        takes_own_data: whether the space is searched on images of a user's own too.
        lengths: those of them that there are for :attr:`trained_on`.
        truths: what a file may choose as ``truth``, to compare with; empty: it is decided by the data set.
    """

    place: ClassVar[tuple[str, ...]] = ()
    takes_own_data: ClassVar[bool] = False
    trained_epochs: ClassVar[tuple[int, ...]] = ()
    truths: ClassVar[tuple[str, ...]] = ()

    name: str

    @property
    @abstractmethod
    def data(self) -> str:
        """Name of the data set."""

    @property
    def names_data(self) -> bool:
        """Whether a file names the data set, rather than leave it to the images."""
        return "dataset" in self.model_fields_set

    def with_data(self, dataset: str) -> Self:
        """The section with another data set."""
        return self.model_copy(update={"dataset": dataset})

    @property
    def trained_on(self) -> str:
        """What the architectures' truth is of: the data set, unless networks are scored on other images."""
        return self.data

    @property
    def lengths(self) -> tuple[int, ...]:  # noqa: D102
        return self.trained_epochs

    @classmethod
    def data_in(cls, table: Mapping[str, Any]) -> str | None:
        """The data set that a table names, whatever else stands in it; None where it names none that is known."""
        named = table.get("dataset")
        return named if is_dataset_name(named) else None

    @property
    def narrowings(self) -> Mapping[str, Narrowing]:
        """The options of parameters that it keeps to, by name, where the space leaves that to every search."""
        return {}

    @property
    def chosen(self) -> Mapping[str, list[int]]:
        """What it chooses, by key: the numbers of options, or the sizes; empty for a space without choices."""
        return {}

    @classmethod
    def table_of(cls, table: Mapping[str, Any], dataset: str, chosen: Mapping[str, Sequence[object]]) -> dict[str, Any]:
        """The table of a section with another data set and other choices, not validated.

        Args:
            table: as it was; what is not chosen stays.
            dataset: name of the data set.
            chosen: by key, as :attr:`chosen`.
        """
        del chosen
        return {**table, "dataset": dataset}

    def check_metrics(self, measured: Sequence[str], ensembles: Sequence[str]) -> None:
        """Check that all architectures which the section allows have these metrics.

        Args:
            measured: costs that were measured on devices.
            ensembles: saved ensembles.

        Raises:
            ValueError: some have not; the message begins with the dotted key to change, from this section on.
        """

    def scale(self) -> tuple[object, ...]:
        """What the time that scoring takes depends on, beside the data set."""
        return (self.name,)

    def check_tabled(self) -> None:
        """Check that a table of the space's architectures has all that the section allows.

        Raises:
            UserError: it has not; the message says what tables are of.
        """

    def notices(self) -> list[str]:
        """What to say before a search begins, a line each."""
        return []


class DatasetSection(SpaceSection):
    """The section of a space without choices of its own: its name, and the data set of the images.

    ``dataset`` is a published data set or, for images of a user's own, any name; without one, theirs. ``parameters``
    keeps the search to some options of a parameter (``kernel = [3, 5]``), or to a range of a number
    (``width = {low = 8, high = 16}``).
    """

    takes_own_data: ClassVar[bool] = True

    dataset: str = "cifar10"
    parameters: dict[str, Annotated[Any, BeforeValidator(_as_narrowing)]] | None = None

    @field_validator("dataset")
    @classmethod
    def _known_dataset(cls, value: str) -> str:
        return check_dataset_name(value)

    @property
    def data(self) -> str:
        """Name of the data set."""
        return self.dataset

    @property
    def narrowings(self) -> Mapping[str, Narrowing]:
        """See :attr:`SpaceSection.narrowings`."""
        return self.parameters or {}

    def scale(self) -> tuple[object, ...]:
        """See :meth:`SpaceSection.scale`: the parameters that are narrowed may be those of the size."""
        return self.name, repr(sorted(self.narrowings.items()))


class SearchSpace(ABC):
    """A set of architectures that a search draws from.

    Attributes:
        name: identifier in search files and databases.
        version: raised whenever a key comes to mean another network, so that old scores are not taken for new ones.
        title: what pages call the space.
        words: what pages call its architectures.
        aliases: other names that search files may use.
        empty: what to say of options that leave nothing to score.
        indexed: what pages call the architectures that have an index, where variants of other sizes have none.
        notations: what :meth:`read` reads, in words.
        costs_help: what known sizes of its networks are of, in a sentence; "" where nothing is to be said.
        device_costs: what devices were measured with its networks, where its known costs have that.
        section: what a search file may say of the space.
        providers: by capability, ``module:class`` of what gives it; the class is made without arguments, or by its
            class method ``of_space(space)`` where it has one.
        image_size: side that images are resized to before networks of the space see them; None: as they are.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    title: ClassVar[str]
    words: ClassVar[Words] = WORDS
    aliases: ClassVar[tuple[str, ...]] = ()
    indexed: ClassVar[str] = "architecture with an index"
    notations: ClassVar[str] = "an architecture's key"
    empty: ClassVar[str] = "search_space: nothing of these choices can be scored; allow more"
    costs_help: ClassVar[str] = ""
    device_costs: ClassVar[Sequence[DeviceCost]] = ()
    section: ClassVar[type[SpaceSection]] = DatasetSection
    providers: ClassVar[Mapping[type, str]] = {}
    image_size: int | None = None

    @abstractmethod
    def suggest(self, trial: optuna.Trial) -> Architecture:
        """Draw an architecture through a trial, by its ``suggest_`` methods."""

    def parse(self, text: str) -> Architecture:
        """Read an architecture from its key.

        A space with keys of its own reads them itself. One of parameters is asked again for the architecture that has
        those of the text.

        Raises:
            UserError: the text is none of this space.
        """
        return proposed_again(self, ParameterArchitecture.parse(text, self.words.one))

    def read(self, text: str) -> Architecture:
        """Read an architecture that somebody typed, in any notation that the space knows.

        Raises:
            UserError: the text is none of this space, or can mean several.
        """
        return self.parse(text)

    @abstractmethod
    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        """The architecture's network for a task, with weights drawn from PyTorch's global generator."""

    def representative(self, architecture: Architecture) -> Architecture:
        """The architecture whose network is scored for all of a class."""
        return architecture

    def restricted(self, section: SpaceSection) -> Self:
        """The space that keeps to what a search file allows."""
        del section
        return self

    def attributes(self, architecture: Architecture) -> Mapping[str, Any]:
        """User attributes that a trial records beside the space and the architecture's key."""
        del architecture
        return {}

    def check_recorded(self, attributes: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Check what a trial that comes from elsewhere records of its architecture.

        Args:
            attributes: user attributes of the trial, "architecture" and those of :meth:`attributes` among them.
            params: its parameters.

        Raises:
            UserError: they do not fit together.
        """
        del params
        if (key := attributes.get("architecture")) is not None:
            self.parse(str(key))

    def label(self, architecture: Architecture) -> Label:
        """What tables call an architecture."""
        return architecture.key

    def at(self, label: Label) -> Architecture:
        """The architecture of a label.

        Raises:
            UserError: the label is none of this space.
        """
        return self.parse(str(label))

    def description(self, architecture: Architecture) -> str:
        """What an architecture computes, in a sentence; "" where the space says nothing of it."""
        return f"It cannot be scored: {architecture.invalid}." if architecture.invalid else ""

    def class_of(self, label: Label) -> Hashable | None:
        """What the architectures that compute the same function share; None for one that cannot be scored."""
        architecture = self.at(label)
        return None if architecture.invalid else architecture.class_key

    def has_class(self, class_key: str) -> bool:
        """Whether an architecture can have this class key."""
        return bool(class_key)

    def named(self, label: Label) -> str:
        """An architecture in a sentence, such as "cell 5115"."""
        return f"{self.words.one} {label}"
