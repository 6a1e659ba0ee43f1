"""What ProxyScope itself keeps in a study: of the kinds that its pages and its runner read."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

from optuna.distributions import BaseDistribution, json_to_distribution
from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from backend.config.headline import read_headline
from backend.config.toml_text import ExcessiveTomlError, parse_toml
from backend.errors import UserError
from backend.sharing.inspection.attributes import read_json
from backend.sharing.inspection.file import BadFileError
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.studies.recipes import Recipe, parse_curve
from backend.studies.summaries import CONFIG, KEPT
from backend.studies.trials import (
    ARCH,
    ARCHITECTURE,
    BREAKS,
    DISCONNECTED,
    HARDWARE,
    INDEX,
    KNOWN,
    REASON,
    REPEAT_OF,
    SCALED,
    SECONDS,
    SOFTWARE,
    SPACE,
    TRUTH,
)

_STRICT: Final = ConfigDict(strict=True, allow_inf_nan=False)
_LONGEST_PLACE: Final = 100
_DIGEST: Final = 64
_LEFT_OUT: Final = "…/"
_MOST_PERCENT: Final = 100.0
_LARGEST_WHOLE: Final = 2**53


def _as_held(value: Any) -> Any:
    if type(value) is int and abs(value) > _LARGEST_WHOLE:
        raise ValueError(f"is a whole number of {len(str(abs(value)))} digits, more than a float holds")
    return value


_Number = Annotated[float, BeforeValidator(_as_held)]
_Numbers = dict[str, _Number | None]
_Index = Annotated[int, Field(ge=0, le=_LARGEST_WHOLE)]
_KINDS: Final[dict[str, TypeAdapter[Any]]] = {
    SPACE: TypeAdapter(str, config=_STRICT),
    ARCHITECTURE: TypeAdapter(str, config=_STRICT),
    ARCH: TypeAdapter(str, config=_STRICT),
    INDEX: TypeAdapter(_Index, config=_STRICT),
    SOFTWARE: TypeAdapter(_Numbers, config=_STRICT),
    HARDWARE: TypeAdapter(_Numbers, config=_STRICT),
    SCALED: TypeAdapter(_Numbers, config=_STRICT),
    TRUTH: TypeAdapter(dict[str, _Numbers] | None, config=_STRICT),
    SECONDS: TypeAdapter(_Number, config=_STRICT),
    REPEAT_OF: TypeAdapter(int, config=_STRICT),
    DISCONNECTED: TypeAdapter(bool, config=_STRICT),
    KNOWN: TypeAdapter(bool, config=_STRICT),
    BREAKS: TypeAdapter(str, config=_STRICT),
    REASON: TypeAdapter(str, config=_STRICT),
}
_ENSEMBLES: Final = TypeAdapter(dict[str, dict[str, Any]], config=_STRICT)
_OWN_STUDIES: Final = f"SELECT study_id FROM study_user_attributes WHERE key = '{CONFIG}'"
_OWN_TRIALS: Final = f"SELECT trial_id FROM trials WHERE study_id IN ({_OWN_STUDIES})"


def check_own_studies(connection: sqlite3.Connection) -> None:
    """Check the studies that ProxyScope has made; the attributes of others mean nothing to it.

    Raises:
        BadFileError: an attribute is of another kind than the one that is read.
    """
    _check_configurations(connection)
    for (text,) in connection.execute(f"SELECT value_json FROM study_system_attributes WHERE key = '{KEPT}'"):
        _check_kind(KEPT, _ENSEMBLES, json.loads(text))
    _check_trials(connection)


def check_ensembles(connection: sqlite3.Connection) -> None:
    """Check the saved ensembles, by making each fit again; those that cannot be used here are never copied.

    Raises:
        BadFileError: one is none.
    """
    # What ensembles need is slow to load.
    from backend.ensembles.kept import SavedEnsemble, not_usable  # noqa: PLC0415

    for name, text in connection.execute("SELECT name, content FROM proxyscope_ensembles"):
        content = read_json(text)
        try:
            if not not_usable(content):
                SavedEnsemble.from_json(content | {"name": "any"})
        except UserError as error:
            raise BadFileError(f"its ensemble {name[:50]!r}: {error}") from None
        except Exception as error:  # from deep within the libraries that make the fit
            raise BadFileError(f"its ensemble {name[:50]!r} cannot be fitted again") from error


def check_trainings(connection: sqlite3.Connection) -> None:
    """Check what architectures were trained by, and what was measured.

    Raises:
        BadFileError: a recipe or a curve is none, or an architecture is none of its study's space.
    """
    query = "SELECT architecture, recipe, recipe_digest, epochs, done, curve, value, study_id FROM proxyscope_trainings"
    spaces = _spaces(connection)
    for key, text, digest, epochs, done, curve_text, value, study_id in connection.execute(query):
        which = f"its training of {key[:50]!r}"
        read_json(text)
        read_json(curve_text)
        try:
            recipe, curve = Recipe.parse(text), parse_curve(curve_text)
        except ValueError as error:
            said = str(error).splitlines()[0] if isinstance(error, UserError) else "its curve is none"
            raise BadFileError(f"{which}: {said}") from None
        # A copy does not say in which folder the images were.
        fits = recipe.digest == digest or (_LEFT_OUT in recipe.images and len(digest) == _DIGEST)
        if not fits or recipe.epochs != epochs or len(curve) != done:
            raise BadFileError(f"{which}: its recipe, its curve and its numbers do not fit together")
        if value is not None and not recipe.function and not 0 <= value <= _MOST_PERCENT:
            raise BadFileError(f"{which}: {value} is no accuracy in percent")
        if (space := spaces.get(study_id)) is not None:
            try:
                space.parse(key)
            except UserError as error:
                raise BadFileError(f"{which}: {error}") from None


def _spaces(connection: sqlite3.Connection) -> dict[int, SearchSpace]:
    """The bundled spaces that studies search, by study."""
    found = {}
    query = f"SELECT study_id, value_json FROM study_user_attributes WHERE key = '{CONFIG}'"
    for study_id, text in connection.execute(query):
        name = read_headline(json.loads(text)).space
        if name is not None and (space := registry.bundled(name)) is not None:
            found[study_id] = space
    return found


def _check_configurations(connection: sqlite3.Connection) -> None:
    query = f"SELECT value_json FROM study_user_attributes WHERE key = '{CONFIG}'"
    for (text,) in connection.execute(query):
        content = json.loads(text)
        if not isinstance(content, str) or not content:
            raise BadFileError("a study's search file is no text")
        try:
            parse_toml(content, "a study's search file")
        except ExcessiveTomlError as error:
            raise BadFileError(str(error)) from None
        except UserError:
            continue  # not valid, which what would come of the import says


def _check_trials(connection: sqlite3.Connection) -> None:
    attributes = defaultdict[int, dict[str, Any]](dict)
    keys = ", ".join(f"'{key}'" for key in _KINDS)
    query = "SELECT trial_id, key, value_json FROM trial_user_attributes"
    for trial, key, text in connection.execute(f"{query} WHERE key IN ({keys}) AND trial_id IN ({_OWN_TRIALS})"):
        value = json.loads(text)
        _check_kind(key, _KINDS[key], value)
        attributes[trial][key] = value
    params = _parameters(connection)
    for trial, found in attributes.items():
        if (space := registry.bundled(found.get(SPACE, registry.DEFAULT))) is not None:
            try:
                space.check_recorded(found, params[trial])
            except UserError as error:
                raise BadFileError(str(error)) from None


def _parameters(connection: sqlite3.Connection) -> Mapping[int, dict[str, Any]]:
    """Parameters by trial."""
    found = defaultdict[int, dict[str, Any]](dict)
    query = "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params"
    for trial, name, value, text in connection.execute(f"{query} WHERE trial_id IN ({_OWN_TRIALS})"):
        found[trial][name] = _distribution(text).to_external_repr(value)
    return found


@lru_cache(maxsize=1_000)
def _distribution(text: str) -> BaseDistribution:
    return json_to_distribution(text)


def _check_kind(key: str, kind: TypeAdapter[Any], value: Any) -> None:
    try:
        kind.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (key, *first["loc"])))[:_LONGEST_PLACE]
        words = first["ctx"]["error"] if first["type"] == "value_error" else first["msg"].removeprefix("Input ")
        raise BadFileError(f"an attribute {place!r} is not what ProxyScope keeps there: it {words}") from None
