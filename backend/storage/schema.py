"""ProxyScope's own tables beside Optuna's; ``backend.storage.migrations`` makes them and brings older ones up."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

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
)

metadata = MetaData()

runs = Table(
    "proxyscope_runs",
    metadata,
    Column("study_id", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("asked", Integer, nullable=False),
    Column("done", Integer, nullable=False, default=0),
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
"""One row a study: how its run stands. Times are UTC; ``process_started`` tells a reused pid from the run's own.

``machine`` is that of ``backend.studies.workers``: several may have one host name.
"""

run_log = Table(
    "proxyscope_run_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("time", DateTime, nullable=False),
    Column("level", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Index("proxyscope_run_log_study", "study_id", "id"),
)
"""The log of each run, line by line, so that every machine with the database can read it."""

ensembles = Table(
    "proxyscope_ensembles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("study", String(512), nullable=False),
    Column("created", DateTime, nullable=False),
    Column("content", Text, nullable=False),
)
"""Saved ensembles: ``content`` is the JSON of recipe, labelled rows and figures, from which the fit is made again."""

audit = Table(
    "proxyscope_audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("time", DateTime, nullable=False),
    Column("who", String(320), nullable=False),
    Column("via", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("study", Text, nullable=False),
    Column("detail", Text, nullable=False, default=""),
)
"""Who did what, and when (UTC)."""

queue = Table(
    "proxyscope_queue",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("kind", String(16), nullable=False, default="search"),
)
"""Queued runs that wait for room on a machine, in their order; ``kind`` is "search" or "training"."""

queue_workers = Table(
    "proxyscope_queue_workers",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("parallel", Integer, nullable=False),
    Column("pid", Integer),
    Column("process_started", Double),
)
"""One row a machine: how many runs its queue keeps going at once, and the process that starts them."""

workers = Table(
    "proxyscope_workers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Double),
    Column("machine", String(16)),
    Column("joined", DateTime, nullable=False),
    Column("heartbeat", DateTime, nullable=False),
    Column("left_at", DateTime),
    Index("proxyscope_workers_study", "study_id"),
)
"""One row for each process that has worked on a run."""

tickets = Table(
    "proxyscope_tickets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token", String(32), nullable=False, unique=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("worker_id", Integer),
    Column("state", String(8), nullable=False),
    Column("number", Integer),
    Column("candidate", String(512)),
    UniqueConstraint("study_id", "candidate", name="proxyscope_tickets_candidate"),
    Index("proxyscope_tickets_state", "study_id", "state"),
)
"""One row a trial of a run that several processes share: "open" while one runs it, then "counted" or "void".

A candidate stands at the first trial that had it, so that each is scored once.
"""

trainings = Table(
    "proxyscope_trainings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("architecture", Text, nullable=False),
    Column("class_key", String(255), nullable=False),
    Column("recipe", Text, nullable=False),
    Column("recipe_digest", String(64), nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("split", Text, nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("done", Integer, nullable=False, default=0),
    Column("curve", Text, nullable=False, default="[]"),
    Column("value", Double),
    Column("seconds", Double, nullable=False, default=0.0),
    Column("attempts", Integer, nullable=False, default=0),
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
"""One row for each architecture of a study that is trained here, by recipe and seed: how it stands, and its accuracy.

``value`` is the held-out accuracy (%) after the last epoch, or what the user's own function returns; only a finished
training has one. ``curve`` is a JSON list of [loss, accuracy, seconds], one an epoch. ``split`` says which images were
trained on and which were held out. The other columns are as those of the runs.
"""

scores = Table(
    "proxyscope_scores",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("setting", String(64), nullable=False),
    Column("space", String(64), nullable=False),
    Column("space_version", Integer, nullable=False),
    Column("class_key", String(255), nullable=False),
    Column("proxy", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("value", Double, nullable=False),
    UniqueConstraint(
        "setting", "space", "space_version", "class_key", "proxy", "version", name="proxyscope_scores_key"
    ),
)
"""The score store. ``setting`` is a digest of all that a score depends on beside architecture and proxy.

``class_key`` is shared by the architectures of a space that compute the same function; ``version`` is the proxy's.
"""


def stored_key(column: Column[Any], key: str) -> str:
    """A key as a column keeps it: itself, or the SHA-256 of one that is longer than the column.

    Args:
        column: of a limited length.
        key: of any length.

    >>> stored_key(scores.c.class_key, "1462")
    '1462'
    """
    length = getattr(column.type, "length", None)
    return key if length is None or len(key) <= length else sha256(key.encode()).hexdigest()
