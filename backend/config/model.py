"""The configuration of a search: the TOML of a search file as pydantic models.

The sections mirror the file's, key for key, so that the form of the dashboard, the command line and a file all speak
of one model: ``SearchConfig.from_toml(text)``, ``config.to_toml()``. What a file leaves out has a default; what it
contradicts is settled in :mod:`backend.config.advice`, and said.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import tomli_w
from pydantic import Field, ValidationError, model_validator

from backend import costs as hardware
from backend.config.sections import (
    NAMES_ALONE,
    RunnerName,
    SearchSetup,
    SoftwareRunners,
    SpaceTable,
    StrategySection,
    ZeroCostRunner,
    section_of,
)
from backend.config.toml_text import parse_toml, read_toml
from backend.config.validation import problems_of, shown_key
from backend.costs.constraints import Constraint
from backend.datasets.info import DATASETS, OwnSource
from backend.errors import ConfigError, UserError
from backend.spaces import registry
from backend.spaces.base import SearchSpace, Table
from backend.spaces.capabilities import HasTruth, capability
from backend.spaces.narrowing import narrowed


class SearchConfig(Table):
    """A whole search file (its ``[search]`` table)."""

    search_space: SpaceTable = Field(default_factory=lambda: registry.get().section.model_validate({}))
    strategy: StrategySection
    sw_runner: RunnerName = RunnerName()

    @model_validator(mode="after")
    def _has_images_of_its_data(self) -> Self:
        """A published data set has its own images; a user's own images have a name that is none of theirs."""
        images, section = self.runner.images, self.search_space
        place = ".".join(("search_space", *section.place, "dataset"))
        key = "strategy.sw_runner.zero_cost.images"
        try:
            own = OwnSource.parse(images)
        except UserError as error:
            raise ValueError(f"{key}: {error}") from None
        if own is None:
            if section.data not in DATASETS:
                valid = f"valid are {', '.join(DATASETS)}; any name with images of your own, such as folder:PATH"
                raise ValueError(f"{place}: {section.data!r} is no published data set; {valid}")
            return self
        if not section.takes_own_data:
            title = registry.get(section.name).title
            said = f"{title} is searched on published data sets alone; valid: bundled, random, or the folder of one"
            raise ValueError(f"{key}: {images!r} names images of your own, and {said}")
        if not section.names_data:
            section = self.search_space = section.with_data(own.name)
        known = capability(registry.get(section.name), HasTruth)
        if section.data in {*DATASETS, *(known.datasets if known else ())}:
            said = f"{section.data!r} is a published data set, and the images are your own ({images[:100]})"
            raise ValueError(f"{place}: {said}; give their name, such as {own.name!r}")
        return self

    @model_validator(mode="after")
    def _has_metrics_everywhere(self) -> Self:
        measured = [name for name in self.strategy.hw_runner.costs if hardware.get(name).measured]
        try:
            self.search_space.check_metrics(measured, self.ensemble_metrics)
        except ValueError as error:
            raise ValueError(f"search_space.{error}") from None
        return self

    @model_validator(mode="after")
    def _has_a_known_training(self) -> Self:
        known, runner = self.search_space.lengths, self.runner
        if known and runner.nasbench_epochs not in known:
            if "nasbench_epochs" in runner.model_fields_set:
                said = f"{self.search_space.name} was not trained for {runner.nasbench_epochs} epochs"
                raise ValueError(
                    f"strategy.sw_runner.zero_cost.nasbench_epochs: {said}; valid: {', '.join(map(str, known))}"
                )
            longest = runner.model_copy(update={"nasbench_epochs": known[-1]})
            self.strategy = self.strategy.model_copy(update={"sw_runner": SoftwareRunners(zero_cost=longest)})
        return self

    @classmethod
    def from_mapping(cls, tables: Mapping[str, Any], *, names_alone: bool = False) -> Self:
        """Validate parsed TOML tables, those under ``[search]`` included.

        Args:
            tables: of the file.
            names_alone: whether any name may stand for a proxy: nothing loads PyTorch then.

        Raises:
            ConfigError: a key or value is wrong; the message names the dotted key and what is valid.
        """
        if "search" not in tables:
            raise ConfigError([("search", "this table is missing; a search file begins with [search.search_space]")])
        if unknown := sorted(set(tables) - {"search"}):
            raise ConfigError(
                [(shown_key(unknown[0]), "unknown table; all tables of a search file begin with 'search.'")]
            )
        try:
            return cls.model_validate(tables["search"], context=NAMES_ALONE if names_alone else None)
        except ValidationError as error:
            parts = {"search_space": section_of(tables["search"])}
            raise ConfigError(problems_of(error, cls, "search", parts)) from None

    @classmethod
    def from_toml(cls, text: str, source: str = "the TOML text") -> Self:
        """Parse and validate a search file's text.

        Raises:
            ConfigError: as :meth:`from_mapping`, and for text that is no TOML.
        """
        return cls.from_mapping(parse_toml(text, source))

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a search file.

        Raises:
            ConfigError: as :meth:`from_toml`, and for a file that cannot be read.
        """
        return cls.from_toml(read_toml(path), source=str(path))

    def to_toml(self) -> str:
        """The search file of this configuration; parsing it gives an equal configuration."""
        return tomli_w.dumps({"search": self.model_dump(exclude_none=True)})

    def with_trials(self, trials: int) -> Self:
        """The same search with another number of trials.

        Raises:
            ConfigError: the number is below 1.
        """
        tables = self.model_dump(exclude_none=True)
        tables["strategy"]["setup"]["n_trials"] = trials
        return self.from_mapping({"search": tables})

    def with_proxies(self, names: Iterable[str]) -> Self:
        """The same search with these proxies in the runner's list too."""
        tables = self.model_dump(exclude_none=True)
        listed = tables["strategy"]["sw_runner"]["zero_cost"]["metrics"]
        listed += [name for name in dict.fromkeys(names) if name not in self.proxy_names]
        return self.from_mapping({"search": tables})

    def with_seed(self, seed: int) -> Self:
        """The same search with another seed.

        Raises:
            ConfigError: the number is no seed.
        """
        tables = self.model_dump(exclude_none=True)
        tables["strategy"]["setup"]["seed"] = seed
        return self.from_mapping({"search": tables})

    @property
    def space(self) -> SearchSpace:
        """The search space, restricted to what the file allows.

        Raises:
            UserError: it is not installed here.
        """
        space = registry.get(self.search_space.name).restricted(self.search_space)
        return narrowed(space, self.search_space.narrowings)

    @property
    def dataset(self) -> str:
        """The one data set of the study, whose images are scored on."""
        return self.search_space.data

    @property
    def trained_on(self) -> str:
        """What the truth beside the scores is of: that data set, or a task that the file chooses."""
        return self.search_space.trained_on

    @property
    def setup(self) -> SearchSetup:
        """Sampler and budget."""
        return self.strategy.setup

    @property
    def runner(self) -> ZeroCostRunner:
        """Proxies, images and device."""
        return self.strategy.sw_runner.zero_cost

    @property
    def split(self) -> Literal["train", "val"]:
        """The split that ``data_loader`` names."""
        return "train" if self.runner.data_loader == "train_dataloader" else "val"

    @property
    def hardware_metrics(self) -> list[str]:
        """Hardware metrics to record."""
        return self.strategy.hardware_metrics

    @property
    def ensemble_metrics(self) -> list[str]:
        """Metrics that are saved ensembles."""
        return self.strategy.ensemble_metrics

    @property
    def ensemble_objectives(self) -> list[str]:
        """Those of them that are optimised, not recorded alone."""
        return [name for name in self.ensemble_metrics if self.strategy.metrics[name].scale]

    @property
    def proxy_names(self) -> list[str]:
        """Proxies to compute."""
        return self.strategy.proxy_names

    @property
    def constraints(self) -> list[Constraint]:
        """Bounds on hardware metrics that an architecture has to keep."""
        return self.setup.constraints
