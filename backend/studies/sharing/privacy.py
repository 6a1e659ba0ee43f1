"""What is not said of this machine, and of who has which database, where others read it."""

import re
from pathlib import PurePath
from typing import Final

from sqlalchemy import make_url

from backend.studies.database import Database

_PASSWORD: Final = re.compile(r"(?<=://)[^\s/@]+@")
_PATH: Final = re.compile(r"(?<![\w:/.~|…])~?/(?:[^\s/'\"]+/)+([^\s/'\"]*)")


def without_places(text: str) -> str:
    """A text without the folders of absolute paths, and without users and passwords in URLs."""
    return _PATH.sub(r"…/\1", _PASSWORD.sub("", text))


def place_of(database: Database) -> str:
    """Where a database is: the name of its file, or server and name; no folder, user or password."""
    url = make_url(database.url)
    if url.get_backend_name() == "sqlite":
        return PurePath(url.database or "").name
    return f"{url.host or 'localhost'}/{url.database}"
