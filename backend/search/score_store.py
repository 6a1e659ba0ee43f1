"""The score store: every score that was ever computed against a study database, so that nothing is scored twice.

A score is a function of the architecture's class, the mini-batch, the seed, the network's size and the proxy's version;
the store's key is just that. The mini-batch enters by its content, so that changed image files never meet old scores.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Engine, select

from backend import proxies
from backend.storage.schema import scores, stored_key
from backend.storage.scores import insert_new


class ScoreStore:
    """Scores in the study database; safe with several threads and processes.

    Args:
        engine: of a study database that is ready to be written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(
        self, setting: str, space: str, space_version: int, class_key: str, names: Sequence[str]
    ) -> dict[str, float]:
        """Stored scores of a class of architectures, by proxy.

        Args:
            setting: digest of mini-batch, seed and sizes.
            space: name of the search space.
            space_version: of the search space.
            class_key: what the architectures that compute the same function share.
            names: of proxies; those that are not there in their present version are left out.
        """
        versions = {name: proxies.get(name).version for name in _shared_by_class(names)}
        query = select(scores.c.proxy, scores.c.version, scores.c.value).where(
            scores.c.setting == setting,
            scores.c.space == space,
            scores.c.space_version == space_version,
            scores.c.class_key == stored_key(scores.c.class_key, class_key),
            scores.c.proxy.in_(versions),
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {row.proxy: row.value for row in rows if row.version == versions[row.proxy]}

    def put(self, setting: str, space: str, space_version: int, class_key: str, measured: Mapping[str, float]) -> None:
        """Store the finite scores of one architecture in one transaction; scores that are there already stay.

        Scores that belong to the literal architecture (params, flops) are cheap and are not stored.

        Args:
            setting: digest of mini-batch, seed and sizes.
            space: name of the search space.
            space_version: of the search space.
            class_key: what the architectures that compute the same function share.
            measured: scores by proxy.
        """
        rows = [
            {
                "setting": setting,
                "space": space,
                "space_version": space_version,
                "class_key": stored_key(scores.c.class_key, class_key),
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
    """The proxies whose score all architectures of a class share."""
    return [name for name in names if not proxies.get(name).literal]
