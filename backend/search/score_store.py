"""The score store: every score that was ever computed against a study database, so that nothing is scored twice.

A score is a function of the cell's class, the mini-batch, the seed, the network's size and the proxy's version; the
store's key is just that. The mini-batch enters by its content, so that changed image files never meet old scores.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Engine, select

from backend import proxies
from backend.storage.scores import insert_new, make_table, scores


class ScoreStore:
    """Scores in the study database; safe with several threads and processes.

    Args:
        engine: the study database's engine; the table is made when missing.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        make_table(engine)

    def get(
        self, setting: str, space: str, space_version: int, class_key: str, names: Sequence[str]
    ) -> dict[str, float]:
        """Stored scores of a cell's class, of the proxies asked for that are there in their present version."""
        versions = {name: proxies.get(name).version for name in _shared_by_class(names)}
        query = select(scores.c.proxy, scores.c.version, scores.c.value).where(
            scores.c.setting == setting,
            scores.c.cell_class == class_key,
            scores.c.proxy.in_(versions),
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {row.proxy: row.value for row in rows if row.version == versions[row.proxy]}

    def put(self, setting: str, space: str, space_version: int, class_key: str, measured: Mapping[str, float]) -> None:
        """Store the finite scores of one cell in one transaction; scores that are there already stay.

        Scores that belong to the literal cell (params, flops) are cheap and are not stored.
        """
        rows = [
            {
                "setting": setting,
                "cell_class": class_key,
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
