"""Opens a file for import, once everything in it has been checked."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.errors import UserError
from backend.sharing.inspection.file import LARGEST_FILE, BadFileError, copy_privately, guarded
from backend.sharing.inspection.rows import check_meaning
from backend.sharing.inspection.schema import check_schema, check_values
from backend.sharing.source import Source, connected
from backend.storage.optuna_internals.tables import table_revisions

__all__ = ["LARGEST_FILE", "opened_file"]


@contextmanager
def opened_file(path: Path, called: str | None = None) -> Iterator[Source]:
    """Open a file that somebody sent: one that was exported, a whole study database, or one of plain Optuna.

    It is copied to a temporary file, so that nothing changes it, and checked whole before anything of it is used.

    Args:
        path: of the file.
        called: what a user calls the file; None takes the path.

    Raises:
        UserError: it cannot be read, is no study database, or holds anything that no such database does.
    """
    name = called or str(path)
    with TemporaryDirectory(prefix="proxyscope-") as folder, ExitStack() as stack:
        try:
            copy = Path(folder) / "file.db"
            copy_privately(path, copy)
            raw = stack.enter_context(guarded(copy))
            found = check_schema(raw, table_revisions()[-1])
            for table in found:
                check_values(raw, table)
            check_meaning(raw, found)
        except BadFileError as error:
            raise UserError(f"{name} cannot be imported: {error}") from None
        except OSError as error:
            raise UserError(f"{name} cannot be read: {error.strerror or error}") from None
        except (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError) as error:
            raise UserError(f"{name} cannot be imported: {_damage(error)}") from None
        # Whoever looks at what is in it may take their time.
        raw.set_progress_handler(None, 0)
        yield stack.enter_context(connected(raw, live=False))


def _damage(error: Exception) -> str:
    if isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error):
        return "checking it takes too long"
    if isinstance(error, sqlite3.DataError) and "too big" in str(error):
        return "it holds a value that is too large"
    return "it is damaged; have it sent again"
