"""The tables as version 0.1.0 has them.

Version 0.1.0 kept no revision. Its databases, and those of the betas before it, are brought here: what they have stays,
and tables, columns and indexes that they lack are made.
"""

from alembic import op
from sqlalchemy import (
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)

revision = "0001"
down_revision = None

_metadata = MetaData()


def _run_key() -> Column[int]:
    return Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False)


Table(
    "proxyscope_runs",
    _metadata,
    Column("study_id", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("host", String(255)),
    Column("pid", Integer),
    Column("process_started", Double),
    Column("machine", String(16)),
    Column("device", String(255)),
    Column("images", Text),
    Column("created", DateTime, nullable=False),
    Column("started", DateTime),
    Column("heartbeat", DateTime),
    Column("ended", DateTime),
)
Table(
    "proxyscope_run_log",
    _metadata,
    Column("id", Integer, primary_key=True),
    _run_key(),
    Column("time", DateTime, nullable=False),
    Column("level", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Index("proxyscope_run_log_study", "study_id", "id"),
)
Table(
    "proxyscope_ensembles",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("study", String(512), nullable=False),
    Column("created", DateTime, nullable=False),
    Column("content", Text, nullable=False),
)
Table(
    "proxyscope_audit",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("time", DateTime, nullable=False),
    Column("who", String(320), nullable=False),
    Column("via", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("study", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
Table(
    "proxyscope_queue",
    _metadata,
    Column("id", Integer, primary_key=True),
    _run_key(),
    Column("host", String(255), nullable=False),
)
Table(
    "proxyscope_queue_workers",
    _metadata,
    Column("host", String(255), primary_key=True),
    Column("parallel", Integer, nullable=False),
    Column("pid", Integer),
    Column("process_started", Double),
)
Table(
    "proxyscope_workers",
    _metadata,
    Column("id", Integer, primary_key=True),
    _run_key(),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Double),
    Column("machine", String(16)),
    Column("joined", DateTime, nullable=False),
    Column("heartbeat", DateTime, nullable=False),
    Column("left_at", DateTime),
    Index("proxyscope_workers_study", "study_id"),
)
Table(
    "proxyscope_tickets",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("token", String(32), nullable=False, unique=True),
    _run_key(),
    Column("worker_id", Integer),
    Column("state", String(8), nullable=False),
    Column("number", Integer),
    Column("candidate", String(64)),
    UniqueConstraint("study_id", "candidate", name="proxyscope_tickets_candidate"),
    Index("proxyscope_tickets_state", "study_id", "state"),
)
Table(
    "proxyscope_scores",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("setting", String(64), nullable=False),
    Column("cell_class", Integer, nullable=False),
    Column("proxy", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("value", Double, nullable=False),
    UniqueConstraint("setting", "cell_class", "proxy", "version", name="proxyscope_scores_key"),
)


def upgrade() -> None:
    """Make what is missing."""
    connection = op.get_bind()
    found = inspect(connection).get_multi_columns(filter_names=list(_metadata.tables))
    there = {name: {column["name"] for column in columns} for (_, name), columns in found.items()}
    _metadata.create_all(connection)
    for name, columns in there.items():
        table = _metadata.tables[name]
        for column in table.columns:
            if column.name not in columns:
                op.add_column(name, Column(column.name, column.type, nullable=column.nullable))
        for index in table.indexes:
            index.create(connection, checkfirst=True)
