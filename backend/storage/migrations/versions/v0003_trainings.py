"""Architectures that are trained here, and a queue that trainings wait in as searches do."""

from alembic import op
from sqlalchemy import Column, DateTime, Double, ForeignKey, Integer, String, Text, UniqueConstraint

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of trainings; all that waits in queues are searches."""
    op.create_table(
        "proxyscope_trainings",
        Column("id", Integer, primary_key=True),
        Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
        Column("architecture", Text, nullable=False),
        Column("class_key", String(255), nullable=False),
        Column("recipe", Text, nullable=False),
        Column("recipe_digest", String(64), nullable=False),
        Column("epochs", Integer, nullable=False),
        Column("seed", Integer, nullable=False),
        Column("split", Text, nullable=False),
        Column("state", String(16), nullable=False),
        Column("message", Text, nullable=False),
        Column("done", Integer, nullable=False),
        Column("curve", Text, nullable=False),
        Column("value", Double),
        Column("seconds", Double, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("host", String(255)),
        Column("pid", Integer),
        Column("process_started", Double),
        Column("machine", String(16)),
        Column("device", String(255)),
        Column("created", DateTime, nullable=False),
        Column("started", DateTime),
        Column("heartbeat", DateTime),
        Column("ended", DateTime),
        UniqueConstraint("study_id", "recipe_digest", "seed", "class_key", name="proxyscope_trainings_key"),
    )
    with op.batch_alter_table("proxyscope_queue") as table:
        table.add_column(Column("kind", String(16), nullable=False, server_default="search"))
    with op.batch_alter_table("proxyscope_queue") as table:
        table.alter_column("kind", existing_type=String(16), existing_nullable=False, server_default=None)
