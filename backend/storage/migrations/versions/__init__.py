"""The revisions, one file each; Alembic finds them by ``down_revision``."""
