"""Score tables of a space: one row an architecture, in Parquet, with how they were made in its metadata."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
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
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import Enumerable, lacks, require_listing

_WHOLE = 0.9
"""A table with a larger share of the architectures is of the whole space: some cannot be scored."""
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
    """Scores of all architectures of a space, or of those that were trained where a space cannot be listed.

    Attributes:
        scores: by label, one float column a proxy; NaN for what cannot be scored and for a failed proxy.
        provenance: how it was made.
    """

    scores: pd.DataFrame
    provenance: Provenance

    @property
    def scored(self) -> int:
        """How many architectures have a score, sizes apart."""
        names = [name for name in self.scores if not proxies.get(str(name)).literal]
        return int(self.scores[names or list(self.scores)].notna().any(axis="columns").sum())

    @property
    def is_whole(self) -> bool:
        """Whether it is of the whole space, and not of a sample."""
        listed = not lacks(registry.get(self.provenance.space), Enumerable)
        return listed and self.scored > _WHOLE * len(self.scores)


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
    with _read_errors(path):
        arrow = pq.read_table(path)
        provenance = _provenance(arrow.schema)
        scores = arrow.to_pandas().set_index("index")
    space = registry.get(provenance.space)
    labels = require_listing(space, f"score table {path}").index
    if not np.array_equal(scores.index, labels):
        raise UserError(
            f"score table {path}: has not one row for each of the {len(labels)} {space.words.many} that are listed, in "
            "their order"
        )
    known = proxies.available()
    current = [
        name for name in scores if name in known and provenance.proxy_versions.get(name) == proxies.get(name).version
    ]
    if stale := sorted(set(scores) - set(current)):
        logger.warning("score table %s: %s: not of this installation's definitions, left out", path, ", ".join(stale))
    return ScoreTable(scores[current], provenance)


def read_provenance(path: Path) -> Provenance:
    """How a table was made, without its scores.

    Raises:
        UserError: the file is missing or is no score table.
    """
    with _read_errors(path):
        return _provenance(pq.read_schema(path))


def _provenance(schema: pa.Schema) -> Provenance:
    return Provenance(**json.loads(schema.metadata[_METADATA]))


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    """Turns what reading a file raises into a user's error."""
    try:
        yield
    except OSError as error:
        raise UserError(f"score table {path}: cannot be read: {error}") from None
    except (pa.ArrowException, KeyError, TypeError, ValueError):
        raise UserError(f"score table {path}: is not one; `python -m backend sweep` makes them") from None


@dataclass(frozen=True)
class TableFile:
    """A score table that an installation has.

    Attributes:
        name: of a bundled table its data set, behind the name of its space if that is not the default one; of a
            sweep's table the sweep's folder.
        path: of the file.
        bundled: whether it came with the project.
        title: what pages call it.
    """

    name: str
    path: Path
    bundled: bool
    title: str


def list_tables(sweeps: Path) -> list[TableFile]:
    """The bundled tables, then those of finished sweeps, the newest first; none is read.

    Args:
        sweeps: the folder of all sweeps, which need not be there.
    """
    bundled = [
        _bundled_file(dataset, space)
        for name in registry.available()
        if (space := registry.bundled(name))
        for dataset in bundled_datasets(name)
    ]
    own = sorted(sweeps.glob(f"*/{SWEEP_TABLE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    folders = [path.relative_to(sweeps).parts[0] for path in own]
    return bundled + [TableFile(name, path, False, name) for name, path in zip(folders, own, strict=True)]


def _bundled_file(dataset: str, space: SearchSpace) -> TableFile:
    name = dataset if space.name == registry.DEFAULT else f"{space.name}-{dataset}"
    return TableFile(name, bundled_path(dataset, space.name), True, f"{space.title}, {dataset}, bundled")


def whole_table(dataset: str, space: str = registry.DEFAULT) -> ScoreTable | None:
    """The bundled table of a data set if it has scores of the whole space; None where it is missing or of a sample."""
    if dataset not in bundled_datasets(space):
        return None
    table = bundled_table(dataset, space)
    return table if table.is_whole else None


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
            f"scores: no score table of {dataset!r} is bundled for {registry.get(space).title}; "
            f"there are: {', '.join(there) or 'none yet'}"
        )
    return read_table(bundled_path(dataset, space))
