"""Copies chosen studies into a database: each whole or not at all, and none twice."""

from collections.abc import Callable, Container, Iterable
from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from backend.errors import StorageError, UserError
from backend.sharing.contents import SharedStudy
from backend.sharing.copying import Copied, copy_study
from backend.sharing.extras import left_out
from backend.sharing.preview import arrivals_at
from backend.sharing.source import Source
from backend.storage import audit
from backend.storage.database import Database

_LOCK: Final = 0x50785363
"""Number of the lock that a server keeps for those who copy."""


def copy_studies(
    source: Source,
    database: Database,
    studies: Iterable[SharedStudy],
    words: Callable[[str], str] = str,
    *,
    with_scores: bool = True,
    without: Container[str] = (),
    progress: Callable[[int], None] = lambda _: None,
    note: Callable[[Connection, Copied], None] = lambda *_: None,
) -> list[Copied]:
    """Copy studies into a database; those that are there just as they are are passed over.

    Args:
        source: where they are.
        database: where they are to be; nothing that it holds is changed.
        studies: of the source's contents.
        words: what is done to texts that say where things are.
        with_scores: whether the stored scores of their architectures come too.
        without: names of saved ensembles that stay behind.
        progress: called now and then with how many trials more have been dealt with.
        note: called with each study that was copied, in its transaction.

    Returns:
        What was copied, in the order of the studies.

    Raises:
        UserError: a study cannot be copied; then nothing of it is there, and those before it are.
        StorageError: the database cannot be written.
    """
    database.prepare()
    copied = []
    try:
        for study in studies:
            with database.begin() as target:
                _keep_others_out(target)
                (arrival,) = arrivals_at([study], target)
                if arrival.status == "here":
                    progress(study.summary.trials)
                    continue
                done = copy_study(
                    source,
                    target,
                    study,
                    arrival.name,
                    words,
                    with_scores=with_scores,
                    without=without,
                    progress=progress,
                )
                note(target, done)
            copied.append(done)
    except (IntegrityError, DataError) as error:
        raise UserError(f"study: {study.name!r} holds rows that no database takes: {_reason(error)}") from None
    except SQLAlchemyError as error:
        raise StorageError(f"storage: cannot copy into {database}: {_reason(error)}") from None
    return copied


def import_studies(
    source: Source,
    database: Database,
    studies: Iterable[SharedStudy],
    origin: str,
    *,
    with_scores: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Copied]:
    """As :func:`copy_studies`, into a database that people work with.

    Its audit gets a line for each study, and ensembles that this installation cannot use stay behind.

    Args:
        source: where they are.
        database: where they are to be.
        studies: of the source's contents.
        origin: what the audit calls the source; no password is in it.
        with_scores: as there.
        progress: as there.
    """

    def note(target: Connection, item: Copied) -> None:
        audit.write(target, database, "import", item.name, f"from {origin}")

    without = left_out(source)
    return copy_studies(
        source, database, studies, with_scores=with_scores, without=without, progress=progress, note=note
    )


def _keep_others_out(target: Connection) -> None:
    """Let nobody else copy into the database until the transaction ends: two at once would not see each other's."""
    if target.dialect.name == "postgresql":
        target.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
