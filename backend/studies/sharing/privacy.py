"""What a file that leaves this machine does not say of it."""

import re
from typing import Final

_PASSWORD: Final = re.compile(r"(?<=://)[^\s/@]+@")
_PATH: Final = re.compile(r"(?<![\w:/.~|…])~?/(?:[^\s/'\"]+/)+([^\s/'\"]*)")


def without_places(text: str) -> str:
    """A text without the folders of absolute paths, and without users and passwords in URLs."""
    return _PATH.sub(r"…/\1", _PASSWORD.sub("", text))
