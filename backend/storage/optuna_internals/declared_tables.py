"""All of Optuna's tables as Optuna declares them: to make them, to copy rows and to delete them."""

from typing import Final

import optuna
from optuna.storages._rdb import models
from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, select

from backend.storage.optuna_internals.tables import table_revisions

OPTUNA: Final[MetaData] = models.BaseModel.metadata
_VERSION_INFO: Final[Table] = OPTUNA.tables["version_info"]
_REVISION: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""As Alembic makes it."""


def make_tables(connection: Connection) -> None:
    """Make those of Optuna's tables that are missing, and the rows that say of which version they are.

    Optuna makes the same, but loads all of its migrations to learn the newest revision.

    Args:
        connection: in a transaction.
    """
    OPTUNA.create_all(connection)
    _REVISION.create(connection, checkfirst=True)
    rows = (
        (_VERSION_INFO, {"schema_version": models.SCHEMA_VERSION, "library_version": optuna.__version__}),
        (_REVISION, {"version_num": table_revisions()[-1]}),
    )
    for table, row in rows:
        if connection.execute(select(table)).first() is None:
            connection.execute(insert(table).values(row))
