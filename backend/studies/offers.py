"""Runs that wait for a process, or may have room for another: found by one query, which idle workers repeat."""

from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from backend.studies.database import Database
from backend.studies.optuna_tables import STUDIES
from backend.studies.tables import runs, workers
from backend.studies.workers import is_living


@dataclass(frozen=True)
class Offer:
    """A run that a worker may find a place in.

    Attributes:
        study_id: of the run.
        name: of its study.
        waits: whether it has not begun; else several processes share it, or did until they were killed.
        living: how many processes have it in work.
    """

    study_id: int
    name: str
    waits: bool
    living: int


def list_offers(database: Database) -> list[Offer]:
    """All that there are, the oldest first."""
    waits = (runs.c.state == "queued") & runs.c.pid.is_(None)
    query = (
        select(STUDIES.c.study_name, runs.c.state, workers, runs.c.study_id.label("run"))
        .join(STUDIES, STUDIES.c.study_id == runs.c.study_id)
        .outerjoin(workers, and_(workers.c.study_id == runs.c.study_id, workers.c.left_at.is_(None)))
        .where(or_(waits, (runs.c.state == "running") & workers.c.id.is_not(None)))
        .order_by(runs.c.created, runs.c.study_id)
    )
    found: dict[int, Offer] = {}
    with database.engine.connect() as connection:
        for row in connection.execute(query).mappings():
            study_id, queued = row["run"], row["state"] == "queued"
            before = found[study_id].living if study_id in found else 0
            living = before + (row["id"] is not None and is_living(dict(row)))
            found[study_id] = Offer(study_id, row["study_name"], queued, living)
    return list(found.values())
