"""Runs the revisions, as Alembic calls it, on the connection that :func:`backend.storage.migrations.migrate` gives."""

from alembic import context

from backend.storage.migrations import VERSION_TABLE
from backend.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
