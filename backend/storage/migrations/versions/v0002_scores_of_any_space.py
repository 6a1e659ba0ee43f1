"""Scores of architectures of any search space, and candidates whose keys are longer.

A score was keyed by the official index of the class of a NAS-Bench-201 cell; ``class_key`` is that index in decimal.
"""

from alembic import op
from sqlalchemy import Column, Integer, String

revision = "0002"
down_revision = "0001"

_SCORES, _KEY = "proxyscope_scores", "proxyscope_scores_key"


def upgrade() -> None:
    """Key scores by search space, its version, and class; all that there are belong to NAS-Bench-201."""
    with op.batch_alter_table(_SCORES) as table:
        table.drop_constraint(_KEY, type_="unique")
        table.add_column(Column("space", String(64), nullable=False, server_default="nas_bench_201"))
        table.add_column(Column("space_version", Integer, nullable=False, server_default="1"))
        table.alter_column(
            "cell_class",
            new_column_name="class_key",
            existing_type=Integer(),
            existing_nullable=False,
            type_=String(255),
            postgresql_using="cell_class::varchar",
        )
    with op.batch_alter_table(_SCORES) as table:
        table.alter_column("space", existing_type=String(64), existing_nullable=False, server_default=None)
        table.alter_column("space_version", existing_type=Integer(), existing_nullable=False, server_default=None)
        table.create_unique_constraint(_KEY, ["setting", "space", "space_version", "class_key", "proxy", "version"])
    with op.batch_alter_table("proxyscope_tickets") as table:
        table.alter_column("candidate", existing_type=String(64), existing_nullable=True, type_=String(512))
