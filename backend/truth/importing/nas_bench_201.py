"""NAS-Bench-201's official file: one pickle of everything, in one of torch's two formats.

Torch's format of today is a ZIP archive, in which the pickle is the entry ``data.pkl``; that of 2020, when the
official files were made, is a row of five pickles, of which the fourth is the content. There are no tensors in it.
"""

import zipfile
from typing import BinaryIO, Final

from backend.safe_pickle.machine import Machine
from backend.safe_pickle.records import NUMBERS
from backend.safe_pickle.source import Source
from backend.truth.importing.collector import Collector
from backend.truth.importing.records import ReleaseFormatError

# Bytes of pickle that may be in memory at once: an architecture takes 0.4 MB, the list of all of them 1.5 MB.
_BUDGET: Final = 4 << 20
_LONGEST: Final = 16 << 30

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION: Final = 1001
LEGACY_START: Final = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
ZIP_START: Final = b"PK\x03\x04"


def read_zip(file: BinaryIO, collector: Collector) -> None:
    """Read a file in torch's ZIP format.

    Raises:
        ReleaseFormatError: there is no one pickle in it.
    """
    with zipfile.ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.split("/")[-1] == "data.pkl"]
        if len(entries) != 1:
            raise ReleaseFormatError("it is a ZIP archive, but not one of torch's")
        with archive.open(entries[0]) as content:
            source = Source(content, _BUDGET, _LONGEST)
            Machine(source, NUMBERS, collector).load()
            source.exhaust()  # at its end, ZIP's checksum is compared


def read_legacy(file: BinaryIO, collector: Collector) -> None:
    """Read a file in torch's format before version 1.6.

    Raises:
        ReleaseFormatError: it does not begin as such a file does.
    """
    machine = Machine(Source(file, _BUDGET, _LONGEST), NUMBERS, collector)
    if (machine.load(), machine.load()) != (_MAGIC, _LEGACY_VERSION):
        raise ReleaseFormatError("it is of a version of torch's format that no release has")
    for _ in ("what the machine was", "the content", "the keys of the tensors"):
        machine.load()
