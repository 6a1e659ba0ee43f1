"""Import a release: recognise what a path holds, read it, and write its table."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from backend.errors import UserError
from backend.naming import local_path
from backend.safe_pickle.errors import UnsafePickleError
from backend.settings import check_writable
from backend.truth import imported
from backend.truth.importing import nas_bench_201, nats_bench
from backend.truth.importing.collector import Collector
from backend.truth.importing.records import ReleaseFormatError

Progress: TypeAlias = Callable[[float, int], None]
"""Takes the part of the release that has been read, 0 to 1, and the number of architectures in it."""

_WANTED: Final = (
    "valid are NAS-Bench-201-v1_0-e61699.pth, NAS-Bench-201-v1_1-096897.pth, NATS-tss-v1_0-3ffb9.pickle.pbz2, "
    "and NATS-tss-v1_0-3ffb9-simple or -full, as a folder or a tar"
)


@dataclass(frozen=True)
class ImportSummary:
    """What an import did.

    Attributes:
        release: the release that the results are of.
        architectures: how many were read.
        rows: how many of the table they make: one a run, and one for the mean of each architecture's runs.
        path: the table, which may hold more architectures from an import before.
        seconds: how long it took.
    """

    release: str
    architectures: int
    rows: int
    path: Path
    seconds: float


def import_release(path: Path | str, on_progress: Progress | None = None) -> ImportSummary:
    """Import an official file or folder into the table of its release.

    Architectures that the table has already are replaced, the others stay. The table changes at once when all has been
    read; if anything is wrong, it stays as it was.

    Args:
        path: the file or folder.
        on_progress: called after each architecture.

    Raises:
        UserError: the path is no release, or is damaged.
        StorageError: the table cannot be written, or nothing may be.
    """
    check_writable()
    started = time.perf_counter()
    imported.check_tables()
    reading = _Reading(local_path(path), on_progress)
    with reading.user_errors():
        reading.read()
        if not reading.collector.architectures:
            raise ReleaseFormatError("it holds no training results")
    release = reading.collector.release
    rows = imported.write(release, reading.collector.frame(), reading.path.name)
    return ImportSummary(
        release,
        len(reading.collector.architectures),
        rows,
        imported.table_path(release),
        time.perf_counter() - started,
    )


class _Reading:
    """A path that is being read, and how far it is read."""

    def __init__(self, path: Path, on_progress: Progress | None) -> None:
        self.path = path
        self.collector = Collector(self._report)
        self._on_progress = on_progress
        self._place = ""
        self._part: Callable[[], float] = lambda: 0.0

    def read(self) -> None:
        if self.path.is_dir():
            nats_bench.read_folder(self.path, self.collector, self._name_place, self._note_part)
        elif self.path.is_file():
            with self.path.open("rb") as file:
                self._read_file(file)
        else:
            raise UserError(f"{self.path} is neither a file nor a folder; {_WANTED}")

    def _read_file(self, file: BinaryIO) -> None:
        size = self.path.stat().st_size
        self._part = lambda: file.tell() / size
        start = file.read(nats_bench.TAR_MARK_AT + len(nats_bench.TAR_MARK))
        file.seek(0)
        if start.startswith(nas_bench_201.ZIP_START):
            nas_bench_201.read_zip(file, self.collector)
        elif start.startswith(nas_bench_201.LEGACY_START):
            nas_bench_201.read_legacy(file, self.collector)
        elif start.startswith(nats_bench.BZIP2_START):
            nats_bench.read_file(file, self.collector)
        elif start.endswith(nats_bench.TAR_MARK):
            nats_bench.read_tar(file, self.collector, self._name_place)
        else:
            raise ReleaseFormatError("it is of another format" if start else "it is empty")

    def _name_place(self, name: str) -> None:
        self._place = f", {name!r}," if name else ""

    def _note_part(self, part: float) -> None:
        self._part = lambda: part

    def _report(self) -> None:
        if self._on_progress:
            self._on_progress(min(self._part(), 1.0), len(self.collector.architectures))

    @contextmanager
    def user_errors(self) -> Iterator[None]:
        """Say in a user's words what is wrong with the path."""
        try:
            yield
        except UserError:
            raise
        except (ReleaseFormatError, UnsafePickleError) as error:
            raise UserError(f"{self.path}{self._place} cannot be imported: {error}; {_WANTED}") from error
        except Exception as error:  # a damaged archive or pickle raises nearly any exception
            if isinstance(error, OSError) and error.strerror:
                raise UserError(f"{self.path}{self._place} cannot be read: {error.strerror}") from error
            raise UserError(f"{self.path}{self._place} is damaged or cut short; get it again") from error
