"""Copies chosen studies into a database: each whole or not at all, and none twice."""

from collections.abc import Callable, Iterable

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from backend.errors import StorageError, UserError
from backend.studies import audit
from backend.studies.database import Database
from backend.studies.sharing.arrivals import Arrival, arrivals, free_name
from backend.studies.sharing.contents import SharedStudy
from backend.studies.sharing.copying import Copied, copy_study
from backend.studies.sharing.source import Source


def copy_studies(
    source: Source,
    database: Database,
    studies: Iterable[SharedStudy],
    words: Callable[[str], str] = str,
    *,
    with_scores: bool = True,
) -> list[Copied]:
    """Copy studies into a database; those that are there just as they are are passed over.

    Args:
        source: where they are.
        database: where they are to be; nothing that it holds is changed.
        studies: of the source's contents.
        words: what is done to texts that say where things are.
        with_scores: whether the stored scores of their cells come too.

    Returns:
        What was copied, in the order of the studies.

    Raises:
        UserError: a study cannot be copied; then nothing of it is there, and those before it are.
        StorageError: the database cannot be written.
    """
    # The score store loads PyTorch.
    from backend.scoring.store import make_table  # noqa: PLC0415

    copied = []
    try:
        make_table(database.engine)
        for study in studies:
            (arrival,) = arrivals([study], database)
            if arrival.status != "here":
                copied.append(_copy(source, database, arrival, words, with_scores=with_scores))
    except (IntegrityError, DataError) as error:
        raise UserError(f"study: {study.name!r} holds rows that no database takes: {_reason(error)}") from None
    except SQLAlchemyError as error:
        raise StorageError(f"storage: cannot copy into {database}: {_reason(error)}") from None
    return copied


def import_studies(
    source: Source, database: Database, studies: Iterable[SharedStudy], *, with_scores: bool = True
) -> list[Copied]:
    """As :func:`copy_studies`, into a database that people work with: its audit gets a line for each study."""
    copied = copy_studies(source, database, studies, with_scores=with_scores)
    for item in copied:
        audit.record(database, "import", item.name)
    return copied


def _copy(
    source: Source, database: Database, arrival: Arrival, words: Callable[[str], str], *, with_scores: bool
) -> Copied:
    with database.engine.begin() as target:
        name = free_name(target, arrival.study.wanted)
        return copy_study(source, target, arrival.study, name, words, with_scores=with_scores)


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
