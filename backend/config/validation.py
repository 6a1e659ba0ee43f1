"""Turns pydantic's errors into lines that name the TOML key and what is valid."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

_LONGEST_SHOWN = 100
"""Characters of a value in a message."""
_WORDS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text in quotes",
    "list_type": "a list, such as [1, 2]",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "greater_than": "above {gt}",
    "less_than": "below {lt}",
    "literal_error": "{expected}",
}
"""What is valid, by pydantic's kind of problem."""


def problems_of(
    error: ValidationError, model: type[BaseModel], root: str, parts: Mapping[str, type[BaseModel]]
) -> list[tuple[str, str]]:
    """One ``(dotted key, message)`` for each problem of a validation, in the order of the file.

    Args:
        error: what pydantic raised.
        model: the model that was validated, for the keys that are known at a place.
        root: the key under which the model stands in the file.
        parts: by key of the model, the model of its table where that depends on what the table says.
    """
    problems = []
    for item in error.errors():
        field, message = _dotted(root, item["loc"]), _message(item, model, parts)
        # A check of a whole table names the key that is wrong, or its path from there, in front of its message.
        key, colon, rest = message.partition(": ")
        if item["type"] == "value_error" and colon and key.split(".")[0] in _keys_at(model, item["loc"], parts):
            field, message = f"{field}.{key}", rest
        problems.append((field, message))
    return problems


def _dotted(root: str, location: tuple[int | str, ...]) -> str:
    key = root
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}"
    return key


def shown_key(key: str) -> str:
    """A key of a file in a message: as it is, or short and quoted where it could not stand in a line."""
    return key if key.isprintable() and len(key) <= _LONGEST_SHOWN else _shortened(key)


def _shortened(value: object) -> str:
    """A value of a file in a message, on one line."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _message(item: Any, model: type[BaseModel], parts: Mapping[str, type[BaseModel]]) -> str:
    location, given = item["loc"], item.get("input")
    shown = _shortened(given)
    match item["type"]:
        case "extra_forbidden":
            known = ", ".join(_keys_at(model, location[:-1], parts))
            return f"unknown key; known here: {known}"
        case "missing":
            return "this table or key is missing"
        case "too_short":
            return "the list is empty; give at least one choice"
        case "too_long":
            return f"{shown} has more than one entry; one study searches one {location[-1]}"
        case "string_pattern_mismatch" if location[-1] == "device":
            return f"unknown device {shown}; auto, cpu, cuda, cuda:N or mps"
        case "int_type" | "float_type" | "string_type" | "bool_type" | "list_type" if given is None:
            return "this field is empty; give a value"
        case "string_too_short":
            return "this text is empty; give a value"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"should be a table (got {shown})"
        case "value_error":
            return str(item["ctx"]["error"])
        case kind if kind in _WORDS:
            limits = {name: f"{v:g}" if isinstance(v, float) else v for name, v in item.get("ctx", {}).items()}
            return f"should be {_WORDS[kind].format(**limits)} (got {shown})"
        case _:
            text = re.sub(r"^Input should be ", "should be ", item["msg"])
            return f"{text} (got {shown})"


def _keys_at(
    model: type[BaseModel], location: tuple[int | str, ...], parts: Mapping[str, type[BaseModel]]
) -> list[str]:
    """Keys known in the table at a location, walking the fields' types (``X``, ``X | None``, ``dict[str, X]``)."""
    for depth, part in enumerate(location):
        if depth == 0 and part in parts:
            model = parts[str(part)]
        elif part in model.model_fields:
            annotation: Any = model.model_fields[str(part)].annotation
            candidates = [annotation, *get_args(annotation)]
            model = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), model)
    return list(model.model_fields)
