"""Read pickles of plain data, and nothing else.

``pickle`` runs whatever a file names, and holds the whole of it: tens of GB for a 5 GB release of NAS-Bench-201. This
reader interprets the instructions itself. It imports and calls nothing that a file names, keeps to a list of names that
stand for inert records, and streams: a caller takes each dict when it is complete and leaves what it likes in its
place. ``torch.load`` with ``weights_only`` is as safe, but holds everything, and reads no pickle that is not torch's.
"""

from backend.safe_pickle.errors import DamagedPickleError, UnsafePickleError
from backend.safe_pickle.files import load
from backend.safe_pickle.machine import Machine
from backend.safe_pickle.records import ARRAYS, NUMBERS, WITHOUT_WEIGHTS, PickledArray, PickledDtype
from backend.safe_pickle.source import Source

__all__ = [
    "ARRAYS",
    "NUMBERS",
    "WITHOUT_WEIGHTS",
    "DamagedPickleError",
    "Machine",
    "PickledArray",
    "PickledDtype",
    "Source",
    "UnsafePickleError",
    "load",
]
