"""NATS-Bench's topology releases, as the official API reads them.

All pickles are compressed with bzip2:

- the benchmark file ``NATS-tss-v1_0-3ffb9.pickle.pbz2``, one pickle of everything;
- the "simple" release ``NATS-tss-v1_0-3ffb9-simple``, a folder, or the tar of it, with ``000000.pickle.pbz2`` to
  ``015624.pickle.pbz2``, one an architecture, and ``meta.pickle.pbz2``, the list of all architectures;
- the "full" release ``NATS-tss-v1_0-3ffb9-full``, the same with the trained weights in each file. They are passed over.

A tar is read from its beginning to its end; nothing is unpacked to disk, and names in it lead nowhere.
"""

import bz2
import re
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final, TypeAlias

from backend.safe_pickle.machine import Machine
from backend.safe_pickle.records import WITHOUT_WEIGHTS
from backend.safe_pickle.source import Source
from backend.truth.importing.collector import Collector
from backend.truth.importing.records import ReleaseFormatError

# An architecture takes 0.4 MB of pickle, and up to 120 MB more of weights in the full release.
_BUDGET: Final = 4 << 20
_LONGEST_FILE: Final = 16 << 30
_LONGEST_ARCHITECTURE: Final = 256 << 20
_LONGEST_BYTES: Final = 4096

_FILE_NAME: Final = re.compile(r"0*[0-9]{1,6}\.pickle\.pbz2")
_RELEASE: Final = "NATS-tss-v1_0-3ffb9-simple"
BZIP2_START: Final = b"BZh"
TAR_MARK: Final = b"ustar"
TAR_MARK_AT: Final = 257
_BLOCK: Final = 512


OnFile: TypeAlias = Callable[[str], None]
"""Takes the name of the file that is read next."""


def read_file(file: BinaryIO, collector: Collector) -> None:
    """Read the benchmark file, or the file of one architecture."""
    _read_pickle(file, collector, _LONGEST_FILE)


def read_folder(folder: Path, collector: Collector, on_file: OnFile, on_part: Callable[[float], None]) -> None:
    """Read a release unpacked as a folder.

    Args:
        folder: the folder of the files, or the one that it lies in.
        collector: takes the results.
        on_file: called before each file.
        on_part: called before each file, with the part of all files that is done.

    Raises:
        ReleaseFormatError: there are no such files.
    """
    files = _files(folder) or next(filter(None, map(_files, sorted(folder.glob("NATS-tss-*")))), [])
    if not files:
        raise ReleaseFormatError(
            f"it has no files 000000.pickle.pbz2 … 015624.pickle.pbz2, as the folder {_RELEASE} has"
        )
    for number, path in enumerate(files):
        on_file(path.name)
        on_part((number + 1) / len(files))
        with path.open("rb") as file:
            _read_pickle(file, collector, _LONGEST_ARCHITECTURE)


def _files(folder: Path) -> list[Path]:
    # A pipe of that name would be waited for, so only files are taken.
    return sorted(path for path in folder.iterdir() if _FILE_NAME.fullmatch(path.name) and path.is_file())


def read_tar(file: BinaryIO, collector: Collector, on_file: OnFile) -> None:
    """Read a release as a tar.

    Args:
        file: the tar.
        collector: takes the results.
        on_file: called before each file in it.

    Raises:
        ReleaseFormatError: it holds anything but files and folders within it.
    """
    end = 0
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            _check_member(member)
            end = member.offset_data + -(-member.size // _BLOCK) * _BLOCK
            content = archive.extractfile(member)
            if content and _FILE_NAME.fullmatch(PurePosixPath(member.name).name):
                on_file(member.name)
                _read_pickle(content, collector, _LONGEST_ARCHITECTURE)
    # Where a tar is cut between two files, only the two empty blocks at its end are missing.
    file.seek(end)
    if file.read(2 * _BLOCK) != bytes(2 * _BLOCK):
        raise EOFError("the tar ends too soon")


def _check_member(member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise ReleaseFormatError(f"it has a path that leads out of it, {member.name!r:.80}")
    if not (member.isreg() or member.isdir()) or member.sparse is not None:
        raise ReleaseFormatError(f"it has {member.name!r:.80}, which is neither a file nor a folder")


def _read_pickle(file: IO[bytes], collector: Collector, longest: int) -> None:
    with bz2.BZ2File(file) as content:
        source = Source(content, _BUDGET, longest)
        Machine(source, WITHOUT_WEIGHTS, collector, _LONGEST_BYTES).load()
        source.exhaust()  # at its end, bzip2's checksum is compared
