"""Share studies: write them to a file, look into one that somebody sent, and copy them between databases."""

from backend.sharing.contents import SharedStudy, find, read_contents
from backend.sharing.copying import Copied
from backend.sharing.export import ExportSummary, export_studies, place_of
from backend.sharing.extras import left_out
from backend.sharing.preview import Arrival, arrivals
from backend.sharing.source import Source, snapshot
from backend.sharing.transfer import copy_studies, import_studies

__all__ = [
    "Arrival",
    "Copied",
    "ExportSummary",
    "SharedStudy",
    "Source",
    "arrivals",
    "copy_studies",
    "export_studies",
    "find",
    "import_studies",
    "left_out",
    "place_of",
    "read_contents",
    "snapshot",
]
