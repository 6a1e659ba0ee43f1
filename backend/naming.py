"""Names and paths that come from data and people: safe to show, and safe to make files of."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

_JOINERS: Final = {"\u200c", "\u200d"}
"""Invisible, but Persian words and many emoji are written with them."""
_UNSEEN: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories: control characters, format characters (such as those that reverse text), lone surrogates."""
_LONGEST_FILE_NAME: Final = 150
"""Bytes; file systems allow 255, which leaves room for an ending and for what stands before the name."""
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)
_MARKED: Final = re.compile(r"~[0-9a-f]{8}$")


LONGEST_SHOWN: Final = 200
"""Characters of a name that are shown where it stands among others."""


def shortened(text: str, longest: int) -> str:
    """A text, or its beginning and an ellipsis where it is longer."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def visible(text: str) -> str:
    r"""Text with the characters that act instead of being seen escaped: ``\x1b``, ``\n``, ``\u202e``."""
    if text.isprintable():
        return text
    return "".join(_escaped(character) if _acts(character) else character for character in text)


def is_visible(text: str) -> bool:
    """Whether there is no character in it that acts instead of being seen."""
    return visible(text) == text


def file_name(name: str, *, marked: bool = True) -> str:
    """The name of a file or folder for something of any name: one path component on every file system.

    Names of any alphabet stay as they are.

    Args:
        name: of the thing.
        marked: whether a name that has to change gets a part of its hash as an end, so that two different names never
            share a file.

    >>> file_name("a/b", marked=False)
    'a_b'
    """
    safe = unicodedata.normalize("NFC", name.encode(errors="replace").decode())
    safe = "".join("_" if _acts(character) or character in '/\\:*?"<>|' else character for character in safe)
    safe = re.sub(r"^[.\s-]", "_", safe)
    safe = re.sub(r"[.\s]$", "_", safe)
    if not safe or _RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    safe = safe.encode()[:_LONGEST_FILE_NAME].decode(errors="ignore")
    if not marked or (safe == name and not is_marked(name)):
        return safe
    return f"{safe}~{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def is_marked(name: str) -> bool:
    """Whether a name ends as those that :func:`file_name` has changed."""
    return _MARKED.search(name) is not None


def _acts(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character not in _JOINERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", errors="surrogatepass").decode("ascii")


def local_path(text: str | Path) -> Path:
    """A path with the home folder in the place of a leading ``~``: a shell leaves it in ``--option=~/file``."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        # No such account, so that it is a name like any other.
        return path


def sqlite_uri(path: Path, **options: str | int) -> str:
    """The address of a SQLite file as SQLite itself reads it, with options such as ``mode="ro"``."""
    return f"{path.absolute().as_uri()}?{urlencode(options)}"
