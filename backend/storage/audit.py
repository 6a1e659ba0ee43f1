"""Who did what, kept in the study database: a line a launch, stop, resume, rename, deletion, import or training.

The lines stay when their study is deleted.
"""

import getpass
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, insert, select

from backend.storage.database import Database
from backend.storage.schema import audit

Action = Literal["launch", "stop", "resume", "rename", "delete", "import", "train"]


@dataclass(frozen=True)
class Entry:
    """One line.

    Attributes:
        time: when (UTC).
        who: the person who was signed in, or the account and machine that it was done from.
        via: "page" or "command line".
        action: what was done.
        study: to which study, by its name at that time.
        detail: more of it, such as a new name; "" where there is no more to say.
    """

    time: datetime
    who: str
    via: str
    action: str
    study: str
    detail: str


def record(database: Database, action: Action, study: str, detail: str = "") -> None:
    """Add a line; who did it is the database's ``actor``."""
    with database.begin() as connection:
        write(connection, database, action, study, detail)


def write(connection: Connection, database: Database, action: Action, study: str, detail: str = "") -> None:
    """Add a line as :func:`record`, in the transaction that does what it tells."""
    now = datetime.now(UTC).replace(tzinfo=None)
    who = database.actor or f"{_account()}@{socket.gethostname()}"
    row = {"time": now, "who": who, "via": database.via, "action": action, "study": study, "detail": detail}
    connection.execute(insert(audit).values(row))


def entries(database: Database, last: int = 200) -> list[Entry]:
    """The last lines, the newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(last)
    with database.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    texts = ("who", "via", "action", "study", "detail")
    return [Entry(row["time"].replace(tzinfo=UTC), *(row[name] for name in texts)) for row in rows]


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
