"""The score store: every score that was ever computed against a study database, so that nothing is scored twice.

A score is a function of the cell's class, the mini-batch, the seed, the network's size and the proxy's version; the
store's key is just that. The mini-batch enters by its content, so that changed image files never meet old scores.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Double, Engine, Integer, MetaData, String, Table, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite

from backend import proxies
from backend.cells import Cell
from backend.images import Batch
from backend.table_creation import made_together

_metadata = MetaData()

scores = Table(
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
"""``setting`` is :func:`setting_of`'s digest, ``cell_class`` the official index of the class's representative."""


def setting_of(batch: Batch, seed: int, channels: int, cells_per_stage: int) -> str:
    """Digest of all that a score depends on beside cell and proxy (64 hexadecimal digits)."""
    digest = hashlib.sha256(f"{seed} {channels} {cells_per_stage} {batch.num_classes}".encode())
    digest.update(batch.images.numpy().tobytes())
    digest.update(batch.labels.numpy().tobytes())
    return digest.hexdigest()


def make_table(engine: Engine) -> None:
    """Make the store's table where it is missing."""
    made_together(lambda: _metadata.create_all(engine))


def insert_new(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the store's table; scores that are there already stay."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(scores).on_conflict_do_nothing(), list(rows))


class ScoreStore:
    """Scores in the study database; safe with several threads and processes.

    Args:
        engine: the study database's engine; the table is made when missing.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        make_table(engine)

    def get(self, setting: str, cell: Cell, names: Sequence[str]) -> dict[str, float]:
        """Stored scores of a cell's class, of the proxies asked for that are there in their present version."""
        versions = {name: proxies.get(name).version for name in _shared_by_class(names)}
        query = select(scores.c.proxy, scores.c.version, scores.c.value).where(
            scores.c.setting == setting,
            scores.c.cell_class == cell.representative().index,
            scores.c.proxy.in_(versions),
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {row.proxy: row.value for row in rows if row.version == versions[row.proxy]}

    def put(self, setting: str, cell: Cell, measured: Mapping[str, float]) -> None:
        """Store the finite scores of one cell in one transaction; scores that are there already stay.

        Scores that belong to the literal cell (params, flops) are cheap and are not stored.
        """
        rows = [
            {
                "setting": setting,
                "cell_class": cell.representative().index,
                "proxy": name,
                "version": proxies.get(name).version,
                "value": value,
            }
            for name in _shared_by_class(measured)
            if math.isfinite(value := measured[name])
        ]
        if rows:
            with self._engine.begin() as connection:
                insert_new(connection, rows)


def _shared_by_class(names: Iterable[str]) -> list[str]:
    """The proxies whose score all cells of a class share."""
    return [name for name in names if not proxies.get(name).literal]
