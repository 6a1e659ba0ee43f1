"""A piece of disk that a run sets aside beside a SQLite file, so that one that has filled the disk can still say so."""

import os
from pathlib import Path

from sqlalchemy import make_url

from backend.studies.database import Database

_BYTES = 256 * 1024
"""SQLite writes whole pages: the end of a run and the last lines of its log are some dozens of them."""


class Reserve:
    """The reserve of one run; nothing where the database is no file.

    Args:
        database: where the run is.
        study_id: of the run.
    """

    def __init__(self, database: Database, study_id: int) -> None:
        url = make_url(database.url)
        is_file = url.get_backend_name() == "sqlite"
        self._file = Path(f"{url.database}-reserve-{study_id}") if is_file else None

    def set_aside(self) -> None:
        """Take the room; where there is none left, the run does without."""
        if self._file is None:
            return
        try:
            # Noise: file systems that compress would store zeros in no room at all.
            self._file.write_bytes(os.urandom(_BYTES))
        except OSError:
            self.give_back()

    def give_back(self) -> None:
        """Give the room to whoever writes next."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
