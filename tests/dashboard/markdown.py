"""What a reader sees of a text that a page escaped."""

import re


def as_read(markdown: str) -> str:
    """Markdown of plain text as the page shows it."""
    return re.sub(r":color\[\\(.)\]", r"\1", markdown).replace("\\", "")
