"""Share studies: write them to a file, look into one that somebody sent, and copy them between databases."""

from backend.studies.sharing.arrivals import Arrival, arrivals
from backend.studies.sharing.contents import SharedStudy, find, read_contents
from backend.studies.sharing.copying import Copied
from backend.studies.sharing.ensembles import left_out
from backend.studies.sharing.export import ExportSummary, export_studies
from backend.studies.sharing.privacy import place_of
from backend.studies.sharing.source import Source, snapshot
from backend.studies.sharing.transfer import copy_studies, import_studies

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
