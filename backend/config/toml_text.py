"""Reads the text of a search file into tables, bounded before it is parsed.

``tomllib`` takes memory that grows with the square of a dotted key's length, and recurses into nested arrays: 40 kB can
take 1.5 GB. This is the one module that calls it. A scan in linear time comes first, and refuses what no search file
is like.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from backend.errors import ConfigError

LARGEST: Final = 256 * 1024
"""Characters of a text, and bytes of a file."""
DEEPEST: Final = 32
"""Parts of a dotted key, and levels of nested arrays and inline tables."""
MOST_KEYS: Final = 2_000
"""Parts of all keys, arrays and tables together."""

_BYTE_ORDER_MARK: Final = "\ufeff"
# Comments and strings hold nothing that counts. Where a string is never closed tomllib stops, and so does the scan;
# possessive quantifiers keep each step linear.
_TOKENS: Final = re.compile(
    r"""
    (?P<passed> \#[^\n]*+
        | \"{3}(?:\\.|"{1,2}(?!")|[^"\\])*+"{3,5} | '{3}(?:'{1,2}(?!')|[^'])*+'{3,5}
        | "(?!"")(?:\\.|[^"\\\n])*+" | '(?!'')[^'\n]*+' )
    | (?P<unclosed> ["'] )
    | (?P<opens> [\[{] ) | (?P<closes> [\]}] ) | (?P<dot> \. ) | (?P<ends> [=,\n] )
    """,
    re.VERBOSE | re.DOTALL,
)


class ExcessiveTomlError(ConfigError):
    """A text that is larger, or nested deeper, than any search file: it is not parsed."""


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """Parse TOML within bounds; a byte order mark in front is passed over.

    Args:
        text: of a file.
        source: what a user calls it.

    Raises:
        ExcessiveTomlError: it is too large, nested too deeply, or has too many keys.
        ConfigError: it is no TOML.
    """
    if len(text) > LARGEST:
        raise _too_large(source)
    text = text.removeprefix(_BYTE_ORDER_MARK)
    if problem := _excess(text):
        raise ExcessiveTomlError([("", f"{source} is not a search file: {problem}")])
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError alone: a number with too many digits
        raise ConfigError([("", f"{source} is not valid TOML: {error}")]) from None


def decode_toml(content: bytes, source: str) -> str:
    """The text of a file's content.

    Raises:
        ConfigError: it is too large, or not UTF-8.
    """
    if len(content) > LARGEST:
        raise _too_large(source)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError([("", f"{source} is not valid TOML: it is not UTF-8 text")]) from None


def read_toml(path: Path) -> str:
    """The text of a file; no more of it is read than a search file has.

    Raises:
        ConfigError: it cannot be read, is too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError([("", f"cannot read {path}: {error.strerror}")]) from None
    return decode_toml(content, str(path))


def _too_large(source: str) -> ExcessiveTomlError:
    return ExcessiveTomlError([("", f"{source} is not a search file: it is larger than {LARGEST // 1024} kB")])


def _excess(text: str) -> str:
    """Which bound the text is past; "" where it keeps all of them."""
    depth = parts = keys = 0
    for token in _TOKENS.finditer(text):
        match token.lastgroup:
            case "unclosed":
                break
            case "opens":
                depth, parts, keys = depth + 1, 0, keys + 1
            case "closes":
                depth, parts = max(depth - 1, 0), 0
            case "dot":
                parts, keys = parts + 1, keys + 1
            case "ends":
                parts, keys = 0, keys + (token[0] == "=")
        if depth > DEEPEST or parts >= DEEPEST:
            return f"it has keys nested deeper than {DEEPEST} levels"
        if keys > MOST_KEYS:
            return f"it has more than {MOST_KEYS:,} keys"
    return ""
