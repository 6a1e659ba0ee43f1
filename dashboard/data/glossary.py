"""The terms of the field, from the file that the documentation shows too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from backend.errors import UserError

GLOSSARY: Final = Path(__file__).parents[2] / "docs" / "glossary.md"
_HEADING: Final = re.compile(r"^(#{2,3}) (.+)$", re.MULTILINE)


def glossary() -> dict[str, dict[str, str]]:
    """What each term means, by section and term, in the order of the file.

    Raises:
        UserError: the file is missing.
    """
    try:
        text = GLOSSARY.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"glossary: {GLOSSARY} cannot be read: {error.strerror}") from None
    sections: dict[str, dict[str, str]] = {}
    _, *parts = _HEADING.split(text)
    for level, title, words in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if level == "##":
            sections[title] = {}
        else:
            sections[list(sections)[-1]][title] = " ".join(words.split())
    return sections
