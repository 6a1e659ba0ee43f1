"""What a list of studies shows of a stored search file, whatever stands in it.

The file is read by the models that a launch reads it by. What they refuse is said in one line, and what each of the
shown fields holds is still read by itself: a file of another version keeps its data set in the list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from backend.config.model import SearchConfig
from backend.config.sections import NAMES_ALONE, SearchSetup, section_of
from backend.config.toml_text import LARGEST, parse_toml
from backend.errors import ConfigError, UserError
from backend.spaces import registry

_SPACE: Final = ("search", "search_space")
_SETUP: Final = ("search", "strategy", "setup")
_LONGEST_PROBLEM: Final = 300


@dataclass(frozen=True)
class Headline:
    """What is shown of a search file.

    Attributes:
        space: name of the search space; None where the file does not say it in a way that can be read.
        dataset: of the search; as above.
        trained_on: what the truth beside the scores is of; as above.
        sampler: as above.
        seed: as above.
        constraints: bounds on hardware metrics, as a search file says them.
        problem: why the file is not valid, in one line; "" where it is. Names of proxies are not checked.
    """

    space: str | None = None
    dataset: str | None = None
    trained_on: str | None = None
    sampler: str | None = None
    seed: int | None = None
    constraints: tuple[str, ...] = ()
    problem: str = ""


def read_headline(text: str) -> Headline:
    """Read a stored search file without PyTorch; no text makes this fail."""
    # What is past the bound is refused all the same, and not held.
    return _read(text[: LARGEST + 1])


@lru_cache(maxsize=1_000)
def _read(text: str) -> Headline:
    if not text.strip():
        return Headline(problem="it is empty, or no text")
    try:
        tables = parse_toml(text, "it")
    except ConfigError as error:
        return Headline(problem=_short(str(error)))
    try:
        config = SearchConfig.from_mapping(tables, names_alone=True)
    except ConfigError as error:
        setup = _at(tables, _SETUP)
        return Headline(
            space=_space(_at(tables, _SPACE)),
            dataset=(dataset := section_of(tables.get("search")).data_in(_at(tables, _SPACE))),
            trained_on=dataset,
            sampler=_field(SearchSetup, setup, "sampler"),
            seed=_field(SearchSetup, setup, "seed"),
            constraints=tuple(map(str, _field(SearchSetup, setup, "constraints") or ())),
            problem=_short(str(error)),
        )
    space = registry.get(config.search_space.name).name
    return Headline(
        space,
        config.dataset,
        config.trained_on,
        config.setup.sampler,
        config.setup.seed,
        tuple(map(str, config.constraints)),
    )


def _space(table: Mapping[str, Any]) -> str | None:
    """The space that a table names, whether or not it is installed here."""
    name = table.get("name", registry.DEFAULT)
    try:
        return registry.get(name).name
    except UserError:
        return name if isinstance(name, str) else None


def _field(model: type[BaseModel], table: Mapping[str, Any], name: str) -> Any:
    """One field of a table, as its model reads it; None where it is not there, or not valid."""
    if name not in table:
        return None
    try:
        return getattr(model.model_validate({name: table[name]}, context=NAMES_ALONE), name)
    except ValidationError:
        return None


def _at(tables: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    """The table at a path; an empty one where there is none."""
    for name in path:
        tables = tables.get(name) if isinstance(tables, dict) else None
    return tables if isinstance(tables, dict) else {}


def _short(problem: str) -> str:
    """A problem on one line that a list has room for, with nothing in it that a terminal would act on."""
    line = "".join(character if character.isprintable() else " " for character in problem)
    return line if len(line) <= _LONGEST_PROBLEM else f"{line[:_LONGEST_PROBLEM]}…"
