"""Score tables of a whole space: one row an architecture, in Parquet, with how they were made in its metadata."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from backend import proxies
from backend.data import DATA_DIR
from backend.datasets.info import DATASETS
from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.capabilities import Enumerable, require

SWEEP_TABLE = "table/scores.parquet"
"""Where a sweep's table stands in the sweep's folder, unless the user asks for another place."""

_METADATA = b"proxyscope"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Provenance:
    """How a score table was made.

    Attributes:
        dataset: of the mini-batch.
        batch_size: images.
        seed: of mini-batch, weights and random inputs.
        images: one sentence that says which.
        proxy_versions: of each proxy's definition.
        software: versions of what computed it.
        machine: processor or GPU.
        seconds: total of the seconds that the architectures took.
        space: of the architectures.
    """

    dataset: str
    batch_size: int
    seed: int
    images: str
    proxy_versions: dict[str, int]
    software: dict[str, str]
    machine: str
    seconds: float
    space: str = registry.DEFAULT


@dataclass(frozen=True)
class ScoreTable:
    """Scores of all architectures of a space.

    Attributes:
        scores: by index, one float column a proxy; NaN for what cannot be scored and for a failed proxy.
        provenance: how it was made.
    """

    scores: pd.DataFrame
    provenance: Provenance


def write_table(table: ScoreTable, path: Path) -> None:
    """Write a table, whole or not at all."""
    arrow = pa.Table.from_pandas(table.scores.rename_axis("index").reset_index(), preserve_index=False)
    metadata = {**(arrow.schema.metadata or {}), _METADATA: json.dumps(asdict(table.provenance)).encode()}
    partial = path.with_suffix(".partial")
    pq.write_table(arrow.replace_schema_metadata(metadata), partial, compression="zstd", compression_level=19)
    partial.replace(path)


def read_table(path: Path) -> ScoreTable:
    """Read a table; columns whose proxy has changed since, or is not loaded here, are left out with a warning.

    Raises:
        UserError: the file is missing or is no score table.
    """
    if not path.is_file():
        raise UserError(f"score table {path}: no such file; `python -m backend sweep` makes one")
    try:
        arrow = pq.read_table(path)
        provenance = Provenance(**json.loads(arrow.schema.metadata[_METADATA]))
        scores = arrow.to_pandas().set_index("index")
    except OSError as error:
        raise UserError(f"score table {path}: cannot be read: {error}") from None
    except (pa.ArrowException, KeyError, TypeError, ValueError):
        raise UserError(f"score table {path}: is not one; `python -m backend sweep` makes them") from None
    space = registry.get(provenance.space)
    size = require(space, Enumerable, f"score table {path}").size
    if not np.array_equal(scores.index, np.arange(size)):
        many = space.words.many
        raise UserError(f"score table {path}: has not one row for each of the {size} {many} in official order")
    known = proxies.available()
    current = [
        name for name in scores if name in known and provenance.proxy_versions.get(name) == proxies.get(name).version
    ]
    if stale := sorted(set(scores) - set(current)):
        logger.warning("score table %s: %s: not of this installation's definitions, left out", path, ", ".join(stale))
    return ScoreTable(scores[current], provenance)


@dataclass(frozen=True)
class TableFile:
    """A score table that an installation has.

    Attributes:
        name: of a bundled table its data set, of a sweep's table the sweep's folder.
        path: of the file.
        bundled: whether it came with the project.
    """

    name: str
    path: Path
    bundled: bool


def list_tables(sweeps: Path) -> list[TableFile]:
    """The bundled tables, then those of finished sweeps, the newest first; none is read.

    Args:
        sweeps: the folder of all sweeps, which need not be there.
    """
    bundled = [TableFile(dataset, bundled_path(dataset), True) for dataset in bundled_datasets()]
    own = sorted(sweeps.glob(f"*/{SWEEP_TABLE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    return bundled + [TableFile(path.relative_to(sweeps).parts[0], path, False) for path in own]


def bundled_path(dataset: str, space: str = registry.DEFAULT) -> Path:
    """Where the bundled table of a data set is, if there is one."""
    prefix = "" if space == registry.DEFAULT else f"{space}_"
    return DATA_DIR / f"scores_{prefix}{dataset}.parquet"


def bundled_datasets(space: str = registry.DEFAULT) -> list[str]:
    """Data sets whose score table is bundled for a space, in the benchmark's order."""
    return [dataset for dataset in DATASETS if bundled_path(dataset, space).is_file()]


@cache
def bundled_table(dataset: str, space: str = registry.DEFAULT) -> ScoreTable:
    """The bundled table of a data set, for a space.

    Raises:
        UserError: there is none; the message says for which there is.
    """
    if dataset not in (there := bundled_datasets(space)):
        raise UserError(
            f"scores: no score table of {dataset!r} is bundled; there are: {', '.join(there) or 'none yet'}"
        )
    return read_table(bundled_path(dataset, space))
