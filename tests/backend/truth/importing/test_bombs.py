"""Files that unpack to more than there is memory for are refused early."""

import bz2
import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from backend.truth.imported import imported_releases


def bomb(unit: bytes, count: int, head: bytes = b"\x80\x04", tail: bytes = b".") -> bytes:
    """A compressed pickle that unpacks to ``count`` times 1 MB of a repeated unit."""
    block = bz2.compress(unit * ((1 << 20) // len(unit)), 9)
    return bz2.compress(head) + block * count + bz2.compress(tail)


PEAK = """
import json, re, sys
from pathlib import Path
from backend.truth import import_release
from backend.errors import UserError
def peak():
    return int(re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1]) / 1024
start = peak()
try:
    import_release(sys.argv[1])
except UserError as error:
    print(json.dumps([str(error), peak() - start]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bomb(b"]", 2000), "it holds more than 4 MB of what no release has"),
        (bomb(b"}\x94", 2000), "it holds more than 4 MB of what no release has"),
        (bomb(b"(", 2000), "it is nested too deeply"),
        (bomb(b"G3333333\x94", 2000), "it holds more than 4 MB of what no release has"),
        (bomb(b"a", 2000, b"\x80\x04\x8d" + struct.pack("<Q", 2000 << 20)), "it holds more than 4 MB"),
        (bomb(b"a", 300, b"\x80\x04\x8e" + struct.pack("<Q", 300 << 20)), "it unpacks to more than 256 MB"),
        (bz2.compress(b"\x80\x04]r\xff\xff\xff\xff."), "it holds no training results"),
        (bz2.compress(b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62)), "is damaged"),
    ],
    ids=["lists", "dicts", "marks", "numbers", "a text", "bytes", "a slot", "a length"],
)
def test_a_bomb_ends_in_little_memory(home: Path, tmp_path: Path, content: bytes, message: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "000000.pickle.pbz2").write_bytes(content)
    assert len(content) < 200_000
    command = [sys.executable, "-c", PEAK, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    said, megabytes = json.loads(done.stdout)
    assert message in said
    assert megabytes < 700
    assert imported_releases() == []
